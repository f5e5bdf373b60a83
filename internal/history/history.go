// Package history keeps what lines add up to: hours and days beside the table, rows of a
// service, environment, method and route with counts, sums and the distribution of durations.
//
// Rows are never incremented. They are built from the lines, an hour at a time in the order of
// time, and built again when a write leaves a mark. So they equal what the lines add up to,
// whatever is delivered again, comes late or is killed. Hours whose lines are gone are frozen.
package history

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
	"canonicallineexporter/internal/partition"
	"canonicallineexporter/internal/rollup"
	"canonicallineexporter/internal/table"
)

//go:embed *.sql
var files embed.FS

var statements = database.ParseStatements(files, rollup.Files)

// rows fills the templates that build rows.
type rows struct {
	Table table.Name
	// Tables hold the lines of an hour.
	Tables []table.Name
}

// Sums lists the columns that are added up.
func (rows) Sums() []string { return rollup.Sums }

// Config says how much history is kept.
type Config struct {
	// Hours and Days are how long hours and days are kept; 0 means for ever. Hours are kept at
	// least as long as lines, and days at least as long as hours.
	Hours, Days time.Duration
	// MaxSeries is the most series of an hour, and of a day, that have rows of their own, more
	// than 0. The others share a row.
	MaxSeries int
	// CreateSchema allows DDL. Without it history is kept where its tables exist.
	CreateSchema bool
	// Lines says how the lines are partitioned.
	Lines partition.Config
}

// hours returns how the hours are partitioned.
func (c Config) hours() partition.Config {
	// A partition of lines outlives the retention by its own length.
	longest := c.Lines.Interval.Next(c.Lines.Interval.Floor(time.Unix(0, 0))).Sub(c.Lines.Interval.Floor(time.Unix(0, 0)))
	retention := max(c.Hours, c.Lines.Retention+longest+48*time.Hour)
	if c.Hours == 0 || c.Lines.Retention == 0 {
		retention = 0
	}
	return partition.Config{
		Interval: partition.Day, CreateAhead: 24 * time.Hour, CheckInterval: c.Lines.CheckInterval,
		Retention: retention, KeepDetached: c.Lines.KeepDetached, Column: "at", Permit: permitHours,
	}
}

// days returns how the days are partitioned.
func (c Config) days() partition.Config {
	of := c.hours()
	of.Interval, of.Permit = partition.Month, nil
	if of.Retention = max(c.Days, of.Retention); c.Days == 0 || c.hours().Retention == 0 {
		of.Retention = 0
	}
	return of
}

// Maintainer builds the history of a table. It is safe for concurrent use, and several
// collectors can keep one history: a row that is locked while something is built keeps them
// apart.
type Maintainer struct {
	cfg         Config
	pool        *pgxpool.Pool
	logger      *zap.Logger
	hours, days *partition.Maintainer

	// mu guards what follows.
	mu     sync.Mutex
	status Status
	// unfit says that the log says why there is no history.
	unfit bool
}

// New returns a maintainer that uses pool.
func New(cfg Config, pool *pgxpool.Pool, logger *zap.Logger) *Maintainer {
	return &Maintainer{
		cfg: cfg, pool: pool, logger: logger,
		hours: partition.New(cfg.hours(), pool, logger), days: partition.New(cfg.days(), pool, logger),
	}
}

// Status says how far history is.
type Status struct {
	// Behind is how long the oldest hour that has ended and is not built, or has to be built
	// again, has ended; 0 if there is none.
	Behind time.Duration
	// Hours counts the hours that this maintainer has built, and Others the series that shared
	// a row, once for each hour and day.
	Hours, Others int64
	known         bool
}

// Status returns the figures as of the last round. known is false before the first.
func (m *Maintainer) Status() (status Status, known bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.status, m.status.known
}

// prepareTimeout is how long a round waits for what has the definition of the table locked.
const prepareTimeout = 12 * time.Second

// budget is how long a round goes on to build, and hourTimeout how long it may take to build one
// hour or day.
const (
	budget      = 10 * time.Second
	hourTimeout = 10 * time.Minute
)

var (
	errDetaching = errors.New("a partition is being detached")
	errWriting   = errors.New("a transaction that wrote lines has not ended on all nodes")
)

