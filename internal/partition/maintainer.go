// Package partition keeps the canonical line table supplied with partitions and
// rids it of those that have outlived their time or its size: a pure plan of
// what to do, and a maintainer that carries it out.
//
// The catalogue is the only state. Every partition that a maintainer makes is
// marked in its comment, and what happens to it is written there, so that
// collectors can take over from each other at any point.
package partition

import (
	"context"
	"embed"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/zap"

	"canonicallineexporter/internal/database"
	"canonicallineexporter/internal/table"
)

//go:embed *.sql
var files embed.FS

var statements = database.ParseStatements(files)

// Maintainer looks after the partitions of a table. It is safe for concurrent
// use, by several collectors on one table too: a transaction-level advisory lock
// keeps them apart, which works through PgBouncer in transaction mode.
type Maintainer struct {
	cfg    Config
	pool   *pgxpool.Pool
	logger *zap.Logger
	now    func() time.Time

	// mu guards what follows.
	mu     sync.Mutex
	status Status
	// noticed is what the operator has been told.
	noticed map[Notice]bool
}

// New returns a maintainer that uses pool.
func New(cfg Config, pool *pgxpool.Pool, logger *zap.Logger) *Maintainer {
	return &Maintainer{
		cfg: cfg, pool: pool, logger: logger, now: time.Now,
		status: Status{Actions: map[ActionOutcome]int64{}}, noticed: map[Notice]bool{},
	}
}

// Maintain is one round: it creates what is missing, then retires what has to
// go. What it has to wait for it leaves to the next round. table is
// schema-qualified, here and below.
func (m *Maintainer) Maintain(ctx context.Context, parent table.Name) error {
	err := errors.Join(m.EnsureAhead(ctx, parent), m.retire(ctx, parent), m.Inspect(ctx, parent))
	if err == nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.status.LastSuccess = m.now()
	}
	return err
}

// Inspect reads the figures of Status from the catalogue.
func (m *Maintainer) Inspect(ctx context.Context, parent table.Name) error {
	catalog, err := read(ctx, m.pool, parent, true)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.status.known = true
	m.status.coveredUntil = catalog.coveredUntil(m.now())
	m.status.Partitions = 0
	for _, p := range catalog {
		if p.Attached {
			m.status.Partitions++
		}
	}
	m.status.Bytes = catalog.bytes()
	return nil
}

// EnsureAhead creates what is missing from now up to CreateAhead, and as much more as
// passes until the next round.
func (m *Maintainer) EnsureAhead(ctx context.Context, parent table.Name) error {
	return m.create(ctx, parent, m.cfg.ahead(m.now()))
}

// EnsureFor creates what is missing for lines of the given times.
func (m *Maintainer) EnsureFor(ctx context.Context, parent table.Name, times []time.Time) error {
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
	return m.create(ctx, parent, want)
}

// Lost reports, for each of the times, whether a line of it has come too late to
// be stored: it has outlived the retention, or there is no partition for it and
// none will be created, since what was retired stays retired.
func (m *Maintainer) Lost(ctx context.Context, parent table.Name, times []time.Time) ([]bool, error) {
	catalog, err := read(ctx, m.pool, parent, false)
	if err != nil {
		return nil, err
	}
	now := m.now()
	lost := make([]bool, len(times))
	for i, t := range times {
		lost[i] = m.cfg.lost(now, catalog, t)
	}
	return lost, nil
}

// notify tells the operator of each notice once.
func (m *Maintainer) notify(notices ...Notice) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, n := range notices {
		if !m.noticed[n] {
			m.noticed[n] = true
			m.logger.Warn(n.Message, zap.Stringer("partition", n.Partition), zap.String("hint", n.Hint))
		}
	}
}
