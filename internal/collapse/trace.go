package collapse

import (
	"iter"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// trace is what is kept of a trace: its spans, how they hang together, and its requests.
// Which span is whose follows from the spans that are there, in whatever order they came.
type trace struct {
	id    pcommon.TraceID
	spans []span
	// live is how many there are, pending how many of them have no request. free is the
	// first slot that is not used; the next ones follow in next.
	live, pending, free int32
	// index finds spans, orphans the first of those that miss a parent. They are only kept
	// for a large trace; a small one is searched.
	index    map[identity]int32
	orphans  map[pcommon.SpanID]int32
	requests []*serving
	// revision counts the changes of the trace; a later line has a higher one.
	revision uint32
	// latest is when its latest span came, in nanoseconds.
	latest int64
	// due is when the schedule has it looked at.
	due int64
	// done is what is remembered of it, nil if nothing is.
	done *doneTrace
}

// smallTrace is up to how many spans a trace is searched rather than indexed.
const smallTrace = 32

// serving is a request that is kept: its line can be made, and made anew.
type serving struct {
	// span is the place of its SERVER span, snapshot the rest of what lines are made of.
	span     int32
	snapshot snapshot
	// recording is what recorded the SERVER span.
	recording recording
	// arrival is when its SERVER span came, in nanoseconds.
	arrival int64
	// changed is when its spans changed last, in nanoseconds.
	changed int64
	// version is the trace's revision when its spans changed last, taken that of the
	// newest line that the queue has. offered says that a line was made.
	version, taken uint32
	offered        bool
	// unfinished is a SERVER span without an end, orphaned one that claims a parent in its
	// process which did not come yet. Neither is a line until it is given up, at due.
	unfinished, orphaned bool
	due                  int64
	// tried is when it was offered last.
	tried int64
	// incomplete says that some of its spans are missing, closed that its window is over,
	// gone that it is no longer kept.
	incomplete, closed, gone bool
	// skipped says that it makes no line.
	skipped bool
	// touched and offeredBy are the deliveries that touched and offered it last, offers how
	// many deliveries have yet to say what became of an offer.
	touched, offeredBy uint64
	offers             int
}

// deferred reports whether the request is no line yet.
func (r *serving) deferred() bool { return r.unfinished || r.orphaned }

// clear removes all spans and requests.
func (t *trace) clear() {
	clear(t.spans)
	clear(t.requests)
	t.spans, t.requests = t.spans[:0], t.requests[:0]
	t.index, t.orphans, t.live, t.free = nil, nil, 0, 0
}

func (t *trace) at(i int32) *span { return &t.spans[i-1] }

// find returns the place of a span, 0 if it is not there.
func (t *trace) find(id identity) int32 {
	if id.id.IsEmpty() {
		return 0
	}
	if t.index != nil {
		return t.index[id]
	}
	for i := range t.spans {
		if t.spans[i].identity == id {
			return int32(i + 1)
		}
	}
	return 0
}

// add returns the place that the span is put in.
func (t *trace) add(s span) int32 {
	var i int32
	if t.free != 0 {
		i = t.free
		t.free = t.at(i).next
		*t.at(i) = s
	} else {
		t.spans = append(t.spans, s)
		i = int32(len(t.spans))
	}
	t.live++
	switch {
	case t.index != nil:
		if !s.id.IsEmpty() {
			t.index[s.identity] = i
		}
	case len(t.spans) > smallTrace:
		t.buildIndex()
	}
	return i
}

// buildIndex indexes a trace that was small until its last span came, which is still to be
// linked.
func (t *trace) buildIndex() {
	t.index = make(map[identity]int32, 2*len(t.spans))
	t.orphans = map[pcommon.SpanID]int32{}
	for n := range t.spans {
		i := int32(n + 1)
		s := t.at(i)
		if s.flags == 0 {
			continue // a slot that is not used
		}
		if !s.id.IsEmpty() {
			t.index[s.identity] = i
		}
		if s.parent == 0 && n < len(t.spans)-1 {
			t.chainOrphan(i)
		}
	}
}

// remove frees the place of a span that has been unlinked.
func (t *trace) remove(i int32) {
	s := t.at(i)
	if t.index != nil && t.index[s.identity] == i {
		delete(t.index, s.identity)
	}
	*s = span{next: t.free}
	t.free = i
	t.live--
}

// below reports whether the span hangs below another, or is it.
func (t *trace) below(i, above int32) bool {
	for ; i != 0; i = t.at(i).parent {
		if i == above {
			return true
		}
	}
	return false
}

// attach hangs a span below its parent.
func (t *trace) attach(i, parent int32) {
	s, p := t.at(i), t.at(parent)
	s.parent, s.next, s.previous = parent, p.child, 0
	if p.child != 0 {
		t.at(p.child).previous = i
	}
	p.child = i
}

// chainOrphan keeps a span without a parent where the parent finds it.
func (t *trace) chainOrphan(i int32) {
	s := t.at(i)
	s.previous, s.next = 0, 0
	if t.orphans == nil {
		return
	}
	first := t.orphans[s.parentID]
	s.next = first
	if first != 0 {
		t.at(first).previous = i
	}
	t.orphans[s.parentID] = i
}

// detach takes a span away from its parent, or from the orphans.
func (t *trace) detach(i int32) {
	s := t.at(i)
	switch {
	case s.previous != 0:
		t.at(s.previous).next = s.next
	case s.parent != 0:
		t.at(s.parent).child = s.next
	case t.orphans != nil && t.orphans[s.parentID] == i && s.next != 0:
		t.orphans[s.parentID] = s.next
	case t.orphans != nil && t.orphans[s.parentID] == i:
		delete(t.orphans, s.parentID)
	}
	if s.next != 0 {
		t.at(s.next).previous = s.previous
	}
	s.parent, s.next, s.previous = 0, 0, 0
}

// orphansOf returns the orphans that miss a parent of this id.
func (t *trace) orphansOf(parentID pcommon.SpanID) iter.Seq[int32] {
	return func(yield func(int32) bool) {
		for o := t.orphans[parentID]; o != 0; o = t.at(o).next {
			if !yield(o) {
				return
			}
		}
		if t.orphans != nil {
			return
		}
		for n := range t.spans {
			if o := &t.spans[n]; o.parentID == parentID && o.parent == 0 && o.flags != 0 && !yield(int32(n+1)) {
				return
			}
		}
	}
}

// claimants returns the spans that may hang below the span: orphans that miss a parent of
// its id, and the children of its twin.
func (t *trace) claimants(i int32, found []int32) []int32 {
	s := t.at(i)
	if s.id.IsEmpty() {
		return found
	}
	for o := range t.orphansOf(s.id) {
		if o != i {
			found = append(found, o)
		}
	}
	if twin := t.find(s.twin()); twin != 0 {
		if t.at(twin).has(server) {
			found = append(found, twin)
		}
		for c := t.at(twin).child; c != 0; c = t.at(c).next {
			if t.at(c).parentID == s.id {
				found = append(found, c)
			}
		}
	}
	return found
}

// serving returns the request of its SERVER span, nil if root is 0.
func (t *trace) serving(root int32) *serving {
	if root == 0 || t.at(root).request == 0 {
		return nil
	}
	return t.requests[t.at(root).request-1]
}

// addRequest gives a SERVER span its request.
func (t *trace) addRequest(r *serving) {
	t.requests = append(t.requests, r)
	s := t.at(r.span)
	s.root, s.request = r.span, int32(len(t.requests))
}

// removeRequest takes its request from a SERVER span.
func (t *trace) removeRequest(r *serving) {
	s := t.at(r.span)
	last := len(t.requests) - 1
	moved := t.requests[last]
	t.requests[s.request-1] = moved
	t.at(moved.span).request = s.request
	t.requests[last] = nil
	t.requests = t.requests[:last]
	s.root, s.request, r.gone = 0, 0, true
}
