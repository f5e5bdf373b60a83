package collapse

import "iter"

// pending holds the spans that wait for their SERVER span: by trace, for the
// oldest trace to be evicted whole, and by parent, for a request to find its
// descendants at a cost that depends on their number alone. It is not safe for
// concurrent use.
type pending struct {
	spans  slab[waiting]
	traces slab[waitingTrace]
	// byTrace finds a trace, byParent the first of the spans with one parent.
	byTrace  map[traceKey]int32
	byParent map[spanKey]int32
	key      keyer
	// oldest and newest are the ends of the list of traces.
	oldest, newest int32
}

// waiting is a span and its neighbours in the list of its trace's spans.
type waiting struct {
	span
	previous, next int32
}

// waitingTrace is a trace and its neighbours in the list of traces.
type waitingTrace struct {
	key traceKey
	// since is when the first of its spans came, in nanoseconds.
	since        int64
	spans        int32
	older, newer int32
}

func newPending(key keyer) pending {
	return pending{byTrace: map[traceKey]int32{}, byParent: map[spanKey]int32{}, key: key}
}

// add lets the span wait; since is asked for the time if it is the first of its
// trace.
func (p *pending) add(trace traceKey, parent spanKey, s span, since func() int64) {
	t, ok := p.byTrace[trace]
	if !ok {
		t = p.traces.add(waitingTrace{key: trace, since: since(), older: p.newest})
		p.byTrace[trace] = t
		if p.newest != 0 {
			p.traces.at(p.newest).newer = t
		} else {
			p.oldest = t
		}
		p.newest = t
	}
	s.sibling = p.byParent[parent]
	first := &p.traces.at(t).spans
	i := p.spans.add(waiting{span: s, next: *first})
	if *first != 0 {
		p.spans.at(*first).previous = i
	}
	*first = i
	p.byParent[parent] = i
}

// children are the spans with the parent of this key.
func (p *pending) children(parent spanKey) iter.Seq[*span] {
	return func(yield func(*span) bool) {
		for i := p.byParent[parent]; i != 0; {
			s := &p.spans.at(i).span
			if !yield(s) {
				return
			}
			i = s.sibling
		}
	}
}

// take removes all descendants of a span of the trace and tells yield of each.
func (p *pending) take(trace traceKey, parent spanKey, yield func(spanKey, span)) {
	t, ok := p.byTrace[trace]
	if !ok {
		return
	}
	for parents := []spanKey{parent}; len(parents) > 0; {
		parent = parents[len(parents)-1]
		parents = parents[:len(parents)-1]
		i := p.byParent[parent]
		delete(p.byParent, parent)
		for i != 0 {
			s := p.remove(t, i)
			key := p.key.span(trace, s.id)
			yield(key, s)
			parents = append(parents, key)
			i = s.sibling
		}
	}
}

// evict removes the oldest trace, of which there has to be one, and tells yield
// the parent of each span.
func (p *pending) evict(yield func(spanKey)) {
	t := p.oldest
	trace := p.traces.at(t).key
	for i := p.traces.at(t).spans; i != 0; {
		next := p.spans.at(i).next
		s := p.remove(t, i)
		parent := p.key.span(trace, s.parent)
		delete(p.byParent, parent)
		yield(parent)
		i = next
	}
}

// remove takes a span out of its trace, and the trace out once it has none. The
// caller takes it out of byParent.
func (p *pending) remove(t, i int32) span {
	w := *p.spans.at(i)
	trace := p.traces.at(t)
	if w.previous != 0 {
		p.spans.at(w.previous).next = w.next
	} else {
		trace.spans = w.next
	}
	if w.next != 0 {
		p.spans.at(w.next).previous = w.previous
	}
	p.spans.remove(i)
	if trace.spans == 0 {
		p.removeTrace(t)
	}
	return w.span
}

func (p *pending) removeTrace(t int32) {
	trace := *p.traces.at(t)
	if trace.older != 0 {
		p.traces.at(trace.older).newer = trace.newer
	} else {
		p.oldest = trace.newer
	}
	if trace.newer != 0 {
		p.traces.at(trace.newer).older = trace.older
	} else {
		p.newest = trace.older
	}
	delete(p.byTrace, trace.key)
	p.traces.remove(t)
}
