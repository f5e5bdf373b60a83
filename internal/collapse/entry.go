package collapse

import (
	"slices"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"canonicallineexporter/internal/request"
)

// entry is a trace while a delivery works on it, under the lock of its shard.
type entry struct {
	*Delivery
	*trace
	shard *shard
	// group is the spans that the delivery has of the trace; nil: none.
	group *group
}

// enter takes in one span, unless it is known.
func (e *entry) enter(s *entered) {
	if place := e.find(s.identity); place != 0 {
		s.place = place
		e.enterAgain(place, s)
		return
	}
	if known := e.done.find(s.identity); known != nil {
		e.enterDone(known, s)
		return
	}
	if s.has(outsider) {
		e.resolve(&s.span, e.memory().addOwner(owner{none: true, process: s.process}), false)
		s.outcome = unrelated
		return
	}
	if p := e.parentOf(&s.span); p.done != nil && !s.has(server) {
		e.follow(p.done.owner, s)
		return
	}
	i := e.keep(s.span)
	s.place = i
	if s.has(server) {
		e.enterServer(i, s)
	} else {
		e.pend(1)
		e.link(i)
	}
	e.claim(i)
}

// keep puts a span into the trace.
func (e *entry) keep(s span) int32 {
	e.collapser.held.Add(1)
	e.revision++
	return e.add(s)
}

// pend counts spans that have no request yet.
func (e *entry) pend(n int32) {
	e.pending += n
	e.collapser.pending.Add(int64(n))
}

// enterAgain takes in a span that is kept already. It may be a SERVER span that has ended
// since.
func (e *entry) enterAgain(place int32, s *entered) {
	known := e.at(place)
	if known.request != 0 && !s.unfinished() {
		if r := e.requests[known.request-1]; r.unfinished && !r.offered {
			known.start, known.end, known.flags = s.start, s.end, known.flags|s.flags
			r.arrival = e.now
			e.keepSnapshot(r, s)
			e.proceed(r, func() { r.unfinished = false })
			e.change(r)
		}
	}
	if r := e.serving(known.root); r != nil {
		e.touch(r)
	}
}

// enterDone takes in a span that is remembered.
func (e *entry) enterDone(known *doneSpan, s *entered) {
	switch o := known.owner; {
	case o.none:
		s.outcome = unrelated
	case known.late:
		s.outcome = late
		e.mark(o)
	default:
		s.outcome = duplicate
	}
}

// enterServer makes a request of a SERVER span.
func (e *entry) enterServer(i int32, s *entered) {
	r := e.shard.newServing()
	r.span, r.arrival, r.recording = i, e.now, recordingOf(s)
	e.addRequest(r)
	e.keepSnapshot(r, s)
	e.chainOrphan(i) // its parent may yet come and be in its process
	if s.unfinished() {
		r.unfinished, r.due = true, e.now+int64(e.collapser.cfg.PendingTTL)
	}
	if r.unfinished {
		e.pend(1)
	}
	if claimsLocalParent(s.otlp) && !e.parentKnown(r) {
		e.await(r)
	}
	e.change(r)
}

// claimsLocalParent reports whether OTLP's flags say that the span's parent is in its own
// process. Deno says so of every span
// (https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto).
func claimsLocalParent(s ptrace.Span) bool {
	const hasIsRemote, isRemote = 0x100, 0x200
	return !s.ParentSpanID().IsEmpty() && s.Flags()&(hasIsRemote|isRemote) == hasIsRemote
}

// proceed lets go of a reason to defer a request.
func (e *entry) proceed(r *serving, release func()) {
	before := r.deferred()
	release()
	if before && !r.deferred() {
		e.pend(-1)
		if e.at(r.span).has(acknowledged) {
			e.outcomes.Servers++
		}
	}
}

// link hangs a span below its parent, or among the orphans.
func (e *entry) link(i int32) {
	parent := e.parentOf(e.at(i)).place
	if parent == 0 {
		e.chainOrphan(i)
		e.setRoot(i, 0)
		return
	}
	e.attach(i, parent)
	e.setRoot(i, e.at(parent).root)
}

// claim hangs below a span what has waited for it, or hung below its twin.
func (e *entry) claim(i int32) {
	e.found = e.claimants(i, e.found[:0])
	for _, claimant := range e.found {
		s := e.at(claimant)
		if !s.has(server) {
			// A hostile trace can have a span below itself.
			if e.parentOf(s).place != s.parent && !e.below(i, claimant) {
				e.detach(claimant)
				e.link(claimant)
			}
			continue
		}
		if s.has(folded) && e.localParentOf(claimant) == 0 {
			e.unfold(e.requests[s.request-1])
		}
	}
}

// setRoot gives a span and what hangs below it to a request, 0 for none.
func (e *entry) setRoot(i, root int32) {
	e.moveRoot(i, root)
	e.stack = append(e.stack[:0], i)
	for len(e.stack) > 0 {
		child := e.at(e.stack[len(e.stack)-1]).child
		e.stack = e.stack[:len(e.stack)-1]
		for ; child != 0; child = e.at(child).next {
			if e.at(child).root != root {
				e.moveRoot(child, root)
				e.stack = append(e.stack, child)
			}
		}
	}
}

// moveRoot gives one span to a request.
func (e *entry) moveRoot(i, root int32) {
	s := e.at(i)
	former := s.root
	if former == root {
		return
	}
	s.root = root
	if former != 0 {
		e.change(e.serving(former))
	} else {
		e.pend(-1)
	}
	if root == 0 {
		e.pend(1)
		if s.has(counted) {
			s.flags &^= counted
			e.outcomes.Attached--
		}
		return
	}
	e.change(e.serving(root))
	e.count(s)
}

