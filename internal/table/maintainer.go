package table

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/zap"
)

// Config describes the table to maintain.
type Config struct {
	Name Name
	// Columns are all the columns that the table should have.
	Columns []Column
	// CreateSchema allows DDL for the table, its columns, partitions and questions.
	CreateSchema bool
}

// Maintainer creates the table and adds the columns that it lacks. It is safe for
// concurrent use, and several collectors can maintain one table.
type Maintainer struct {
	Config
	pool    *pgxpool.Pool
	logger  *zap.Logger
	created chan struct{}
}

// NewMaintainer returns a maintainer that uses pool.
func NewMaintainer(cfg Config, pool *pgxpool.Pool, logger *zap.Logger) *Maintainer {
	return &Maintainer{Config: cfg, pool: pool, logger: logger, created: make(chan struct{}, 1)}
}

// Maintain returns the definition of the table. It first creates the table or the columns
// that are missing if CreateSchema allows that. Without a table it returns ErrNoTable.
func (m *Maintainer) Maintain(ctx context.Context) (Definition, error) {
	definition, err := Read(ctx, m.pool, m.Name)
	switch {
	case err != nil && !errors.Is(err, ErrNoTable):
		return Definition{}, err
	case !m.CreateSchema, err == nil && !m.lacks(definition):
		return definition, err
	}
	if err := Apply(ctx, m.pool, m.Name, m.Columns); err != nil {
		return Definition{}, err
	}
	if definition, err = Read(ctx, m.pool, m.Name); err != nil {
		return Definition{}, err
	}
	m.logger.Info("created what the table lacked", zap.Stringer("table", definition.Name))
	select {
	case m.created <- struct{}{}:
	default: // The signal is already pending.
	}
	return definition, nil
}

// lacks reports whether the table lacks any of the columns.
func (m *Maintainer) lacks(definition Definition) bool {
	return slices.ContainsFunc(m.Columns, func(column Column) bool {
		return !definition.Has(column.Name)
	})
}

// Created returns a channel that receives after Maintain has created something: the
// table then needs partitions and questions.
func (m *Maintainer) Created() <-chan struct{} { return m.created }
