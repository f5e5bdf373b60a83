package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"canonicallineexporter/internal/copyrow"
)

// upsertBatch upserts the batch in one transaction.
func upsertBatch(ctx context.Context, conn *pgx.Conn, sql *batchSQL, batch copyrow.Batch) (outcomes Outcomes, err error) {
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) (err error) {
		outcomes, err = upsert(ctx, tx, sql, batch)
		return err
	})
	return outcomes, err
}

// upsert copies the batch into a staging table and upserts it from there.
func upsert(ctx context.Context, tx pgx.Tx, sql *batchSQL, batch copyrow.Batch) (Outcomes, error) {
	if !sql.exact {
		if _, err := tx.Exec(ctx, statements.Render("lock.sql", nil), sql.table.String()); err != nil {
			return Outcomes{}, fmt.Errorf("lock lines: %w", err)
		}
	}
	if _, err := tx.Exec(ctx, sql.createStaging); err != nil {
		return Outcomes{}, fmt.Errorf("create staging table: %w", err)
	}
	if err := copyRows(ctx, tx.Conn().PgConn(), sql.copyStaging, batch); err != nil {
		return Outcomes{}, err
	}
	var keys, known, written int
	if err := tx.QueryRow(ctx, sql.upsert).Scan(&keys, &known, &written); err != nil {
		return Outcomes{}, fmt.Errorf("upsert rows: %w", err)
	}
	// Another writer may have inserted a line between the snapshot and the conflict. The
	// sum is still exact.
	inserted := min(keys-known, written)
	return Outcomes{Inserted: inserted, Updated: written - inserted, Unchanged: batch.Len() - written}, nil
}
