package collapse

import (
	"slices"
	"time"
)

// Suspend offers what waits as if nothing more came, and keeps it all. If the process ends
// then, every request has its line; if another exporter goes on, what comes later makes the
// lines anew. The caller must have ended all other use.
func (c *Collapser) Suspend(now time.Time) *Delivery {
	d := c.newDelivery(now)
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		for _, t := range s.traces {
			e := d.open(s, t)
			e.suspend()
			e.settle()
		}
		s.mu.Unlock()
	}
	return d
}

// Pause offers the lines that the queue lacks, and gives nothing up: what is kept outlives the
// process, by Save. The caller must have ended all other use.
func (c *Collapser) Pause(now time.Time) *Delivery {
	d := c.newDelivery(now)
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		for _, t := range s.traces {
			e := d.open(s, t)
			e.touchAcknowledged()
			e.offerTouched()
			e.settle()
		}
		s.mu.Unlock()
	}
	return d
}

// Leftover offers what no other delivery would: the lines and marks of requests that are not
// kept any more and that the queue has refused. Save does not write them.
func (c *Collapser) Leftover(now time.Time) *Delivery { return c.newDelivery(now) }

// Resume has a suspended or paused collapser go on with other bounds. The attributes that cfg reads
// must be those that it has read. The caller must not use it otherwise meanwhile.
func (c *Collapser) Resume(cfg Config) {
	cfg.Began = c.cfg.Began
	c.configure(cfg)
}

// suspend offers the lines of a trace. Orphans count for the request that they must belong
// to; those that can be several requests' have these say that they are incomplete. Only the
// lines do so: the trace stays as it was.
func (e *entry) suspend() {
	for _, r := range slices.Clone(e.requests) {
		if r.deferred() && !e.at(r.span).has(folded) && e.at(r.span).has(acknowledged) {
			e.giveUp(r)
		}
	}
	lent, doubted := e.lend()
	for n := range e.spans {
		if s := e.at(int32(n + 1)); s.has(folded) && s.root == 0 {
			e.unfold(e.requests[s.request-1])
		}
	}
	e.touchAcknowledged()
	e.offerTouched()

	for _, i := range lent {
		e.detach(i)
		e.chainOrphan(i)
		e.setRoot(i, 0)
	}
	for _, r := range doubted {
		r.incomplete = false
		e.change(r)
	}
	clear(e.touched)
	e.touched = e.touched[:0]
}

// touchAcknowledged touches all requests but those that were refused, whose client sends them
// again.
func (e *entry) touchAcknowledged() {
	for _, r := range e.requests {
		if r.taken > 0 || e.at(r.span).has(acknowledged) {
			e.touch(r)
		}
	}
}

// lend gives orphans to the only request that they can belong to and returns them, with the
// requests that it marked as incomplete because an orphan can be theirs.
func (e *entry) lend() (lent []int32, doubted []*serving) {
	if e.pending == 0 {
		return nil, nil
	}
	for n := range e.spans {
		i := int32(n + 1)
		s := e.at(i)
		if s.flags == 0 || s.parent != 0 || s.root != 0 || s.has(server) {
			continue
		}
		alone := e.candidates(s) == 1
		for _, r := range e.requests {
			switch {
			case !e.possible(r, s):
			case alone:
				e.detach(i)
				e.attach(i, r.span)
				e.setRoot(i, r.span)
				lent = append(lent, i)
			case !r.incomplete:
				r.incomplete = true
				e.change(r)
				doubted = append(doubted, r)
			}
		}
		e.markDone(s)
	}
	return lent, doubted
}
