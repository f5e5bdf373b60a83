package e2e

import (
	"context"
	"encoding/hex"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// client is services under steady load. They send an export until it is acknowledged, as
// an SDK does, and keep a record of what was.
type client struct {
	send func() send
	// processes are the first and the last collector that may answer now.
	processes func() (first, last int)
	// impatient has most attempts given up in the middle.
	impatient atomic.Bool

	mu sync.Mutex
	// acknowledged are the requests that have to be in the table, by span id.
	acknowledged map[string]*acknowledgement
	// poisoned are those of which a CHECK may refuse the line.
	poisoned map[string]struct{}
	// skewed are requests that claim to come from the future, which may be stored
	// twice when they are delivered twice.
	skewed map[string]struct{}
	number uint64
}

// acknowledgement is what was acknowledged of a request.
type acknowledgement struct {
	made time.Time
	// served is when the SERVER span was acknowledged, last when the last descendant was.
	served, last time.Time
	descendants  int
	// unanswered are descendants that others may need and that were not acknowledged.
	unanswered int
	// process had the SERVER span, lastProcess the last of the descendants.
	process, lastProcess int
}

// parted reports whether the collector that had the SERVER span ended, current being the
// last one, before it could have all descendants. What a collector remembers ends with it.
func (a *acknowledgement) parted(current int) bool {
	return a.lastProcess > a.process || a.unanswered > 0 && a.process < current
}

// late reports whether descendants came when the line could no longer be amended.
func (a *acknowledgement) late() bool { return a.last.Sub(a.served) > amendWindow }

// amendWindow is that of testdata/chaos.yaml.
const amendWindow = time.Second

// Shares of what is out of the ordinary, one in so many.
const (
	againShare  = 10
	heldShare   = 10
	poisonShare = 50
	skewedShare = 200
)

// poison is the status of lines that the CHECK of a fault refuses.
const poison = 418

func newClient(send func() send, processes func() (first, last int)) *client {
	return &client{
		send: send, processes: processes,
		acknowledged: map[string]*acknowledgement{}, poisoned: map[string]struct{}{}, skewed: map[string]struct{}{},
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
	for ctx.Err() == nil {
		patience := 10 * time.Second
		hasty := e.abandoned || c.impatient.Load()
		if hasty {
			patience = time.Duration(random.IntN(3000)) * time.Microsecond
		}
		first, _ := c.processes()
		attempt, cancel := context.WithTimeout(ctx, patience)
		err := c.send()(attempt, e.td)
		cancel()
		if err == nil {
			_, last := c.processes()
			c.acknowledge(e, first, last)
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

// acknowledge records what was acknowledged: first may have been the collector that
// answered, and last too.
func (c *client) acknowledge(e *export, first, last int) {
	if e.acknowledged {
		return
	}
	e.acknowledged = true
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range e.servers {
		r.process, r.served = first, time.Now()
		c.acknowledged[hex.EncodeToString(r.id[:])] = &r.acknowledgement
	}
	for _, r := range e.descendants {
		r.descendants++
		if !e.abandoned {
			r.unanswered--
		}
		r.lastProcess, r.last = max(r.lastProcess, last), time.Now()
	}
}

func (c *client) isSkewed(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, skewed := c.skewed[id]
	return skewed
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
	// due is when it is sent; one that is not due yet is held.
	made, due time.Time
	// abandoned exports are sent once, by a client that does not wait for the answer.
	abandoned, acknowledged bool
	// servers are the requests whose SERVER span it has; descendants has a request once
	// for each of its descendants.
	servers, descendants []*sentRequest
}
