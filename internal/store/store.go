// Package store writes rows into the canonical line table. It copies them, upserts
// those that are stored already, and isolates the row that Postgres refuses.
//
// It creates a table, column or partition that is missing and leaves everything else
// that can go wrong to the caller, who tries again.
package store

import (
	"context"
	"slices"
	"sync"

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

	// mu guards what follows. Only one caller at a time reads the table.
	mu sync.Mutex
	// target is the table as last read, nil if it is not known.
	target *target
	// leftOut names the columns that the table was last seen not to take.
	leftOut []string
}

// New returns a store that uses pool and creates what is missing through table and
// partitions.
func New(pool *pgxpool.Pool, table *table.Maintainer, partitions *partition.Maintainer, logger *zap.Logger) *Store {
	return &Store{pool: pool, table: table, partitions: partitions, logger: logger}
}

// Use has the store write to the table as it was just read.
func (s *Store) Use(catalog table.Definition) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.use(catalog)
}

// use is Use for a caller that holds the lock.
func (s *Store) use(catalog table.Definition) {
	t := newTarget(catalog)
	s.warn(t)
	s.target = &t
}

// forget has the table read again before the next write.
func (s *Store) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.target = nil
}

// currentTarget returns the table as last read. It holds the lock while it reads: the
// other writers need the answer too.
func (s *Store) currentTarget(ctx context.Context) (*target, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.target == nil {
		catalog, err := s.table.Maintain(ctx)
		if err != nil {
			return nil, err
		}
		s.use(catalog)
	}
	return s.target, nil
}

// warn names the columns that the table does not take, each time that they change.
func (s *Store) warn(t target) {
	missing := t.missing(s.table.Columns)
	if len(missing) > 0 && !slices.Equal(missing, s.leftOut) {
		s.logger.Warn("columns are left out: the table lacks them or has them with another type",
			zap.Stringer("table", t.Name), zap.Strings("columns", missing))
	}
	s.leftOut = missing
}
