package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/database"
)

// copyBatch copies lines that are new. Where the table itself does not refuse a line that is
// already stored, it upserts them.
func copyBatch(ctx context.Context, conn *pgx.Conn, sql *batchSQL, batch copyrow.Batch) (written, error) {
	if !sql.exact {
		return upsertBatch(ctx, conn, sql, batch)
	}
	first := whole(batch).first
	if hour := first.Unix() / 3600; !sql.fenced || hour > sql.closed.Load() {
		stored, err := copyRows(ctx, conn.PgConn(), database.Durable(conn, sql.copy+sql.beforeFence(first)), batch)
		if err == nil {
			return completed(ctx, conn, sql, batch, stored)
		}
		if !sql.fenced || !database.Undefined(err) {
			return written{}, err
		}
		sql.closed.Store(hour)
	}
	stored, err := copyRows(ctx, conn.PgConn(), database.Durable(conn, sql.markHours(batch)+sql.copy), batch)
	if err != nil {
		return written{}, err
	}
	return completed(ctx, conn, sql, batch, stored)
}

// copyRows streams the batch into a table and returns how many rows the table took. It runs
// in the open transaction, or in one of its own if none is open.
func copyRows(ctx context.Context, conn *pgconn.PgConn, copySQL string, batch copyrow.Batch) (int, error) {
	tag, err := conn.CopyFrom(ctx, batch.Stream(), copySQL)
	if err != nil {
		return 0, fmt.Errorf("copy rows: %w", err)
	}
	return int(tag.RowsAffected()), nil
}
