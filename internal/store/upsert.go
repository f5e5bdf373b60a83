package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"canonicallineexporter/internal/copyrow"
)

// upsertBatch upserts the batch in one transaction.
func upsertBatch(ctx context.Context, conn *pgx.Conn, sql *batchSQL, batch copyrow.Batch) (w written, err error) {
	err = staged(ctx, conn, sql, batch, func(tx pgx.Tx) error {
		compares, upserts := &pgx.Batch{}, &pgx.Batch{}
		var all compared
		var changes []pgtype.UUID
		for _, run := range sql.runs(batch) {
			compares.Queue(sql.compare, run.first, run.last).QueryRow(func(row pgx.Row) error {
				found, err := scanCompared(row)
				all.keys, all.known = all.keys+found.keys, all.known+found.known
				if len(found.changes) > 0 && !sql.distributed {
					upserts.Queue(sql.upsert, run.first, run.last, found.changes)
				}
				changes = append(changes, found.changes...)
				return err
			})
		}
		if sql.distributed {
			compares.Queue(sql.check)
		}
		if err := tx.SendBatch(ctx, compares).Close(); err != nil {
			return fmt.Errorf("compare rows: %w", err)
		}
		if sql.distributed && len(changes) > 0 {
			// Lines are taken in the order of the shards, so that writers of the same lines queue up.
			all := whole(batch)
			upserts.Queue(sql.upsert, all.first, all.last, changes)
		}
		written := 0
		for _, upsert := range upserts.QueuedQueries {
			upsert.Exec(func(tag pgconn.CommandTag) error {
				written += int(tag.RowsAffected())
				return nil
			})
		}
		if upserts.Len() > 0 {
			upserts.Queue(sql.note, changes)
			if err := tx.SendBatch(ctx, upserts).Close(); err != nil {
				return fmt.Errorf("upsert rows: %w", err)
			}
		}
		return w.count(ctx, tx, sql, batch, all, written)
	})
	return w, err
}

// compared says what the table holds of the lines of a batch.
type compared struct {
	// keys counts the lines of the batch, and known those that are stored.
	keys, known int
	// changes holds the ids of lines that would change what is stored.
	changes []pgtype.UUID
}

func scanCompared(row pgx.Row) (c compared, err error) {
	err = row.Scan(&c.keys, &c.known, &c.changes)
	return c, err
}

// run is a time that holds lines.
type run struct{ first, last time.Time }

// maxGap is the longest time without a line in a run. It is the width of the smallest
// partitions, so that a run has lines in most of the partitions it touches.
const maxGap = time.Hour

// maxCompared is about the most lines of a run that the nodes of Citus compare. They may look at all of
// its lines for each that is stored in its time, since they have no statistics of those they are sent.
const maxCompared = 500

// runs returns the runs of a batch whose rows are in the order of their keys.
func (s *batchSQL) runs(batch copyrow.Batch) (runs []run) {
	createdAt := copyrow.Index(batch.Layout, "created_at")
	lines := 0
	for i := range batch.Len() {
		at := batch.Time(i, createdAt)
		lines++
		n := len(runs)
		full := s.distributed && lines > maxCompared && n > 0 && at.After(runs[n-1].last)
		if n > 0 && at.Sub(runs[n-1].last) <= maxGap && !full {
			runs[n-1].last = at
		} else {
			runs = append(runs, run{at, at})
			lines = 1
		}
	}
	return runs
}

// whole returns the run that holds all lines of such a batch.
func whole(batch copyrow.Batch) run {
	createdAt := copyrow.Index(batch.Layout, "created_at")
	return run{batch.Time(0, createdAt), batch.Time(batch.Len()-1, createdAt)}
}
