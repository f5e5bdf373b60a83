package store

import (
	"context"
	"errors"
	"maps"
	"slices"

	"go.uber.org/zap"

	"canonicallineexporter/schema"
)

// Maintain reads the table anew and, if it may, creates what is missing of it
// and looks after its partitions. Errors are redacted as those of Write.
func (s *Store) Maintain(ctx context.Context) error {
	s.forget()
	table, err := s.currentTarget(ctx)
	switch {
	case err != nil:
	case s.cfg.CreateSchema:
		err = s.partitions.Maintain(ctx, table.Table)
	default:
		err = s.partitions.Inspect(ctx, table.Table)
	}
	return Redact(err)
}

// forget has the table read anew before the next write.
func (s *Store) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.target = nil
}

// currentTarget is the table as last read, reconciled if it is not known. The
// lock is held over the database's answers: the other writers need them too.
func (s *Store) currentTarget(ctx context.Context) (*target, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.target != nil {
		return s.target, nil
	}
	table, err := s.reconcile(ctx)
	if err != nil {
		return nil, err
	}
	s.warn(table)
	s.target = &table
	return s.target, nil
}

// reconcile reads the table and, where it may, creates what is missing.
func (s *Store) reconcile(ctx context.Context) (target, error) {
	catalog, err := schema.Read(ctx, s.pool, s.cfg.Table)
	if err != nil && !errors.Is(err, schema.ErrNoTable) {
		return target{}, err
	}
	if !s.cfg.CreateSchema {
		return newTarget(catalog), err
	}
	if err != nil || s.lacks(catalog) {
		if err := schema.Apply(ctx, s.pool, s.cfg.Table, s.cfg.Columns); err != nil {
			return target{}, err
		}
		if catalog, err = schema.Read(ctx, s.pool, s.cfg.Table); err != nil {
			return target{}, err
		}
		s.logger.Info("created what was missing of the table", zap.Stringer("table", catalog.Table))
		if err := s.partitions.Ahead(ctx, catalog.Table); err != nil {
			return target{}, err
		}
		s.asked = false
	}
	if !s.asked {
		s.ask(ctx, catalog.Table)
	}
	return newTarget(catalog), nil
}

// ask looks after the functions that answer questions, once in a process and with
// every change of the table. Lines do not wait for them: what cannot be created is
// a warning, and only after a lost connection there is another try.
func (s *Store) ask(ctx context.Context, table schema.Table) {
	applied, err := schema.ApplyQuestions(ctx, s.pool, table)
	if err != nil {
		s.logger.Warn("functions that answer questions are left for the next look at the table", zap.Error(Redact(err)))
		return
	}
	s.asked = true
	if len(applied.Made) > 0 {
		s.logger.Info("created functions that answer questions", zap.Stringer("table", table), zap.Strings("functions", applied.Made))
	}
	for _, name := range slices.Sorted(maps.Keys(applied.Failed)) {
		s.logger.Warn("a function that answers questions was not created",
			zap.Stringer("table", table), zap.String("function", name), zap.Error(Redact(applied.Failed[name])))
	}
}

// lacks reports whether a column is not there at all.
func (s *Store) lacks(catalog schema.Catalog) bool {
	return slices.ContainsFunc(s.cfg.Columns, func(column schema.Column) bool {
		_, ok := catalog.Columns[column.Name]
		return !ok
	})
}

// warn names, once, the columns that the table does not take.
func (s *Store) warn(table target) {
	missing := table.missing(s.cfg.Columns)
	if len(missing) > 0 && !slices.Equal(missing, s.leftOut) {
		s.logger.Warn("columns are left out: the table lacks them or has them with another type",
			zap.Stringer("table", table.Table), zap.Strings("columns", missing))
	}
	s.leftOut = missing
}
