package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/database"
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
	for _, run := range runs(batch) {
		var k, n, m int
		if err := tx.QueryRow(ctx, sql.upsert, run.first, run.last).Scan(&k, &n, &m); err != nil {
			return w, fmt.Errorf("upsert rows: %w", err)
		}
		keys, known, written = keys+k, known+n, written+m
	}
	return w, w.count(ctx, tx, sql, batch, keys, known, written)
}

// run is a time that holds lines.
type run struct{ first, last time.Time }

// maxGap is the longest time without a line in a run. It is the width of the smallest
// partitions, so that a run has lines in most of the partitions it touches.
const maxGap = time.Hour

// runs returns the runs of a batch whose rows are in the order of their keys.
func runs(batch copyrow.Batch) (runs []run) {
	createdAt := copyrow.Index(batch.Layout, "created_at")
	for i := range batch.Len() {
		at := batch.Time(i, createdAt)
		if n := len(runs); n > 0 && at.Sub(runs[n-1].last) <= maxGap {
			runs[n-1].last = at
		} else {
			runs = append(runs, run{at, at})
		}
	}
	return runs
}

// whole returns the run that holds all lines of such a batch.
func whole(batch copyrow.Batch) run {
	createdAt := copyrow.Index(batch.Layout, "created_at")
	return run{batch.Time(0, createdAt), batch.Time(batch.Len()-1, createdAt)}
}

// stage copies the batch into a staging table.
func stage(ctx context.Context, tx pgx.Tx, sql *batchSQL, batch copyrow.Batch) error {
	if !sql.exact {
		if _, err := tx.Exec(ctx, statements.Render("lock.sql", nil), sql.table.String()); err != nil {
			return outsideError{fmt.Errorf("lock lines: %w", err)}
		}
	}
	if _, err := tx.Exec(ctx, database.Durable(tx.Conn(), sql.createStaging)); err != nil {
		return outsideError{fmt.Errorf("create staging table: %w", err)}
	}
	_, err := copyRows(ctx, tx.Conn().PgConn(), sql.copyStaging, batch)
	return err
}
