package store

import (
	"context"
	"fmt"
	"time"

	"canonicallineexporter/internal/copyrow"
)

// Outcomes counts the lines of a write by outcome.
type Outcomes struct {
	Inserted, Updated, Unchanged int
	// Rejected lines have values that Postgres refuses. Expired lines are too late for a
	// partition.
	Rejected, Expired int
}

// add adds other to o.
func (o *Outcomes) add(other Outcomes) {
	o.Inserted += other.Inserted
	o.Updated += other.Updated
	o.Unchanged += other.Unchanged
	o.Rejected += other.Rejected
	o.Expired += other.Expired
}

// Write stores each line of the batch once, however often the batch is written. After an
// error the caller has to write the batch again, although a part of it may be stored; after
// a *PartialError only its rest. Errors show no value of a row and no connection string.
func (s *Store) Write(ctx context.Context, batch copyrow.Batch) (Outcomes, error) {
	lines, marks := fold(batch)
	a := attempt{Store: s, rest: copyrow.Batch{Layout: batch.Layout}}
	// A version that was replaced before it was written changes nothing.
	a.stored.Unchanged = batch.Len() - lines.Len() - marks.Len()
	fresh, amended := lanes(sorted(lines))
	a.write(ctx, fresh, copying)
	a.write(ctx, amended, upserting)
	a.judge()
	if marks.Len() > 0 {
		a.mark(ctx, marks)
	}
	if a.cause == nil {
		return a.stored, nil
	}
	if a.rest.Len() == batch.Len() {
		return Outcomes{}, a.err()
	}
	return Outcomes{}, &PartialError{Stored: a.stored, Rest: a.rest, err: a.err()}
}

// markStored has the lines of a batch of marks say that they are incomplete. Lines that are
// not stored are left alone.
func (s *Store) markStored(ctx context.Context, marks copyrow.Batch) error {
	target, err := s.currentTarget(ctx)
	if err != nil {
		return err
	}
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("acquire connection: %w", err)
	}
	defer conn.Release()
	return markBatch(ctx, conn.Conn(), target, marks)
}

// method is a way to write a batch, from the fastest to the one that takes most.
type method uint8

const (
	copying method = iota
	upserting
	isolating
)

// outsideError is an error of what comes before a write, which no row can cause.
type outsideError struct{ error }

func (e outsideError) Unwrap() error { return e.error }

// run writes the columns that the table accepts, and returns them.
func (s *Store) run(ctx context.Context, batch copyrow.Batch, how method) (w written, layout []copyrow.Column, err error) {
	target, err := s.currentTarget(ctx)
	if err != nil {
		return w, nil, outsideError{err}
	}
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return w, nil, outsideError{fmt.Errorf("acquire connection: %w", err)}
	}
	defer conn.Release()
	batch = batch.Project(target.accepts)
	sql := target.sql(batch)
	switch {
	case how == copying && !target.RowSecurity:
		w, err = copyBatch(ctx, conn.Conn(), sql, batch)
	case how == copying:
		w, err = insertBatch(ctx, conn.Conn(), sql, batch)
	case how == upserting:
		w, err = upsertBatch(ctx, conn.Conn(), sql, batch)
	default:
		w, err = isolateBatch(ctx, conn.Conn(), sql, batch)
	}
	return w, batch.Layout, err
}

// createPartitions creates the partitions that the rows need. It returns the batch without
// the rows that are too late for one. It returns cause if it may not create partitions and
// no row is too late.
func (s *Store) createPartitions(ctx context.Context, batch copyrow.Batch, cause error) (copyrow.Batch, error) {
	target, err := s.currentTarget(ctx)
	if err != nil {
		return batch, err
	}
	times := timesOf(batch)
	expired, err := s.partitions.Expired(ctx, target.Name, times)
	if err != nil {
		return batch, err
	}
	kept := copyrow.Batch{Layout: batch.Layout}
	keptTimes := times[:0]
	for i, late := range expired {
		if !late {
			kept.Append(batch.Slice(i, i+1))
			keptTimes = append(keptTimes, times[i])
		}
	}
	if !s.table.CreateSchema {
		if kept.Len() == batch.Len() {
			return batch, cause
		}
		return kept, nil
	}
	return kept, s.partitions.EnsureFor(ctx, target.Name, keptTimes)
}

// timesOf returns the times of the rows.
func timesOf(batch copyrow.Batch) []time.Time {
	times := make([]time.Time, batch.Len())
	createdAt := copyrow.Index(batch.Layout, "created_at")
	for i := range times {
		times[i] = batch.Time(i, createdAt)
	}
	return times
}
