package store

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"go.uber.org/zap"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/database"
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

// maxRepairs bounds how often one write repairs the table or changes its policy before it
// returns an error.
const maxRepairs = 3

// Write stores each line of the batch once, however often the batch is written. After an
// error the caller has to write the batch again, although a part of it may be stored; after
// a *PartialError only its rest. Errors show no value of a row and no connection string.
func (s *Store) Write(ctx context.Context, batch copyrow.Batch) (Outcomes, error) {
	lines, marks := fold(batch)
	// A version that was replaced before it was written changes nothing.
	stored := Outcomes{Unchanged: batch.Len() - lines.Len() - marks.Len()}
	rest := copyrow.Batch{Layout: batch.Layout}
	fresh, amended := lanes(sorted(lines))
	var cause error
	for _, lane := range []copyrow.Batch{fresh, amended} {
		if cause != nil && !database.BlamesRows(cause) {
			rest.Append(lane)
			continue
		}
		outcomes, refused, err := s.writeLane(ctx, lane)
		stored.add(outcomes)
		rest.Append(refused)
		cause = cmp.Or(err, cause)
	}
	if cause == nil && marks.Len() > 0 {
		cause = s.mark(ctx, marks)
	}
	if cause == nil {
		return stored, nil
	}
	rest.Append(marks)
	if rest.Len() == batch.Len() {
		return Outcomes{}, database.Redact(cause)
	}
	return Outcomes{}, &PartialError{Stored: stored, Rest: rest, err: database.Redact(cause)}
}

// writeLane stores lines that are all new, or that all replace what may be stored. It
// returns what has to be written again with the latest error.
func (s *Store) writeLane(ctx context.Context, lane copyrow.Batch) (stored Outcomes, rest copyrow.Batch, err error) {
	stored, err = s.write(ctx, lane, false)
	switch {
	case err == nil:
		return stored, copyrow.Batch{Layout: lane.Layout}, nil
	case lane.Len() > 1 && database.BlamesRows(err):
		return s.narrow(ctx, lane, err)
	default:
		return Outcomes{}, lane, err
	}
}

// mark has the lines of a batch of marks say that they are incomplete. Lines that are not
// stored are left alone.
func (s *Store) mark(ctx context.Context, marks copyrow.Batch) error {
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

// write does the work of writeLane. fresh says that the table was read again for this batch.
func (s *Store) write(ctx context.Context, batch copyrow.Batch, fresh bool) (Outcomes, error) {
	insert := copyBatch
	if batch.Len() > 0 && batch.Version(0) != 0 {
		insert = upsertBatch
	}
	var expired Outcomes
	for repairs := 0; ; repairs++ {
		if batch.Len() == 0 {
			return expired, nil
		}
		outcomes, err := s.run(ctx, batch, insert)
		if err == nil {
			outcomes.add(expired)
			return outcomes, nil
		}
		policy := database.PolicyOf(err, func(column string) bool { return copyrow.Index(batch.Layout, column) >= 0 })
		if policy == database.Isolate && !fresh {
			// Postgres also refuses rows if the type of a column has changed since the table
			// was read. That must not lose a line.
			policy, fresh = database.Reconcile, true
		}
		if policy == database.Isolate {
			outcomes, err = s.isolate(ctx, batch, err)
			outcomes.add(expired)
			return outcomes, err
		}
		if repairs == maxRepairs {
			return Outcomes{}, err
		}
		switch policy {
		case database.Upsert:
			insert = upsertBatch
		case database.CreatePartition:
			kept, err := s.createPartitions(ctx, batch, err)
			if err != nil {
				return Outcomes{}, err
			}
			expired.Expired += batch.Len() - kept.Len()
			batch = kept
		case database.Reconcile:
			s.forget()
		default:
			return Outcomes{}, err
		}
	}
}

// insertFunc writes a batch whose columns the table all accepts.
type insertFunc func(ctx context.Context, conn *pgx.Conn, sql *batchSQL, batch copyrow.Batch) (Outcomes, error)

// run calls insert with a connection and with the columns that the table accepts.
func (s *Store) run(ctx context.Context, batch copyrow.Batch, insert insertFunc) (Outcomes, error) {
	target, err := s.currentTarget(ctx)
	if err != nil {
		return Outcomes{}, err
	}
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return Outcomes{}, fmt.Errorf("acquire connection: %w", err)
	}
	defer conn.Release()
	batch = batch.Project(target.accepts)
	return insert(ctx, conn.Conn(), target.sql(batch), batch)
}

// isolate splits a batch that contains a refused row, and writes the parts. It drops a part
// that is the refused row itself. COPY reports which row that is; without such a report the
// parts are halves.
func (s *Store) isolate(ctx context.Context, batch copyrow.Batch, cause error) (outcomes Outcomes, err error) {
	if batch.Len() == 1 {
		id := batch.Value(0, copyrow.Index(batch.Layout, "id"))
		s.logger.Error("dropped a line that Postgres refuses",
			zap.Error(database.Redact(cause)), zap.String("line_id", hex.EncodeToString(id)))
		return Outcomes{Rejected: 1}, nil
	}
	cuts := []int{0, batch.Len() / 2, batch.Len()}
	if row, ok := refusedRow(cause); ok && row < batch.Len() {
		cuts = []int{0, row, row + 1, batch.Len()}
	}
	for i, end := range cuts[1:] {
		part, err := s.write(ctx, batch.Slice(cuts[i], end), true)
		if err != nil {
			return Outcomes{}, err
		}
		outcomes.add(part)
	}
	return outcomes, nil
}

// copyLine matches the place where COPY failed, if the server's messages are in English.
// Lines count from 1.
var copyLine = regexp.MustCompile(`^COPY .*, line ([0-9]+)`)

// refusedRow returns the index of the row that an error of COPY is about.
func refusedRow(err error) (row int, ok bool) {
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return 0, false
	}
	match := copyLine.FindStringSubmatch(pgErr.Where)
	if match == nil {
		return 0, false
	}
	line, err := strconv.Atoi(match[1])
	return line - 1, err == nil && line > 0
}

// createPartitions creates the partitions that the rows need. It returns the batch without
// the rows that are too late for one. It returns cause if it may not create partitions and
// no row is too late.
func (s *Store) createPartitions(ctx context.Context, batch copyrow.Batch, cause error) (copyrow.Batch, error) {
	target, err := s.currentTarget(ctx)
	if err != nil {
		return batch, err
	}
	times := make([]time.Time, batch.Len())
	createdAt := copyrow.Index(batch.Layout, "created_at")
	for i := range times {
		times[i] = batch.Time(i, createdAt)
	}
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
