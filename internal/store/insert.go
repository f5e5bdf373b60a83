package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"canonicallineexporter/internal/copyrow"
)

// insertBatch stores lines that are new, where COPY may not. Where the table itself does not
// refuse a line that is already stored, it upserts them.
func insertBatch(ctx context.Context, conn *pgx.Conn, sql *batchSQL, batch copyrow.Batch) (w written, err error) {
	if !sql.exact {
		return upsertBatch(ctx, conn, sql, batch)
	}
	var inserted int
	err = staged(ctx, conn, sql, batch, func(tx pgx.Tx) error {
		inserts := &pgx.Batch{}
		inserts.Queue(sql.insert).Exec(func(tag pgconn.CommandTag) error {
			inserted = int(tag.RowsAffected())
			return nil
		})
		inserts.Queue(sql.check)
		inserts.Queue(sql.note, nil)
		if err := tx.SendBatch(ctx, inserts).Close(); err != nil {
			return fmt.Errorf("insert rows: %w", err)
		}
		return nil
	})
	if err != nil {
		return written{}, err
	}
	return completed(ctx, conn, sql, batch, inserted)
}

// completed returns what became of a batch of new lines of which the table took inserted.
func completed(ctx context.Context, conn *pgx.Conn, sql *batchSQL, batch copyrow.Batch, inserted int) (written, error) {
	if inserted == batch.Len() {
		return written{Outcomes: Outcomes{Inserted: inserted}}, nil
	}
	// A trigger discarded lines. The server does not say which, but the upsert finds them.
	w, err := upsertBatch(ctx, conn, sql, batch)
	if err != nil {
		return written{}, err
	}
	w.Inserted, w.Unchanged = w.Inserted+w.Unchanged, 0
	return w, nil
}