// Maintain runs one round for a schema-qualified table: it creates what is missing, then builds
// hours and days for a while. more says that there are others to build. What would have to wait
// for others is left for the next round.
func (m *Maintainer) Maintain(ctx context.Context, parent table.Name) (more bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, budget+hourTimeout)
	defer cancel()
	ok, err := m.prepare(ctx, parent)
	if ctx.Err() == nil && waitsOnly(err) {
		return false, nil
	}
	if err != nil || !ok {
		return false, err
	}
	if m.cfg.CreateSchema {
		err = errors.Join(m.hours.Maintain(ctx, parent.Hours()), m.days.Maintain(ctx, parent.Days()))
	}
	more, failed := m.build(ctx, parent)
	if waitsOnly(failed) && ctx.Err() == nil {
		more, failed = false, nil
	}
	return more, errors.Join(err, failed)
}

// build builds what there is to build until the budget is spent.
func (m *Maintainer) build(ctx context.Context, parent table.Name) (more bool, err error) {
	began := time.Now()
	end, closed, err := m.closeHours(ctx, parent)
	if err != nil {
		return false, err
	}
	built := 0
	for {
		r, err := m.begin(ctx, parent)
		if err != nil {
			return false, err
		}
		task, ok := r.task(end, closed)
		m.report(r)
		if !ok && closed {
			// What no partition covers needs no building.
			r.until = later(r.until, end)
		}
		if !ok {
			err = r.commit(ctx)
		}
		r.rollback(ctx)
		if err != nil || !ok {
			m.progress(built, r)
			return false, err
		}
		if time.Since(began) > budget {
			m.progress(built, r)
			return true, nil
		}
		if err := m.carryOut(ctx, parent, task); err != nil {
			return false, err
		}
		built++
	}
}

// task is an hour or a day to build.
type task struct {
	at  time.Time
	day bool
}

// task returns what to build next: what has a mark, then the first hour before end that is not
// built if the hours up to there are closed.
func (r *round) task(end time.Time, closed bool) (task, bool) {
	for _, hour := range r.marked {
		if hour.Before(r.until) && !hour.Before(r.frozen) {
			return task{at: hour}, true
		}
	}
	if len(r.days) > 0 {
		return task{at: r.days[0], day: true}, true
	}
	if hour := r.next(r.catalog, r.until, end); closed && hour.Before(end) {
		return task{at: hour}, true
	}
	return task{}, false
}

// carryOut builds an hour or a day. Where a partition is missing it creates it.
func (m *Maintainer) carryOut(ctx context.Context, parent table.Name, t task) error {
	ctx, cancel := context.WithTimeout(ctx, hourTimeout)
	defer cancel()
	of, partitions, build := parent.Hours(), m.hours, m.buildHour
	if t.day {
		of, partitions, build = parent.Days(), m.days, m.buildDay
	}
	expired, err := partitions.Expired(ctx, of, []time.Time{t.at})
	if err != nil {
		return err
	}
	if expired[0] {
		return m.skip(ctx, parent, t)
	}
	if m.cfg.CreateSchema {
		if err := partitions.EnsureFor(ctx, of, []time.Time{t.at}); err != nil {
			return err
		}
	}
	others, err := build(ctx, parent, t.at)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.status.Others += others
	if !t.day {
		m.status.Hours++
	}
	return nil
}

// skip forgets what is too old to be kept.
func (m *Maintainer) skip(ctx context.Context, parent table.Name, t task) error {
	r, err := m.begin(ctx, parent)
	if err != nil {
		return err
	}
	defer r.rollback(ctx)
	if _, err := r.Exec(ctx, "DELETE FROM "+parent.Marks().String()+" WHERE at = $1 AND of_day = $2", t.at, t.day); err != nil {
		return err
	}
	if !t.day && !t.at.Before(r.until) {
		r.until = t.at.Add(time.Hour)
	}
	return r.commit(ctx)
}

// report takes note of how far history is.
func (m *Maintainer) report(r *round) {
	oldest := r.until
	if i := slices.IndexFunc(r.marked, func(hour time.Time) bool { return !hour.Before(r.frozen) }); i >= 0 {
		oldest = earlier(oldest, r.marked[i])
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.status.known = true
	m.status.Behind = max(r.now.Sub(oldest.Add(time.Hour)), 0)
}

// progress logs how far history is, if that takes more than a few hours.
func (m *Maintainer) progress(built int, r *round) {
	if built > 2 {
		m.logger.Info("built history", zap.Stringer("table", r.parent), zap.Int("parts", built), zap.Time("until", r.until))
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
