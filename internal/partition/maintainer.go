// Package partition keeps the canonical line table supplied with partitions:
// a pure plan of what to create, and a maintainer that carries it out.
package partition

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/zap"

	"canonicallineexporter/schema"
)

//go:embed *.sql
var files embed.FS

var statements = schema.ParseStatements(files)

// Config says which partitions a table has.
type Config struct {
	// Interval is what one partition covers.
	Interval Interval
	// CreateAhead is how far into the future partitions exist.
	CreateAhead time.Duration
}

// Maintainer creates partitions. It is safe for concurrent use, by several
// collectors on one table too: an advisory lock serialises them.
type Maintainer struct {
	cfg    Config
	pool   *pgxpool.Pool
	logger *zap.Logger
	now    func() time.Time
}

// New returns a maintainer that uses pool.
func New(cfg Config, pool *pgxpool.Pool, logger *zap.Logger) *Maintainer {
	return &Maintainer{cfg: cfg, pool: pool, logger: logger, now: time.Now}
}

// Ahead creates what is missing from now up to CreateAhead. table is
// schema-qualified.
func (m *Maintainer) Ahead(ctx context.Context, table schema.Table) error {
	now := m.now()
	return m.ensure(ctx, table, []Range{{now, now.Add(m.cfg.CreateAhead + 1)}})
}

// Cover creates what is missing for rows of the given times.
func (m *Maintainer) Cover(ctx context.Context, table schema.Table, times []time.Time) error {
	starts := make([]time.Time, len(times))
	for i, t := range times {
		starts[i] = m.cfg.Interval.Floor(t)
	}
	slices.SortFunc(starts, time.Time.Compare)
	starts = slices.Compact(starts)
	want := make([]Range, len(starts))
	for i, start := range starts {
		want[i] = Range{start, m.cfg.Interval.Next(start)}
	}
	return m.ensure(ctx, table, want)
}

// ensure looks before it locks: on most runs nothing is missing.
func (m *Maintainer) ensure(ctx context.Context, table schema.Table, want []Range) error {
	existing, err := list(ctx, m.pool, table)
	if err != nil {
		return err
	}
	if len(Plan(table.Name, m.cfg.Interval, existing, want)) == 0 {
		return nil
	}

	tx, err := m.pool.Begin(ctx)
	if err != nil {
		return fmt.Errorf("begin partition change: %w", err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // a no-op after Commit
	if err := schema.Lock(ctx, tx, table); err != nil {
		return err
	}
	if existing, err = list(ctx, tx, table); err != nil {
		return err
	}
	// Writers and readers go on during ATTACH; only another change of the table,
	// an index build or a VACUUM can hold it up, and then the next run tries again.
	if _, err := tx.Exec(ctx, "SET LOCAL lock_timeout = '5s'"); err != nil {
		return fmt.Errorf("set lock timeout: %w", err)
	}
	plan := Plan(table.Name, m.cfg.Interval, existing, want)
	for _, creation := range plan {
		if err := create(ctx, tx, table, creation); err != nil {
			return err
		}
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("commit partition change: %w", err)
	}
	if len(plan) > 0 {
		m.logger.Info("created partitions", zap.Stringer("table", table), zap.Int("partitions", len(plan)),
			zap.Time("from", plan[0].From), zap.Time("to", plan[len(plan)-1].To))
	}
	return nil
}

func create(ctx context.Context, tx pgx.Tx, table schema.Table, creation Creation) error {
	sql := statements.Render("create.sql", struct {
		Table, Partition schema.Table
		From, To         string
	}{
		table, table.Sibling(creation.Name),
		creation.From.UTC().Format(time.RFC3339), creation.To.UTC().Format(time.RFC3339),
	})
	if _, err := tx.Exec(ctx, sql); err != nil {
		return fmt.Errorf("create partition: %w", err)
	}
	return nil
}

func list(ctx context.Context, db schema.Querier, table schema.Table) ([]Range, error) {
	rows, err := db.Query(ctx, statements.Render("partitions.sql", nil), table.String())
	if err != nil {
		return nil, fmt.Errorf("list partitions: %w", err)
	}
	var ranges []Range
	var from, to pgtype.Timestamptz
	_, err = pgx.ForEachRow(rows, []any{&from, &to}, func() error {
		if !from.Valid || !to.Valid {
			return errors.New("partition has no bounds")
		}
		ranges = append(ranges, Range{bound(from), bound(to)})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list partitions: %w", err)
	}
	return ranges, nil
}

// bound turns an infinite bound into a time beyond every line's.
func bound(t pgtype.Timestamptz) time.Time {
	switch t.InfinityModifier {
	case pgtype.NegativeInfinity:
		return time.Time{}
	case pgtype.Infinity:
		return time.Date(math.MaxInt16, 1, 1, 0, 0, 0, 0, time.UTC)
	default:
		return t.Time
	}
}
