package collapse

// Outcomes counts the spans of a committed export and what became of them and of
// those that waited. A span that was received and is no SERVER span has been
// attached, unrelated, late, a duplicate or evicted, or it is pending.
type Outcomes struct {
	// Servers and Others were received.
	Servers, Others int
	// Attached belong to a line. Unrelated belong to no request. Late came after
	// their line. Duplicates had come before.
	Attached, Unrelated, Late, Duplicates int
	// Evicted had to make room.
	Evicted int
}

// Commit remembers the export once its requests are safe: what of it still
// waits for a SERVER span, and whose fate is decided. It may be called once.
func (x *Export) Commit() Outcomes {
	var o Outcomes
	fromPending := 0
	for i := range x.spans {
		s := &x.spans[i]
		if s.role == server {
			o.Servers++
			fromPending += x.close(s, true)
			continue
		}
		o.Others++
		switch s.outcome {
		case attached:
			o.Attached++
			fromPending += x.close(s, true)
		case unrelated:
			o.Unrelated += 1 + x.close(s, false)
		case duplicate:
			o.Duplicates++
		default:
		}
	}
	for i := range x.spans {
		if s := &x.spans[i]; s.stray && s.outcome == undecided {
			x.settle(int32(i+1), &o)
		}
	}
	for i := range x.spans {
		// What is left descends from itself.
		if s := &x.spans[i]; s.role == descendant && s.outcome == undecided {
			x.wait(s, &o)
		}
	}

	// What came in between found its request gone.
	fresh := min(fromPending, x.found.attached)
	again := min(fromPending-fresh, x.found.duplicates)
	o.Attached += fresh
	o.Duplicates += again
	o.Late += fromPending - fresh - again
	return o
}

// close remembers a span's fate, which all share that wait for it, and returns
// how many did.
func (x *Export) close(s *exported, ofRequest bool) (taken int) {
	if !s.owner {
		return 0
	}
	c := x.collapser
	shard := c.shard(s.trace)
	shard.mu.Lock()
	shard.resolve(s.key, s.span, ofRequest)
	taken = shard.take(s.trace, s.key, ofRequest)
	shard.mu.Unlock()
	c.pending.Add(-int64(taken))
	return taken
}

// settle decides about a stray and what is below it: they wait, or share the
// fate of a parent that has got it.
func (x *Export) settle(i int32, o *Outcomes) {
	if x.wait(x.at(i), o) {
		x.below(i, func(s *exported) { x.wait(s, o) })
		return
	}
	ofRequest := x.at(i).outcome == late
	x.below(i, func(s *exported) { x.drop(s, ofRequest, o) })
}

// drop gives a span the fate of its parent.
func (x *Export) drop(s *exported, ofRequest bool, o *Outcomes) {
	n := 1 + x.close(s, ofRequest)
	if ofRequest {
		s.outcome = late
		o.Late += n
	} else {
		s.outcome = unrelated
		o.Unrelated += n
	}
}

// wait lets a span wait for its SERVER span, unless its parent has got its fate.
func (x *Export) wait(s *exported, o *Outcomes) bool {
	c := x.collapser
	evicted, room := c.reserve()
	o.Evicted += evicted
	shard := c.shard(s.trace)
	shard.mu.Lock()
	ofRequest, gone := shard.resolved.get(s.parentKey)
	switch {
	case gone:
	case room:
		s.details.own()
		shard.pending.add(s.trace, s.parentKey, s.span, func() int64 { return c.stamp(x.arrival) })
		shard.noteOldest()
	default:
		shard.bereft.put(s.parentKey, struct{}{})
	}
	shard.mu.Unlock()
	if room && gone {
		c.pending.Add(-1)
	}
	switch {
	case gone:
		x.drop(s, ofRequest, o)
	case room:
		s.outcome = waits
	default:
		s.outcome = waits
		o.Evicted++
	}
	return !gone
}
