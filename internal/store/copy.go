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
	copyNew := copyAtOnce
	if sql.distributed {
		copyNew = copyThenCheck
	}
	first := whole(batch).first
	if hour := first.Unix() / 3600; !sql.fenced || hour > sql.closed.Load() {
		stored, err := copyNew(ctx, conn, sql, batch, "", sql.beforeFence(first))
		if err == nil {
			return completed(ctx, conn, sql, batch, stored)
		}
		if !sql.fenced || !database.Undefined(err) {
			return written{}, err
		}
		sql.closed.Store(hour)
	}
	stored, err := copyNew(ctx, conn, sql, batch, sql.markHours(batch), "")
	if err != nil {
		return written{}, err
	}
	return completed(ctx, conn, sql, batch, stored)
}

// copyAtOnce copies the batch in one round trip, after the statement before, if the condition fence,
// which follows that of the COPY, holds.
func copyAtOnce(ctx context.Context, conn *pgx.Conn, sql *batchSQL, batch copyrow.Batch, before, fence string) (int, error) {
	return copyRows(ctx, conn.PgConn(), database.Durable(conn, before+sql.copy+fence), batch)
}

// copyThenCheck does the same where COPY takes no condition. The COPY locks the table until its
// transaction ends, so that what holds afterwards held while it copied. One connection to each node
// takes all of its shards: Citus keeps one, and to open another takes longer than a batch.
func copyThenCheck(ctx context.Context, conn *pgx.Conn, sql *batchSQL, batch copyrow.Batch, before, fence string) (stored int, err error) {
	begin := pgx.TxOptions{BeginQuery: "BEGIN;\n" + database.Durable(conn, "SET LOCAL citus.multi_shard_modify_mode = sequential;\n"+before)}
	err = pgx.BeginTxFunc(ctx, conn, begin, func(tx pgx.Tx) error {
		if stored, err = copyRows(ctx, conn.PgConn(), sql.copy, batch); err != nil {
			return err
		}
		after := sql.check
		if fence != "" {
			after += "SELECT FROM (VALUES (NULL::pg_catalog.timestamptz)) AS line (created_at) WHERE true" + fence
		}
		if _, err := tx.Exec(ctx, after, pgx.QueryExecModeSimpleProtocol); err != nil {
			return fmt.Errorf("check table: %w", err)
		}
		return nil
	})
	return stored, err
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
