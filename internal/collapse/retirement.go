package collapse

import (
	"math"
	"slices"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"canonicallineexporter/internal/request"
)

// retry is how soon a request is offered again that the queue did not take.
const retry = time.Second

// Sweep looks after the traces that are due: it gives up what has waited too long and
// forgets requests whose window is over. What that comes to is in the delivery.
func (c *Collapser) Sweep(now time.Time) *Delivery {
	d := c.newDelivery(now)
	for i := range c.shards {
		s := &c.shards[i]
		if s.due.Load() > d.now {
			continue
		}
		s.mu.Lock()
		for t := s.schedule.next(d.now); t != nil; t = s.schedule.next(d.now) {
			e := d.open(s, t)
			e.expire()
			e.offerTouched()
			e.settle()
		}
		for s.archive.due() <= d.now {
			c.close(s)
		}
		s.noteDue()
		s.mu.Unlock()
	}
	return d
}

// Finish gives up all that waits, since nothing more comes, and offers what that comes to.
func (c *Collapser) Finish() *Delivery {
	d := c.newDelivery(time.Unix(0, never/2))
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		for _, t := range s.traces {
			e := d.open(s, t)
			e.expire()
			e.offerTouched()
			e.settle()
		}
		s.mu.Unlock()
	}
	return d
}

// settle plans when the trace is looked at again, or removes it if it has no span.
func (e *entry) settle() {
	s, t := e.shard, e.trace
	if e.done != nil && e.done.added > 0 {
		s.done.put(memoryKey{trace: t.id}, e.done, e.done.added)
		e.done.added = 0
	}
	if t.live == 0 {
		s.remove(t)
	} else {
		s.schedule.plan(t, e.collapser.dueOf(t))
	}
	s.noteDue()
}

// dueOf returns when something has to be done about a trace.
func (c *Collapser) dueOf(t *trace) int64 {
	due := int64(never)
	if t.pending > 0 {
		due = t.latest + int64(c.cfg.PendingTTL)
	}
	for _, r := range t.requests {
		due = min(due, c.dueOfRequest(t, r))
	}
	return due
}

func (c *Collapser) dueOfRequest(t *trace, r *serving) int64 {
	root := t.at(r.span)
	switch {
	case root.has(folded):
		return never
	case r.deferred():
		return r.due
	case r.version > r.taken && (r.closed || root.has(acknowledged)):
		return max(r.tried, r.changed) + int64(retry)
	case r.closed:
		return 0
	default:
		return r.changed + int64(c.cfg.AmendWindow)
	}
}

// expire does what is due in a trace.
func (e *entry) expire() {
	// From the last on: one that goes is replaced by the last.
	for i := len(e.requests) - 1; i >= 0; i-- {
		if i >= len(e.requests) {
			continue
		}
		r := e.requests[i]
		if e.collapser.dueOfRequest(e.trace, r) > e.now {
			continue
		}
		if r.deferred() {
			e.giveUp(r)
			continue
		}
		over := r.closed || r.changed+int64(e.collapser.cfg.AmendWindow) <= e.now
		if over && !r.closed {
			e.adopt(r)
			r.closed = true
		}
		switch {
		case over && r.taken == 0 && !e.at(r.span).has(acknowledged):
			// Its client was refused. It sends the request again, or has given it up.
			e.take(r, func(*span) {})
		case r.version > r.taken:
			e.touch(r)
		case over:
			e.forget(r)
		}
	}
	if e.pending > 0 && e.latest+int64(e.collapser.cfg.PendingTTL) <= e.now {
		e.abandon(func() { e.outcomes.Expired++ })
	}
}

// giveUp makes a deferred request one that gets a line: what it waits for does not come.
func (e *entry) giveUp(r *serving) {
	r.incomplete = r.incomplete || r.unfinished
	e.proceed(r, func() { r.unfinished, r.orphaned = false, false })
	e.change(r)
}

