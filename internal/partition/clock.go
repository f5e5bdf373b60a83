package partition

import (
	"context"
	"fmt"
	"sync"
	"time"

	"canonicallineexporter/internal/table"
)

// settleTime is how far the clocks may jump ahead, or be apart, without notice, and how long
// a jump has to last before anything is retired by it.
const settleTime = time.Hour

// instant is a moment as the clocks show it.
type instant struct {
	// now is the time of the database, which all collectors share.
	now time.Time
	// settled is the earliest time that it may be. Lines and partitions outlive their time by
	// this one only, because one wrong clock must not remove what is still wanted.
	settled time.Time
	// doubt says why settled is behind now; empty if it is not, or hardly.
	doubt string
}

// clock tells the time from two clocks that can be wrong, and from one that nobody sets. It
// is safe for concurrent use.
type clock struct {
	database func(context.Context, table.Querier) (time.Time, error)
	local    func() time.Time
	uptime   func() time.Duration

	// mu guards what follows.
	mu sync.Mutex
	// settled is the latest settled time, and at its uptime.
	settled time.Time
	at      time.Duration
	// jumped is the uptime of a jump ahead that has not lasted long enough; nil if there is
	// none.
	jumped *time.Duration
}

func newClock() *clock {
	started := time.Now()
	return &clock{
		database: readClock, local: time.Now,
		uptime: func() time.Duration { return time.Since(started) },
	}
}

// readClock returns the time of the database.
func readClock(ctx context.Context, db table.Querier) (now time.Time, err error) {
	if err := db.QueryRow(ctx, "SELECT pg_catalog.clock_timestamp()").Scan(&now); err != nil {
		return now, fmt.Errorf("read clock: %w", err)
	}
	return now.UTC(), nil
}

// read returns what time it is.
func (c *clock) read(ctx context.Context, db table.Querier) (instant, error) {
	now, err := c.database(ctx, db)
	if err != nil {
		return instant{}, err
	}
	return c.settle(now, c.local(), c.uptime()), nil
}

// settle judges the clocks of the database and of this host at the given uptime.
func (c *clock) settle(now, local time.Time, uptime time.Duration) instant {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := instant{now: now, settled: now}
	if local.Before(now) {
		i.settled = local.UTC()
	}
	if apart := now.Sub(local).Abs(); apart > settleTime {
		i.doubt = "the clocks of the database and of this host are apart; partitions are retired by the one that is behind"
	}
	expected := c.settled.Add(uptime - c.at)
	switch {
	case c.settled.IsZero() || i.settled.Sub(expected) <= settleTime:
		c.jumped = nil
	case c.jumped == nil:
		c.jumped = &uptime
		fallthrough
	case uptime-*c.jumped < settleTime:
		i.settled = expected
		i.doubt = "the clocks jumped ahead; nothing is retired by them before they have stood for an hour"
	default:
		c.jumped = nil
	}
	c.settled, c.at = i.settled, uptime
	return i
}
