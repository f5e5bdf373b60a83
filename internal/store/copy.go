package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"canonicallineexporter/internal/copyrow"
)

// copyBatch copies lines that are new. Where the table itself does not refuse a line that is
// already stored, it upserts them.
func copyBatch(ctx context.Context, conn *pgx.Conn, sql *batchSQL, batch copyrow.Batch) (Outcomes, error) {
	if !sql.exact {
		return upsertBatch(ctx, conn, sql, batch)
	}
	if err := copyRows(ctx, conn.PgConn(), sql.copy, batch); err != nil {
		return Outcomes{}, err
	}
	return Outcomes{Inserted: batch.Len()}, nil
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
