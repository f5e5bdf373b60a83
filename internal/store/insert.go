package store

import (
	"context"
	"embed"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/database"
)

//go:embed *.sql
var files embed.FS

var statements = database.ParseStatements(files)

// insertFunc writes a batch of columns that the table takes.
type insertFunc func(ctx context.Context, conn *pgx.Conn, p *plan, batch copyrow.Batch) (Outcomes, error)

// copyBatch writes lines that are all new.
func copyBatch(ctx context.Context, conn *pgx.Conn, p *plan, batch copyrow.Batch) (Outcomes, error) {
	if err := copyRows(ctx, conn.PgConn(), p.copy, batch); err != nil {
		return Outcomes{}, err
	}
	return Outcomes{Inserted: batch.Len()}, nil
}

// copyRows streams the batch into a table, in a transaction of its own unless one is
// open.
func copyRows(ctx context.Context, conn *pgconn.PgConn, copySQL string, batch copyrow.Batch) error {
	tag, err := conn.CopyFrom(ctx, batch.Stream(), copySQL)
	if err != nil {
		return fmt.Errorf("copy rows: %w", err)
	}
	if tag.RowsAffected() != int64(batch.Len()) {
		return errors.New("copy rows: server counted other rows than were sent")
	}
	return nil
}

// upsertBatch stages the batch and moves it into the table in one transaction.
func upsertBatch(ctx context.Context, conn *pgx.Conn, p *plan, batch copyrow.Batch) (Outcomes, error) {
	tx, err := conn.Begin(ctx)
	if err != nil {
		return Outcomes{}, fmt.Errorf("begin upsert: %w", err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // a no-op after Commit
	if _, err := tx.Exec(ctx, p.createStaging); err != nil {
		return Outcomes{}, fmt.Errorf("create staging table: %w", err)
	}
	if err := copyRows(ctx, tx.Conn().PgConn(), p.copyStaging, batch); err != nil {
		return Outcomes{}, err
	}
	var keys, known, written int
	if err := tx.QueryRow(ctx, p.upsert).Scan(&keys, &known, &written); err != nil {
		return Outcomes{}, fmt.Errorf("upsert rows: %w", err)
	}
	if err := tx.Commit(ctx); err != nil {
		return Outcomes{}, fmt.Errorf("commit upsert: %w", err)
	}
	// Another writer may have inserted between the snapshot and the conflict; the
	// sum stays exact.
	inserted := min(keys-known, written)
	return Outcomes{Inserted: inserted, Updated: written - inserted, Unchanged: batch.Len() - written}, nil
}
