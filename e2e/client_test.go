package e2e

import (
	"context"
	"encoding/hex"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// client is services under steady load. They send an export until it is acknowledged, as
// an SDK does, and keep a record of what was.
type client struct {
	send func() (send, sendLogs)
	// memory numbers what the collector that answers now has of spans.
	memory func() int
	// impatient has most attempts given up in the middle.
	impatient atomic.Bool
	// ahead is how far the services' clocks are ahead, in nanoseconds.
	ahead atomic.Int64
	// refusable is the share of lines that Postgres refuses for ever, one in so many; 0 for
	// none.
	refusable atomic.Int64

	mu sync.Mutex
	// acknowledged are the requests that have to be in the table, by span id.
	acknowledged map[string]*acknowledgement
	// odd are requests of whose lines something else is expected, by span id.
	odd    map[string]oddity
	number uint64
}

// oddity is why not exactly one line of a request is expected.
type oddity uint8

const (
	// poisoned lines may be refused by Postgres, while a fault lasts.
	poisoned oddity = iota + 1
	// refused ones are refused for ever.
	refused
	// skewed ones claim to come from the future. They are stored at the time of their
	// arrival, and so may be twice when they are delivered twice.
	skewed
	// expired ones are older than the retention.
	expired
)

// unstorable reports whether the table may have no such line.
func (o oddity) unstorable() bool { return o == refused || o == expired }

// acknowledgement is what was acknowledged of a request.
type acknowledgement struct {
	made time.Time
	// sent is when the SERVER span was first sent, served when it was acknowledged, last when
	// the last descendant was.
	sent, served, last time.Time
	descendants        int
	// records are those of the descendants that are log records.
	records int
	// unanswered are descendants that others may need and that were not acknowledged.
	unanswered int
	// memory had the SERVER span, lastMemory the last of the descendants.
	memory, lastMemory int
}

// parted reports whether the collector that had the SERVER span was killed, current being the
// last memory, before it could have all descendants.
func (a *acknowledgement) parted(current int) bool {
	return a.lastMemory > a.memory || a.unanswered > 0 && a.memory < current
}

// late reports whether descendants may have come when the line could no longer be amended.
func (a *acknowledgement) late() bool { return a.last.Sub(a.sent) > amendWindow }

// Shares of what is out of the ordinary, one in so many.
const (
	againShare  = 10
	heldShare   = 10
	recordShare = 5
	poisonShare = 50
	skewedShare = 200
)

// The statuses of lines that Postgres refuses: while a fault lasts, or by a CHECK or a
// trigger that stays.
const (
	poisonStatus  = 418
	checkStatus   = 451
	triggerStatus = 460
)

// Those of testdata/chaos.yaml and its defaults.
const (
	amendWindow = time.Second
	createAhead = 72 * time.Hour
	retention   = 336 * time.Hour
)

func newClient(send func() (send, sendLogs), memory func() int) *client {
	return &client{
		send: send, memory: memory,
		acknowledged: map[string]*acknowledgement{}, odd: map[string]oddity{},
	}
}

// run sends until ctx ends.
func (c *client) run(ctx context.Context, random *rand.Rand) {
	var former, held []*export
	for ctx.Err() == nil {
		exports := c.exports(random)
		for _, e := range exports {
			if e.due.After(e.made) {
				held = append(held, e)
			} else {
				c.deliver(ctx, e, random)
			}
		}
		if random.IntN(againShare) == 0 {
			for _, e := range former {
				c.deliver(ctx, e, random)
			}
			former = exports
		}
		// What is held comes when the line can be amended, or only after that.
		for len(held) > 0 && time.Now().After(held[0].due) {
			c.deliver(ctx, held[0], random)
			held = held[1:]
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(random.IntN(20)) * time.Millisecond):
		}
	}
}

// deliver sends until the export is acknowledged, the client gives it up or ctx ends, and
// reports whether it is acknowledged.
func (c *client) deliver(ctx context.Context, e *export, random *rand.Rand) bool {
	if e.sent.IsZero() {
		e.sent = time.Now()
	}
	for ctx.Err() == nil {
		patience := 10 * time.Second
		hasty := e.abandoned || c.impatient.Load()
		if hasty {
			patience = time.Duration(random.IntN(3000)) * time.Microsecond
		}
		first := c.memory()
		attempt, cancel := context.WithTimeout(ctx, patience)
		err := c.attempt(attempt, e)
		cancel()
		if err == nil {
			c.acknowledge(e, first, c.memory())
			return true
		}
		if e.abandoned || hasty && random.IntN(2) == 0 {
			return false
		}
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
	return false
}

// attempt sends the spans and the log records of an export once.
func (c *client) attempt(ctx context.Context, e *export) error {
	send, sendLogs := c.send()
	if e.td.SpanCount() > 0 {
		if err := send(ctx, e.td); err != nil {
			return err
		}
	}
	if e.ld.LogRecordCount() > 0 {
		return sendLogs(ctx, e.ld)
	}
	return nil
}

// acknowledge records what was acknowledged: first may have been the memory of the collector
// that answered, and last too.
func (c *client) acknowledge(e *export, first, last int) {
	if e.acknowledged {
		return
	}
	e.acknowledged = true
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range e.servers {
		r.memory, r.sent, r.served = first, e.sent, time.Now()
		c.acknowledged[hex.EncodeToString(r.id[:])] = &r.acknowledgement
	}
	for _, r := range e.descendants {
		r.descendants++
	}
	for _, r := range e.records {
		r.records++
	}
	for _, r := range slices.Concat(e.descendants, e.records) {
		if !e.abandoned {
			r.unanswered--
		}
		r.lastMemory, r.last = max(r.lastMemory, last), time.Now()
	}
}

// oddityOf returns what is out of the ordinary about a request; 0 for nothing.
func (c *client) oddityOf(id string) oddity {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.odd[id]
}

// counts returns how many requests have which oddity.
func (c *client) counts() map[oddity]float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	counts := map[oddity]float64{}
	for _, odd := range c.odd {
		counts[odd]++
	}
	return counts
}

// total returns how many requests and descendants were acknowledged.
func (c *client) total() (requests, descendants int) {
	for _, a := range c.acknowledged {
		descendants += a.descendants
	}
	return len(c.acknowledged), descendants
}

// export is spans that a client sends at once.
type export struct {
	td ptrace.Traces
	ld plog.Logs
	// due is when it is sent; one that is not due yet is held.
	made, due time.Time
	// sent is when it was first sent; zero if it was not.
	sent time.Time
	// abandoned exports are sent once, by a client that does not wait for the answer.
	abandoned, acknowledged bool
	// servers are the requests whose SERVER span it has; descendants has a request once
	// for each of its descendants, and records for each of its log records.
	servers, descendants, records []*sentRequest
}
