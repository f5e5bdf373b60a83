package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"canonicallineexporter/internal/copyrow"
)

// upsertBatch upserts the batch in one transaction.
func upsertBatch(ctx context.Context, conn *pgx.Conn, sql *batchSQL, batch copyrow.Batch) (w written, err error) {
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) (err error) {
		w, err = upsert(ctx, tx, sql, batch)
		return err
	})
	return w, err
}

// upsert copies the batch into a staging table and upserts it from there.
func upsert(ctx context.Context, tx pgx.Tx, sql *batchSQL, batch copyrow.Batch) (w written, err error) {
	if err := stage(ctx, tx, sql, batch); err != nil {
		return w, err
	}
	var keys, known, written int
	if err := tx.QueryRow(ctx, sql.upsert).Scan(&keys, &known, &written); err != nil {
		return w, fmt.Errorf("upsert rows: %w", err)
	}
	return w, w.count(ctx, tx, sql, batch, keys, known, written)
}

// stage copies the batch into a staging table.
func stage(ctx context.Context, tx pgx.Tx, sql *batchSQL, batch copyrow.Batch) error {
	if !sql.exact {
		if _, err := tx.Exec(ctx, statements.Render("lock.sql", nil), sql.table.String()); err != nil {
			return fmt.Errorf("lock lines: %w", err)
		}
	}
	if _, err := tx.Exec(ctx, sql.createStaging); err != nil {
		return fmt.Errorf("create staging table: %w", err)
	}
	_, err := copyRows(ctx, tx.Conn().PgConn(), sql.copyStaging, batch)
	return err
}
