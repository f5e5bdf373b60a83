package collapse

// parent is a span that another names as its parent: one that is kept, or one that is only
// remembered.
type parent struct {
	// place is 0 if the span is not kept.
	place int32
	done  *doneSpan
}

func (p parent) known() bool { return p.place != 0 || p.done != nil }

// lookUp finds a span.
func (e *entry) lookUp(id identity) parent {
	if place := e.find(id); place != 0 {
		return parent{place: place}
	}
	return parent{done: e.done.find(id)}
}

func (e *entry) processOf(p parent) process {
	if p.place != 0 {
		return e.at(p.place).process
	}
	return p.done.owner.process
}

func (e *entry) outgoing(p parent) bool {
	if p.place != 0 {
		return e.at(p.place).has(outgoing)
	}
	return p.done.outgoing
}

// parentOf returns the parent of a span among those that are known. Two of them can share
// the id: a call and what answers it. Then the one in the span's own process is the
// parent, the answer first. What another process did below a call belongs to the answer,
// even if that is missing. A log record names its span, whoever sent it.
func (e *entry) parentOf(s *span) parent {
	if s.parentID.IsEmpty() {
		return parent{}
	}
	answer, call := e.lookUp(identity{s.parentID, true}), e.lookUp(identity{s.parentID, false})
	if s.parentID == s.id {
		// A span is not its own parent.
		call = parent{}
	}
	switch {
	case answer.known() && (!call.known() || e.processOf(answer).is(s.process)):
		return answer
	case call.known() && e.processOf(call).is(s.process):
		return call
	case answer.known():
		return answer
	case call.known() && (!e.outgoing(call) || s.has(record)):
		return call
	}
	return parent{}
}

// localParentOf returns the parent of a SERVER span in its own process, if it is kept and
// not the call that the span answers.
func (e *entry) localParentOf(i int32) int32 {
	s := e.at(i)
	if s.parentID.IsEmpty() {
		return 0
	}
	if twin := e.find(s.twin()); twin != 0 && e.at(twin).has(outgoing) {
		return 0
	}
	for _, id := range [...]identity{{s.parentID, true}, {s.parentID, false}} {
		if p := e.find(id); p != 0 && p != i && e.at(p).process.is(s.process) && !e.at(p).has(outgoing) {
			return p
		}
	}
	return 0
}

// foldServers makes SERVER spans that no line was made of yet part of the request that
// their local parent belongs to. One whose parent has no request yet waits. One that
// another instrumentation recorded too is part of that request.
func (e *entry) foldServers() {
	for again := true; again; {
		again = false
		for _, r := range e.requests {
			if r.offered || e.at(r.span).has(folded) {
				continue
			}
			switch p, outer := e.localParentOf(r.span), e.outerOf(r); {
			case p != 0 && e.at(p).root != 0 && e.at(p).root != r.span:
				e.fold(r, p)
				again = true
			case p != 0 && e.at(p).root == 0 && !r.orphaned:
				e.await(r)
			case p == 0 && outer != 0:
				e.fold(r, outer)
				again = true
			case p == 0 && r.orphaned && e.parentKnown(r):
				// The parent that it claims is another process, or a call.
				e.proceed(r, func() { r.orphaned = false })
				e.touch(r)
			}
		}
	}
}

// parentKnown reports whether a span is known that a SERVER span names as its parent.
func (e *entry) parentKnown(r *serving) bool {
	id := e.at(r.span).parentID
	return e.lookUp(identity{id, true}).known() || e.lookUp(identity{id, false}).known()
}

// await defers a request until its parent comes.
func (e *entry) await(r *serving) {
	if !r.deferred() {
		e.pend(1)
	}
	r.orphaned, r.due = true, max(r.due, e.now+int64(parentWait))
}

// fold makes a request part of that of its parent.
func (e *entry) fold(r *serving, parent int32) {
	i := r.span
	if r.deferred() {
		e.pend(-1)
		r.unfinished, r.orphaned = false, false
		if e.at(i).has(acknowledged) {
			e.outcomes.Others++
		}
	}
	_, otlp := e.restore(r)
	e.collapser.reader.describe(e.at(i), otlp)
	e.at(i).category = other // it answers and calls nobody
	e.at(i).flags |= folded
	e.detach(i)
	e.attach(i, parent)
	e.setRoot(i, e.at(parent).root)
}

// unfold makes a SERVER span a request of its own again: the call that it answers has come,
// or what it was part of is none.
func (e *entry) unfold(r *serving) {
	i := r.span
	if s := e.at(i); s.has(acknowledged) {
		// It was counted as part of another request.
		e.outcomes.Servers++
		if !s.has(counted) {
			s.flags |= counted
			e.outcomes.Unrelated++
		}
	}
	e.at(i).flags &^= folded | excepted
	e.at(i).details = nil
	e.detach(i)
	e.chainOrphan(i)
	e.setRoot(i, i)
}

// unfoldBelow does so with the SERVER spans that hang below a span.
func (e *entry) unfoldBelow(i int32) {
	for stack := []int32{i}; len(stack) > 0; {
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for child := e.at(i).child; child != 0; {
			next := e.at(child).next
			if s := e.at(child); s.has(folded) {
				e.unfold(e.requests[s.request-1])
			} else {
				stack = append(stack, child)
			}
			child = next
		}
	}
}
