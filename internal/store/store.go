// Package store writes batches of rows into the canonical line table. It copies them,
// upserts them if some are already stored, and isolates a row that Postgres refuses.
//
// It creates a missing table, column or partition. It returns every other error to the
// caller, who tries again.
package store

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/zap"

	"canonicallineexporter/internal/partition"
	"canonicallineexporter/internal/table"
)

// Store writes to one table. It is safe for concurrent use.
type Store struct {
	pool       *pgxpool.Pool
	table      *table.Maintainer
	partitions *partition.Maintainer
	logger     *zap.Logger
	suspects   suspects
	refusals   refusalLog
	// repeated says that the latest batch of new lines held some that were stored already, so
	// that the next may do too. COPY would write such a batch in vain.
	repeated atomic.Bool

	// mu guards what follows. Only one caller at a time reads the definition.
	mu sync.Mutex
	// target is the table as last read; nil before that.
	target *target
	// leftOut names the columns that the table did not accept when it was last read.
	leftOut []string
}

// New returns a store that uses pool, and table and partitions to create what is missing.
func New(pool *pgxpool.Pool, table *table.Maintainer, partitions *partition.Maintainer, logger *zap.Logger) *Store {
	return &Store{pool: pool, table: table, partitions: partitions, logger: logger, refusals: refusalLog{logger: logger}}
}

// Close has the log name the lines that were dropped last. Nothing is written any more.
func (s *Store) Close() { s.refusals.close() }

// Use tells the store how the table is defined. definition must have just been read. The
// error says what has to change before lines can be written.
func (s *Store) Use(definition table.Definition) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.use(definition)
}

// Table returns the name of the table as last read, schema-qualified; ok is false if it has not
// been read.
func (s *Store) Table() (name table.Name, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.target == nil {
		return name, false
	}
	return s.target.Name, true
}

// use does the work of Use. The caller holds mu.
func (s *Store) use(definition table.Definition) error {
	s.target = nil
	if definition.Unwritable != nil {
		return definition.Unwritable
	}
	t := newTarget(definition)
	s.warn(t)
	s.target = &t
	return nil
}

// forget makes the next write read the table again.
func (s *Store) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.target = nil
}

// currentTarget returns the table as last read, and reads it if necessary. It holds mu
// while it reads, because the other writers need the same answer.
func (s *Store) currentTarget(ctx context.Context) (*target, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.target == nil {
		definition, err := s.table.Maintain(ctx)
		if err != nil {
			return nil, err
		}
		if err := s.use(definition); err != nil {
			return nil, err
		}
	}
	return s.target, nil
}

// warn logs which columns the table does not accept, whenever that changes.
func (s *Store) warn(t target) {
	missing := t.missing(s.table.Columns)
	if len(missing) > 0 && !slices.Equal(missing, s.leftOut) {
		s.logger.Warn("columns are left out: the table lacks them or has them with another type",
			zap.Stringer("table", t.Name), zap.Strings("columns", missing))
	}
	s.leftOut = missing
}