// adopt gives orphans to a request whose window is over: they missed a parent that did not
// come. An orphan that can only be that request's is; one that can be several requests' is
// nobody's, and they say that they are incomplete.
func (e *entry) adopt(r *serving) {
	if e.pending == 0 {
		return
	}
	for n := range e.spans {
		i := int32(n + 1)
		s := e.at(i)
		if s.flags == 0 || s.parent != 0 || s.root != 0 || s.has(server) || !e.possible(r, s) {
			continue
		}
		if e.candidates(s) > 1 {
			if !r.incomplete {
				r.incomplete = true
				e.change(r)
			}
			continue
		}
		e.detach(i)
		e.attach(i, r.span)
		e.setRoot(i, r.span)
	}
}

// possible reports whether an orphan can belong to a request: it began while the request
// ran, in its process.
func (e *entry) possible(r *serving, s *span) bool {
	root := e.at(r.span)
	return !root.has(folded) && root.process.is(s.process) && root.start <= s.start && s.start <= root.end
}

// candidates counts the requests that an orphan can belong to, those that are gone too.
func (e *entry) candidates(s *span) (n int) {
	for _, r := range e.requests {
		if e.possible(r, s) {
			n++
		}
	}
	return n + len(e.doneCandidates(s))
}

// doneCandidates returns the requests that are gone and that an orphan can belong to.
func (e *entry) doneCandidates(s *span) (found []*owner) {
	if e.done == nil {
		return nil
	}
	for _, o := range e.done.owners {
		if !o.none && o.process.is(s.process) && o.start <= s.start && s.start <= o.end {
			found = append(found, o)
		}
	}
	return found
}

// forget removes a request and its spans and remembers them.
func (e *entry) forget(r *serving) {
	root := e.at(r.span)
	of := e.memory().addOwner(owner{
		Mark:    request.Mark{TraceID: e.id, SpanID: root.id, Ended: endOf(root, r.arrival), Arrival: time.Unix(0, r.arrival).UTC()},
		process: root.process, start: root.start, end: root.end, marked: r.incomplete || r.skipped,
	})
	if len(e.requests) == 1 && e.pending == 0 {
		e.forgetAll(r, of)
		return
	}
	e.take(r, func(s *span) { e.remember(s, of, false) })
}

// forgetAll removes the only request of a trace that has nothing else.
func (e *entry) forgetAll(r *serving, of *owner) {
	done := e.memory()
	done.spans = slices.Grow(done.spans, len(e.spans))
	for n := range e.spans {
		if s := &e.spans[n]; s.flags != 0 {
			e.remember(s, of, false)
		}
	}
	if r.taken > 0 {
		e.collapser.amendable.Add(-1)
	}
	r.gone = true
	e.collapser.bytes.Add(-int64(len(r.snapshot.values)))
	e.collapser.held.Add(-int64(e.live))
	e.clear()
}

// take removes a request and its spans and tells yield of each.
func (e *entry) take(r *serving, yield func(*span)) {
	if r.taken > 0 {
		e.collapser.amendable.Add(-1)
	}
	e.detach(r.span)
	e.drop(r.span, yield)
}

// endOf returns when a request ended, as request.Request does.
func endOf(s *span, arrival int64) time.Time {
	for _, t := range []pcommon.Timestamp{s.end, s.start} {
		if t != 0 {
			return time.UnixMicro(int64(t / 1000)).UTC()
		}
	}
	return time.UnixMicro(arrival / 1000).UTC()
}

