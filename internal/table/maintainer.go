package table

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/zap"

	"canonicallineexporter/internal/database"
)

// Config describes the table to maintain.
type Config struct {
	Name Name
	// Columns are all the columns that the table should have.
	Columns []Column
	// CreateSchema allows DDL for the table, its columns, partitions and questions.
	CreateSchema bool
	// Distribute has Citus distribute the table if CreateSchema allows that. A table that has
	// partitions stays as it is.
	Distribute bool
}

// Maintainer creates the table and adds the columns that it lacks. It is safe for
// concurrent use, and several collectors can maintain one table.
type Maintainer struct {
	Config
	pool    *pgxpool.Pool
	logger  *zap.Logger
	created chan struct{}

	// mu guards what follows, and is held during an attempt to create what is missing.
	mu sync.Mutex
	// pause is the time from the latest attempt to add columns, which failed, until next; 0
	// after a success.
	pause time.Duration
	next  time.Time
	// known says that the table has been read, and distributed whether it was distributed then.
	known, distributed bool
	// undistributed says that the log says why the table is not distributed.
	undistributed bool
}

// Every attempt to add columns makes readers and writers queue up behind it for a moment, so
// the pauses between attempts that fail grow from minPause to maxPause.
const (
	minPause = time.Minute
	maxPause = time.Hour
)

// NewMaintainer returns a maintainer that uses pool.
func NewMaintainer(cfg Config, pool *pgxpool.Pool, logger *zap.Logger) *Maintainer {
	return &Maintainer{Config: cfg, pool: pool, logger: logger, created: make(chan struct{}, 1)}
}

// Maintain returns the definition of the table. It first creates the table or the columns
// that are missing if CreateSchema allows that. Columns that cannot be added are left for
// later, because lines can be written without them. Without a table it returns ErrNoTable.
func (m *Maintainer) Maintain(ctx context.Context) (Definition, error) {
	definition, err := m.complete(ctx)
	if err == nil && m.CreateSchema && m.Distribute && !definition.Distributed {
		definition, err = m.distribute(ctx, definition)
	}
	if err == nil {
		m.note(definition)
	}
	return definition, err
}

// note signals that the table has been distributed, or is no longer, since it was read last.
func (m *Maintainer) note(definition Definition) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known && m.distributed != definition.Distributed {
		m.signal()
	}
	m.known, m.distributed = true, definition.Distributed
}

// signal says that the table needs partitions and questions.
func (m *Maintainer) signal() {
	select {
	case m.created <- struct{}{}:
	default: // The signal is already pending.
	}
}

// distribute has Citus distribute the table, or says once why that is left to its owner.
func (m *Maintainer) distribute(ctx context.Context, definition Definition) (Definition, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.undistributed {
		return definition, nil
	}
	err := Distribute(ctx, m.pool, definition.Name)
	if errors.Is(err, ErrHoldsPartitions) {
		m.undistributed = true
		m.logger.Warn("the table holds lines and is not distributed, as database::distribute asks for: lines are written to it as it is",
			zap.Stringer("table", definition.Name), zap.String("hint", "docs/scaling.md says how to distribute it"))
		return definition, nil
	}
	if err != nil {
		return Definition{}, err
	}
	m.logger.Info("distributed the table", zap.Stringer("table", definition.Name))
	return Read(ctx, m.pool, m.Name)
}

// complete creates the table or its columns where they are missing.
func (m *Maintainer) complete(ctx context.Context) (Definition, error) {
	definition, err := Read(ctx, m.pool, m.Name)
	if err == nil && !m.lacks(definition) || !m.CreateSchema {
		return definition, err
	}
	// Whoever waits for another caller's attempt reads what came of it.
	m.mu.Lock()
	defer m.mu.Unlock()
	definition, err = Read(ctx, m.pool, m.Name)
	exists := err == nil
	switch {
	case !exists && !errors.Is(err, ErrNoTable):
		return Definition{}, err
	case exists && (!m.lacks(definition) || time.Now().Before(m.next)):
		return definition, nil
	}
	if err := Apply(ctx, m.pool, m.Name, m.Columns); err != nil {
		if !exists || ctx.Err() != nil {
			return Definition{}, err
		}
		m.postpone(definition, err)
		return definition, nil
	}
	m.pause, m.next = 0, time.Time{}
	if definition, err = Read(ctx, m.pool, m.Name); err != nil {
		return Definition{}, err
	}
	m.logger.Info("created what the table lacked", zap.Stringer("table", definition.Name))
	m.signal()
	return definition, nil
}

// postpone leaves columns that could not be added for later, and says so once. The caller
// holds mu.
func (m *Maintainer) postpone(definition Definition, err error) {
	if m.pause == 0 {
		m.logger.Warn("columns cannot be added; lines are written without them, and it will be tried again",
			zap.Stringer("table", definition.Name), zap.Error(database.Redact(err)))
	}
	m.pause = min(max(2*m.pause, minPause), maxPause)
	m.next = time.Now().Add(m.pause)
}

// lacks reports whether the table lacks any of the columns.
func (m *Maintainer) lacks(definition Definition) bool {
	return slices.ContainsFunc(m.Columns, func(column Column) bool {
		return !definition.Has(column.Name)
	})
}

// Created returns a channel that receives after Maintain has created something, or found that the
// table is distributed otherwise than before: it then needs partitions and questions.
func (m *Maintainer) Created() <-chan struct{} { return m.created }
