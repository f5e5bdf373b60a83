package collapse

// Acknowledge notes what the queue has taken and returns what became of the spans. It may
// be called once, before Release.
func (d *Delivery) Acknowledge() Outcomes {
	d.taken = true
	for _, o := range d.offered {
		s := d.collapser.shard(o.trace)
		s.mu.Lock()
		r := o.request
		r.offers--
		if r.taken > 0 {
			d.outcomes.Amended++
		} else if !r.gone {
			d.collapser.amendable.Add(1)
		}
		r.taken = max(r.taken, o.version)
		// A sweep offers requests of traces that it has no spans of.
		d.pack(s, s.traces[o.trace])
		s.mu.Unlock()
	}
	for i := range d.traces {
		d.acknowledge(&d.traces[i])
	}
	for _, f := range d.final {
		if f.amended {
			d.outcomes.Amended++
		}
	}
	for _, m := range d.marked {
		s := d.collapser.shard(m.trace)
		s.mu.Lock()
		m.owner.marked = true
		s.mu.Unlock()
	}
	if d.outcomes.Attached < 0 {
		// Spans turned out to be another request's, which is not here yet. Counters only grow.
		d.collapser.mu.Lock()
		d.collapser.outcomes.Attached += d.outcomes.Attached
		d.collapser.mu.Unlock()
		d.outcomes.Attached = 0
	}
	return d.outcomes
}

// acknowledge counts the spans of one trace.
func (d *Delivery) acknowledge(g *group) {
	s := d.collapser.shard(g.id)
	s.mu.Lock()
	defer s.mu.Unlock()
	t := d.recall(s, g.id)
	defer d.pack(s, t)
	for i := g.first; i != 0; i = d.export[i-1].next {
		e := &d.export[i-1]
		var known *span
		if t != nil && e.place != 0 && int(e.place) <= len(t.spans) && t.at(e.place).identity == e.identity {
			known = t.at(e.place)
		}
		o := &d.outcomes
		switch {
		case known != nil && known.has(acknowledged):
			d.countAgain(e)
		case known != nil:
			known.flags |= acknowledged
			switch {
			case !known.has(server), known.has(folded):
				o.Others++
				d.count(known)
			default:
				d.acknowledgeServer(s, t, known)
			}
		case e.has(server):
			o.Servers++
			if e.outcome == duplicate {
				o.Repeated++
			}
		default:
			o.Others++
			d.countGone(e, s.doneTrace(t, g.id))
		}
	}
}

// acknowledgeServer counts a SERVER span that has been decided about. If another delivery
// decided, and was refused, it is offered again soon.
func (d *Delivery) acknowledgeServer(s *shard, t *trace, known *span) {
	r := t.requests[known.request-1]
	if r.deferred() {
		return
	}
	d.outcomes.Servers++
	if r.version > r.taken {
		s.schedule.plan(t, d.collapser.dueOfRequest(t, r))
		s.noteDue()
	}
}

// countAgain counts a span that had been acknowledged before.
func (d *Delivery) countAgain(e *entered) {
	if e.has(server) {
		d.outcomes.Servers++
		d.outcomes.Repeated++
		return
	}
	d.outcomes.Others++
	d.outcomes.Duplicates++
}

// countGone counts a span that is not kept.
func (d *Delivery) countGone(e *entered, done *doneTrace) {
	o := &d.outcomes
	switch e.outcome {
	case unrelated:
		o.Unrelated++
		return
	case late:
		o.Late++
		return
	case duplicate:
		o.Duplicates++
		return
	default:
	}
	// It was kept when the delivery was entered.
	known := done.find(e.identity)
	switch {
	case known == nil:
		o.Evicted++
	case known.owner.none:
		o.Unrelated++
	case known.late:
		o.Late++
	default:
		o.Attached++
	}
}