// count counts an acknowledged span once as attached.
func (d *Delivery) count(s *span) {
	if s.has(acknowledged) && !s.has(counted) && s.root != 0 && (!s.has(server) || s.has(folded)) {
		s.flags |= counted
		d.outcomes.Attached++
	}
}

// change notes that the spans of a request have changed.
func (e *entry) change(r *serving) {
	r.changed, r.closed = e.now, false
	if r.skipped && r.offered {
		return
	}
	e.revision++
	r.version = e.revision
	e.touch(r)
}

// touch has the request offered if the queue lacks its newest version.
func (d *Delivery) touch(r *serving) {
	if r.touched != d.number {
		r.touched = d.number
		d.touched = append(d.touched, r)
	}
}

// memory returns what is remembered of the trace, to be added to.
func (e *entry) memory() *doneTrace {
	if e.done == nil {
		e.done = &doneTrace{}
	}
	return e.done
}

// remember notes that a span is no longer kept, and whose it was.
func (e *entry) remember(s *span, of *owner, late bool) {
	e.memory().add(doneSpan{s.identity, s.has(outgoing), late, of})
}

// follow gives a span the owner of its parent, which is no longer kept.
func (e *entry) follow(of *owner, s *entered) {
	if of.none {
		s.outcome = unrelated
	} else {
		s.outcome = late
		e.mark(of)
	}
	e.resolve(&s.span, of, !of.none)
}

// mark has the delivery say that a request is incomplete whose line cannot be made anew.
func (e *entry) mark(o *owner) {
	if !o.marked && !slices.Contains(e.Marks, o.Mark) {
		e.Marks = append(e.Marks, o.Mark)
		e.marked = append(e.marked, marked{e.id, o})
	}
}

// resolve remembers a span that is not kept, and gives what has waited for it the same
// owner.
func (e *entry) resolve(s *span, of *owner, late bool) {
	e.remember(s, of, late)
	if s.id.IsEmpty() {
		return
	}
	i := e.keep(*s)
	for _, claimant := range e.claimants(i, nil) {
		if o := e.at(claimant); o.has(server) || e.parentOf(o).place != i {
			continue
		}
		e.detach(claimant)
		e.unfoldBelow(claimant)
		e.setRoot(claimant, 0) // it may have hung below a twin
		e.drop(claimant, func(o *span) {
			e.remember(o, of, late)
			switch {
			case !o.has(acknowledged):
			case late:
				e.outcomes.Late++
			default:
				e.outcomes.Unrelated++
			}
		})
	}
	e.discard(i)
}

// drop removes a span that hangs nowhere, and what hangs below it, and tells yield of
// each.
func (e *entry) drop(i int32, yield func(*span)) {
	for stack := []int32{i}; len(stack) > 0; {
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for child := e.at(i).child; child != 0; child = e.at(child).next {
			stack = append(stack, child)
		}
		if e.at(i).root == 0 {
			e.pend(-1)
		}
		yield(e.at(i))
		if r := e.at(i).request; r != 0 {
			e.collapser.bytes.Add(-int64(len(e.requests[r-1].snapshot.values)))
			e.removeRequest(e.requests[r-1])
		}
		e.discard(i)
	}
}

// discard frees the place of a span.
func (e *entry) discard(i int32) {
	e.collapser.held.Add(-1)
	e.remove(i)
}

// offerTouched offers the touched requests whose newest version the queue lacks.
func (e *entry) offerTouched() {
	for _, r := range e.touched {
		if !r.gone && !r.deferred() && !e.at(r.span).has(folded) && r.version > r.taken {
			e.offer(r)
		}
	}
	clear(e.touched)
	e.touched = e.touched[:0]
}

// offer hands a request out. Its line is made of the spans that are known now.
func (e *entry) offer(r *serving) {
	root := e.at(r.span)
	out := request.Request{Arrival: time.Unix(0, r.arrival).UTC(), Skipped: r.skipped, Descendants: e.descendants(r)}
	if r.offered {
		out.Version = r.version
	}
	r.offered, r.tried = true, e.now
	if s := e.ofExport(root); s != nil {
		out.Resource, out.Span = s.resource.otlp, s.otlp
	} else {
		out.Resource, out.Span = e.restore(r)
	}
	r.offeredBy = e.number
	r.offers++
	e.offered = append(e.offered, offer{e.id, r, r.version})
	e.Requests = append(e.Requests, out)
}

// offerFinal hands a request out that is not kept any more.
func (d *Delivery) offerFinal(f finalOffer) {
	d.final = append(d.final, f)
	d.Requests = append(d.Requests, f.Request)
}

// ofExport returns a SERVER span as the export has it, nil if it does not.
func (e *entry) ofExport(s *span) *entered {
	if e.group == nil {
		return nil
	}
	for n := e.group.first; n != 0; n = e.spansOfExport(n).next {
		if found := e.spansOfExport(n); found.identity == s.identity && found.end == s.end {
			return found
		}
	}
	return nil
}

func (e *entry) spansOfExport(n int32) *entered { return &e.export[n-1] }

// keepSnapshot keeps what lines of the request are made of.
func (e *entry) keepSnapshot(r *serving, s *entered) {
	before := len(r.snapshot.values)
	r.snapshot = e.snapshot.take(r.snapshot.values[:0], s.resource.otlp, s.otlp, e.collapser.cfg.Reads)
	e.collapser.bytes.Add(int64(len(r.snapshot.values) - before))
	if skip := e.collapser.cfg.Skip; skip != nil {
		r.skipped = skip(s.resource.spans, s.scope, s.otlp)
	}
}
