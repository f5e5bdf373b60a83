// Package store writes rows into the canonical line table: COPY first, a staged
// upsert for what is stored already, and a search for the row that Postgres
// refuses.
//
// Everything else that can go wrong is either mended here, when a table,
// column or partition is missing, or left to the caller to try again.
package store

import (
	"context"
	"encoding/hex"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/zap"

	"canonicallineexporter/internal/partition"
	"canonicallineexporter/schema"
)

// Config says where lines go.
type Config struct {
	Table schema.Table
	// Columns is the table's definition.
	Columns []schema.Column
	// CreateSchema lets the store create and extend the table and its partitions.
	CreateSchema bool
}

// Store writes to one table. It is safe for concurrent use.
type Store struct {
	cfg        Config
	pool       *pgxpool.Pool
	partitions *partition.Maintainer
	logger     *zap.Logger

	// mu guards what follows, and lets one caller at a time reconcile.
	mu sync.Mutex
	// target is the table as last read; nil: not known.
	target *target
	// leftOut is the columns that the table was last seen not to take.
	leftOut []string
	// asked says that the functions that answer questions were looked after.
	asked bool
}

// New returns a store that uses pool and has partitions looked after by partitions.
func New(cfg Config, pool *pgxpool.Pool, partitions *partition.Maintainer, logger *zap.Logger) *Store {
	return &Store{cfg: cfg, pool: pool, partitions: partitions, logger: logger}
}

// maxRepairs bounds how often one write mends the table, or changes its way,
// before it gives the batch back to be written again.
const maxRepairs = 3

// Write stores the batch: each of its lines once, however often it is written.
// After an error the batch has to be written again; a part of it may be stored
// by then. Errors show no value of a row and no connection string.
func (s *Store) Write(ctx context.Context, batch Batch) (Result, error) {
	result, err := s.write(ctx, batch, false)
	return result, Redact(err)
}

// write is Write; fresh says that the table was read anew for this batch.
func (s *Store) write(ctx context.Context, batch Batch, fresh bool) (Result, error) {
	insert := copyBatch
	var expired Result
	for repairs := 0; ; repairs++ {
		if batch.Len() == 0 {
			return expired, nil
		}
		result, err := s.run(ctx, batch, insert)
		if err == nil {
			result.add(expired)
			return result, nil
		}
		policy := policyOf(err, batch.Layout)
		if policy == isolate && !fresh {
			// Rows are refused, too, when a column has changed its type since the table
			// was read: that must not cost a line.
			policy, fresh = reconcile, true
		}
		if policy == isolate {
			result, err = s.bisect(ctx, batch, err)
			result.add(expired)
			return result, err
		}
		if repairs == maxRepairs {
			return Result{}, err
		}
		switch policy {
		case upsert:
			insert = upsertBatch
		case partitionMissing:
			kept, err := s.cover(ctx, batch, err)
			if err != nil {
				return Result{}, err
			}
			expired.Expired += batch.Len() - kept.Len()
			batch = kept
		case reconcile:
			s.forget()
		default:
			return Result{}, err
		}
	}
}

// run gives insert a connection and the columns that the table takes.
func (s *Store) run(ctx context.Context, batch Batch, insert insertFunc) (Result, error) {
	table, err := s.currentTarget(ctx)
	if err != nil {
		return Result{}, err
	}
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return Result{}, fmt.Errorf("acquire connection: %w", err)
	}
	defer conn.Release()
	batch = batch.Project(table.accepts)
	return insert(ctx, conn.Conn(), table.plan(batch), batch)
}

// bisect writes the parts of a batch of which Postgres refuses a row, down to the
// row itself, which is dropped. COPY says which row that is; where nothing does,
// the parts are halves.
func (s *Store) bisect(ctx context.Context, batch Batch, cause error) (result Result, err error) {
	if batch.Len() == 1 {
		s.logger.Error("dropped a line that Postgres refuses",
			zap.Error(Redact(cause)), zap.String("line_id", hex.EncodeToString(batch.Value(0, columnIndex(batch.Layout, "id")))))
		return Result{Rejected: 1}, nil
	}
	cuts := []int{0, batch.Len() / 2, batch.Len()}
	if row, ok := refusedRow(cause); ok && row < batch.Len() {
		cuts = []int{0, row, row + 1, batch.Len()}
	}
	for i, end := range cuts[1:] {
		part, err := s.write(ctx, batch.Slice(cuts[i], end), true)
		if err != nil {
			return Result{}, err
		}
		result.add(part)
	}
	return result, nil
}

// cover creates the partitions that the rows need, and leaves out rows that come
// too late for one. Without the right to create, the cause remains.
func (s *Store) cover(ctx context.Context, batch Batch, cause error) (Batch, error) {
	table, err := s.currentTarget(ctx)
	if err != nil {
		return batch, err
	}
	times := make([]time.Time, batch.Len())
	for i := range times {
		times[i] = batch.createdAt(i)
	}
	lost, err := s.partitions.Lost(ctx, table.Table, times)
	if err != nil {
		return batch, err
	}
	kept := Batch{Layout: batch.Layout}
	keptTimes := times[:0]
	for i, lost := range lost {
		if !lost {
			kept.Append(batch.Slice(i, i+1))
			keptTimes = append(keptTimes, times[i])
		}
	}
	if !s.cfg.CreateSchema {
		if kept.Len() == batch.Len() {
			return batch, cause
		}
		return kept, nil
	}
	return kept, s.partitions.Cover(ctx, table.Table, keptTimes)
}
