package table

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/zap"
)

// Config says which table there has to be.
type Config struct {
	Name Name
	// Columns is the table's definition.
	Columns []Column
	// CreateSchema allows DDL: the table, its columns, partitions and questions.
	CreateSchema bool
}

// Maintainer creates the table and adds the columns that it lacks. It is safe for
// concurrent use, by several collectors on one table too.
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

// Maintain returns the table as it is, after it has created what is missing of it if
// CreateSchema allows that.
func (m *Maintainer) Maintain(ctx context.Context) (Catalog, error) {
	catalog, err := Read(ctx, m.pool, m.Name)
	switch {
	case err != nil && !errors.Is(err, ErrNoTable):
		return Catalog{}, err
	case !m.CreateSchema, err == nil && !m.lacks(catalog):
		return catalog, err
	}
	if err := Apply(ctx, m.pool, m.Name, m.Columns); err != nil {
		return Catalog{}, err
	}
	if catalog, err = Read(ctx, m.pool, m.Name); err != nil {
		return Catalog{}, err
	}
	m.logger.Info("created what the table lacked", zap.Stringer("table", catalog.Name))
	select {
	case m.created <- struct{}{}:
	default: // It is known already.
	}
	return catalog, nil
}

// lacks reports whether the table has no column of some name.
func (m *Maintainer) lacks(catalog Catalog) bool {
	return slices.ContainsFunc(m.Columns, func(column Column) bool {
		_, ok := catalog.Columns[column.Name]
		return !ok
	})
}

// Created receives when Maintain has created something, which then needs partitions
// and questions.
func (m *Maintainer) Created() <-chan struct{} { return m.created }
