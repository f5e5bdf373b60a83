package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"canonicallineexporter/internal/copyrow"
)

// copyBatch copies lines that are new, then upserts those that replace what may be stored.
// Each transaction takes keys in order, so that writers of the same lines queue up instead
// of deadlocking; one transaction for both would not.
func copyBatch(ctx context.Context, conn *pgx.Conn, sql *batchSQL, batch copyrow.Batch) (outcomes Outcomes, err error) {
	fresh, amended := lanes(batch)
	if fresh.Len() > 0 {
		if err := copyRows(ctx, conn.PgConn(), sql.copy, fresh); err != nil {
			return Outcomes{}, err
		}
	}
	if amended.Len() > 0 {
		if outcomes, err = upsertBatch(ctx, conn, sql, amended); err != nil {
			return Outcomes{}, err
		}
	}
	outcomes.Inserted += fresh.Len()
	return outcomes, nil
}

// copyRows streams the batch into a table. It runs in the open transaction, or in one of
// its own if none is open.
func copyRows(ctx context.Context, conn *pgconn.PgConn, copySQL string, batch copyrow.Batch) error {
	tag, err := conn.CopyFrom(ctx, batch.Stream(), copySQL)
	if err != nil {
		return fmt.Errorf("copy rows: %w", err)
	}
	if tag.RowsAffected() != int64(batch.Len()) {
		return errors.New("copy rows: the server stored another number of rows than were sent")
	}
	return nil
}
