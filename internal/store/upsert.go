package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"canonicallineexporter/internal/copyrow"
)

// upsertBatch copies the batch into a staging table and upserts it from there, in one
// transaction.
func upsertBatch(ctx context.Context, conn *pgx.Conn, sql *batchSQL, batch copyrow.Batch) (Outcomes, error) {
	tx, err := conn.Begin(ctx)
	if err != nil {
		return Outcomes{}, fmt.Errorf("begin upsert: %w", err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // a no-op after Commit
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
	if err := tx.Commit(ctx); err != nil {
		return Outcomes{}, fmt.Errorf("commit upsert: %w", err)
	}
	// Another writer may have inserted a line between the snapshot and the conflict. The
	// sum is still exact.
	inserted := min(keys-known, written)
	return Outcomes{Inserted: inserted, Updated: written - inserted, Unchanged: batch.Len() - written}, nil
}
