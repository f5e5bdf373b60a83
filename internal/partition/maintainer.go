// Package partition creates the partitions of the canonical line table ahead of time, and
// retires those that exceed its retention or size. A pure plan decides what to do, and a
// maintainer carries it out.
//
// The catalogue holds all state. A maintainer marks every partition that it creates in a
// comment, and records there what happens to it, so that collectors can take over from
// each other at any point.
package partition

import (
	"context"
	"embed"
	"errors"
	"fmt"
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

// Maintainer creates and retires the partitions of a table. It is safe for concurrent use,
// and several collectors can maintain one table: a transaction-level advisory lock, which
// works through PgBouncer in transaction mode, keeps them apart.
type Maintainer struct {
	cfg    Config
	pool   *pgxpool.Pool
	logger *zap.Logger
	clock  *clock

	// mu guards what follows.
	mu     sync.Mutex
	status Status
	// noticed holds the notices that have been logged.
	noticed map[Notice]bool
	// homeless says that a line had no place in a divided partition since the last Inspect.
	homeless bool
	// finalizing says how long the latest attempt to finalize waited, and for which partition.
	finalizing struct {
		oid      uint32
		patience time.Duration
	}
}

// New returns a maintainer that uses pool.
func New(cfg Config, pool *pgxpool.Pool, logger *zap.Logger) *Maintainer {
	return &Maintainer{
		cfg: cfg, pool: pool, logger: logger, clock: newClock(),
		status: Status{Actions: map[ActionOutcome]int64{}}, noticed: map[Notice]bool{},
	}
}

// Maintain runs one round: it creates what is missing, then retires what has to go. A
// change that would have to wait is left for the next round. parent is schema-qualified,
// here and below.
func (m *Maintainer) Maintain(ctx context.Context, parent table.Name) error {
	shape, err := readShape(ctx, m.pool, parent, m.cfg.column())
	if err != nil {
		return err
	}
	if shape.byTime {
		err = errors.Join(m.EnsureAhead(ctx, parent), m.retire(ctx, parent, shape))
	} else {
		m.notify(shape.unmaintained(parent))
	}
	if err = errors.Join(err, m.Inspect(ctx, parent)); err != nil {
		return err
	}
	at, err := m.clock.read(ctx, m.pool)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.status.LastSuccess = at.now
	return nil
}

// Inspect reads the figures for Status from the catalogue. There are none for a table whose
// partitions are not ranges of time.
func (m *Maintainer) Inspect(ctx context.Context, parent table.Name) error {
	shape, err := readShape(ctx, m.pool, parent, m.cfg.column())
	if err != nil {
		return err
	}
	if !shape.byTime {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.status.known = false
		return nil
	}
	catalog, err := m.survey(ctx, parent, true)
	if err != nil {
		return err
	}
	at, err := m.clock.read(ctx, m.pool)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.status.known = true
	m.status.readAt, m.status.uptime = at, m.clock.uptime()
	m.status.coveredUntil = catalog.coveredUntil(at.now)
	if m.homeless {
		m.status.coveredUntil = at.now
	}
	m.homeless = false
	m.status.Partitions = 0
	for _, p := range catalog {
		if p.Attached {
			m.status.Partitions++
		}
	}
	m.status.Bytes = catalog.bytes()
	return nil
}

// survey reads the catalogue, and with sizes how large the partitions are. It does not wait
// for one that somebody has locked.
func (m *Maintainer) survey(ctx context.Context, parent table.Name, sizes bool) (Catalog, error) {
	tx, err := m.pool.Begin(ctx)
	if err != nil {
		return nil, fmt.Errorf("begin to read partitions: %w", err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // nothing has changed
	if err := limitWaits(ctx, tx); err != nil {
		return nil, err
	}
	return read(ctx, tx, parent, sizes)
}

// EnsureAhead creates the partitions that are missing from now until CreateAhead after the
// next round.
func (m *Maintainer) EnsureAhead(ctx context.Context, parent table.Name) error {
	at, err := m.clock.read(ctx, m.pool)
	if err != nil {
		return err
	}
	shape, err := readShape(ctx, m.pool, parent, m.cfg.column())
	if err != nil || !shape.byTime {
		return err
	}
	_, err = m.create(ctx, parent, shape, m.cfg.ahead(at.now))
	return err
}

// EnsureFor creates the partitions that are missing for lines of the given times, which
// have none. It says so where only an operator can.
func (m *Maintainer) EnsureFor(ctx context.Context, parent table.Name, times []time.Time) error {
	shape, err := readShape(ctx, m.pool, parent, m.cfg.column())
	if err != nil {
		return err
	}
	if !shape.byTime {
		m.notify(shape.homeless(parent))
		return nil
	}
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
	catalog, err := m.create(ctx, parent, shape, want)
	for _, t := range times {
		if p, ok := catalog.incomplete(t); ok {
			m.turnedAway(p)
		}
	}
	return err
}

// turnedAway says that a divided partition has no place for some line of its range.
func (m *Maintainer) turnedAway(p Partition) {
	m.notify(Notice{
		"lines wait, because a partition that is itself partitioned has no part for them",
		"create the part that is missing, or one for all others: CREATE TABLE ... PARTITION OF " + p.Name.String() + " DEFAULT", p.Name,
	})
	m.mu.Lock()
	defer m.mu.Unlock()
	m.homeless = true
	m.status.coveredUntil = m.status.readAt.now
}

// Expired reports for each time whether a line of that time is too late to be stored: it is
// older than the retention, or it has no partition and will get none, because a retired
// partition is not created again. No line is too late for a table whose partitions are not
// ranges of time.
func (m *Maintainer) Expired(ctx context.Context, parent table.Name, times []time.Time) ([]bool, error) {
	expired := make([]bool, len(times))
	shape, err := readShape(ctx, m.pool, parent, m.cfg.column())
	if err != nil || !shape.byTime {
		return expired, err
	}
	catalog, err := read(ctx, m.pool, parent, false)
	if err != nil {
		return nil, err
	}
	at, err := m.clock.read(ctx, m.pool)
	if err != nil {
		return nil, err
	}
	for i, t := range times {
		expired[i] = m.cfg.expired(at.settled, catalog, t)
	}
	return expired, nil
}

// Homeless reports whether the catalogue shows no partition for a line of one of the times, or does
// not tell.
func (m *Maintainer) Homeless(ctx context.Context, parent table.Name, times []time.Time) (bool, error) {
	shape, err := readShape(ctx, m.pool, parent, m.cfg.column())
	if err != nil || !shape.byTime {
		return shape.partitioned, err
	}
	catalog, err := read(ctx, m.pool, parent, false)
	return slices.ContainsFunc(times, func(t time.Time) bool {
		_, incomplete := catalog.incomplete(t)
		return incomplete || !catalog.accepts(t)
	}), err
}

// notify logs each notice once.
func (m *Maintainer) notify(notices ...Notice) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, n := range notices {
		if !m.noticed[n] {
			m.noticed[n] = true
			m.logger.Warn(n.Message, zap.Stringer("table", n.Table), zap.String("hint", n.Hint))
		}
	}
}