// abandon gives up the spans of a trace that have no request, and tells count of each that
// was acknowledged. Requests that they can belong to say that they are incomplete.
func (e *entry) abandon(count func()) {
	for n := range e.spans {
		if s := e.at(int32(n + 1)); s.has(folded) && s.root == 0 {
			e.unfold(e.requests[s.request-1])
		}
	}
	var lost []int32
	for n := range e.spans {
		i := int32(n + 1)
		s := e.at(i)
		if s.flags == 0 || s.root != 0 {
			continue
		}
		if s.parent == 0 {
			e.shard.bereft.put(memoryKey{e.id, s.parentID}, struct{}{}, 1)
		}
		e.bereave(s)
		if s.has(acknowledged) {
			count()
		}
		lost = append(lost, i)
	}
	for _, i := range lost {
		e.detach(i)
		for child := e.at(i).child; child != 0; child = e.at(i).child {
			e.detach(child)
		}
		e.pend(-1)
		e.discard(i)
	}
}

// bereave marks the requests that a lost span can belong to.
func (e *entry) bereave(s *span) {
	for _, r := range e.requests {
		if e.possible(r, s) && !r.incomplete {
			r.incomplete = true
			e.change(r)
		}
	}
	e.markDone(s)
}

// markDone marks the requests that are gone and that a lost span can belong to.
func (e *entry) markDone(s *span) {
	for _, o := range e.doneCandidates(s) {
		if !o.marked && !slices.Contains(e.Marks, o.Mark) {
			e.Marks, e.finalMarks = append(e.Marks, o.Mark), append(e.finalMarks, o.Mark)
			e.marked = append(e.marked, marked{e.id, o})
		}
	}
}

// makeRoom evicts the traces that are due first until no more is kept than may be.
func (c *Collapser) makeRoom(d *Delivery) {
	most := int64(c.cfg.MaxPendingSpans)
	for c.held.Load() > most || c.bytes.Load() > min(most, math.MaxInt64/bytesPerSpan)*bytesPerSpan {
		s := &c.shards[0]
		for i := range c.shards {
			if c.shards[i].due.Load() < s.due.Load() {
				s = &c.shards[i]
			}
		}
		if s.due.Load() == never {
			return
		}
		s.mu.Lock()
		if t := s.schedule.next(s.archive.due()); t != nil {
			e := d.open(s, t)
			e.evict()
			e.settle()
		} else if s.archive.due() < never {
			d.outcomes.AmendableEvicted += c.close(s)
		}
		s.noteDue()
		s.mu.Unlock()
	}
}

// close ends the windows of the first trace in a shard's archive. It returns how many
// requests could be amended until then.
func (c *Collapser) close(s *shard) int {
	ended := s.archive.close()
	c.held.Add(-int64(ended.spans))
	c.bytes.Add(-int64(ended.bytes))
	c.amendable.Add(-int64(ended.requests))
	return ended.requests
}

// evict removes all spans of a trace.
func (e *entry) evict() {
	e.abandon(func() { e.outcomes.Evicted++ })
	for _, r := range slices.Clone(e.requests) {
		if !r.gone && !e.at(r.span).has(folded) {
			e.evictRequest(r)
		}
	}
	clear(e.touched)
	e.touched = e.touched[:0]
}

// evictRequest removes a request. What the queue lacks of it is handed out a last time,
// except where the client of this delivery would send it again.
func (e *entry) evictRequest(r *serving) {
	if r.deferred() {
		e.giveUp(r)
	}
	again := r.offeredBy == e.number && len(e.export) > 0
	switch {
	case r.taken == r.version:
		e.outcomes.AmendableEvicted++
		e.forget(r)
	case again:
		// It would come without what other exports have brought.
		e.shard.bereft.put(memoryKey{e.id, e.at(r.span).id}, struct{}{}, 1)
		e.take(r, func(*span) {})
	default:
		if r.taken > 0 {
			e.outcomes.AmendableEvicted++
		}
		out := request.Request{
			Arrival: time.Unix(0, r.arrival).UTC(), Skipped: r.skipped, Descendants: e.descendants(r), Version: r.version,
		}
		out.Resource, out.Span = e.restore(r)
		e.offerFinal(finalOffer{out, r.taken > 0})
		e.forget(r)
	}
}
