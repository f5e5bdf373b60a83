package questions

import (
	"context"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/zap"

	"canonicallineexporter/internal/database"
	"canonicallineexporter/internal/table"
)

// Maintainer creates the functions that answer questions. It is not safe for
// concurrent use.
type Maintainer struct {
	pool    *pgxpool.Pool
	logger  *zap.Logger
	applied bool
}

// NewMaintainer returns a maintainer that uses pool.
func NewMaintainer(pool *pgxpool.Pool, logger *zap.Logger) *Maintainer {
	return &Maintainer{pool: pool, logger: logger}
}

// Maintain creates the functions of a schema-qualified table, once in the life of the
// maintainer and again whenever the table has changed. It only logs a warning for a
// function that cannot be created, since lines do not need it.
func (m *Maintainer) Maintain(ctx context.Context, of table.Name, changed bool) error {
	if m.applied && !changed {
		return nil
	}
	applied, err := Apply(ctx, m.pool, of)
	if m.applied = err == nil; err != nil {
		return err
	}
	if len(applied.Created) > 0 {
		m.logger.Info("created functions that answer questions", zap.Stringer("table", of), zap.Strings("functions", applied.Created))
	}
	for _, name := range slices.Sorted(maps.Keys(applied.Failed)) {
		m.logger.Warn("a function that answers questions was not created",
			zap.Stringer("table", of), zap.String("function", name), zap.Error(database.Redact(applied.Failed[name])))
	}
	return nil
}
