package store

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"canonicallineexporter/schema"
)

//go:embed *.sql
var files embed.FS

var statements = schema.ParseStatements(files)

// Result counts what became of the lines of a write that Postgres committed.
type Result struct {
	Inserted, Updated, Unchanged int
	// Rejected lines were refused by Postgres for their own values; Expired ones
	// came too late for a partition.
	Rejected, Expired int
}

func (r *Result) add(other Result) {
	r.Inserted += other.Inserted
	r.Updated += other.Updated
	r.Unchanged += other.Unchanged
	r.Rejected += other.Rejected
	r.Expired += other.Expired
}

// Header and trailer of COPY in binary format
// (https://www.postgresql.org/docs/current/sql-copy.html): signature, flags,
// length of the header's extension; then -1 instead of a number of fields.
var (
	copyHeader  = []byte("PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	copyTrailer = []byte{0xff, 0xff}
)

// insertFunc writes a batch whose columns the table all takes.
type insertFunc func(ctx context.Context, conn *pgx.Conn, p *plan, batch Batch) (Result, error)

// copyBatch is the fast way, for lines that are all new.
func copyBatch(ctx context.Context, conn *pgx.Conn, p *plan, batch Batch) (Result, error) {
	if err := copyRows(ctx, conn.PgConn(), p.copy, batch); err != nil {
		return Result{}, err
	}
	return Result{Inserted: batch.Len()}, nil
}

// copyRows streams the batch into a table, as a transaction of its own unless
// one is open.
func copyRows(ctx context.Context, conn *pgconn.PgConn, copySQL string, batch Batch) error {
	rows := io.MultiReader(bytes.NewReader(copyHeader), bytes.NewReader(batch.Rows), bytes.NewReader(copyTrailer))
	tag, err := conn.CopyFrom(ctx, rows, copySQL)
	if err != nil {
		return fmt.Errorf("copy rows: %w", err)
	}
	if tag.RowsAffected() != int64(batch.Len()) {
		return errors.New("copy rows: server counted other rows than were sent")
	}
	return nil
}

// upsertBatch stages the batch and moves it into the table in one transaction.
func upsertBatch(ctx context.Context, conn *pgx.Conn, p *plan, batch Batch) (Result, error) {
	tx, err := conn.Begin(ctx)
	if err != nil {
		return Result{}, fmt.Errorf("begin upsert: %w", err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // a no-op after Commit
	if _, err := tx.Exec(ctx, p.createStaging); err != nil {
		return Result{}, fmt.Errorf("create staging table: %w", err)
	}
	if err := copyRows(ctx, tx.Conn().PgConn(), p.copyStaging, batch); err != nil {
		return Result{}, err
	}
	var keys, known, written int
	if err := tx.QueryRow(ctx, p.upsert).Scan(&keys, &known, &written); err != nil {
		return Result{}, fmt.Errorf("upsert rows: %w", err)
	}
	if err := tx.Commit(ctx); err != nil {
		return Result{}, fmt.Errorf("commit upsert: %w", err)
	}
	// Another writer may have inserted between the snapshot and the conflict; the
	// sum stays exact.
	inserted := min(keys-known, written)
	return Result{Inserted: inserted, Updated: written - inserted, Unchanged: batch.Len() - written}, nil
}
