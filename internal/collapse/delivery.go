package collapse

import (
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"canonicallineexporter/internal/request"
)

// Delivery is an export of spans on its way to the queue. Its spans are known to all
// deliveries as soon as it is entered: an export that is refused comes again, and spans
// that are known already change nothing. What it comes to is noted once it is
// acknowledged. A Delivery is not safe for concurrent use.
type Delivery struct {
	// Requests are those whose line is to be made, or made anew. They refer to the data of
	// the export and are valid until the delivery is released.
	Requests []request.Request
	// Marks are requests that turned out to be incomplete when it was too late to make
	// their line anew.
	Marks []request.Mark

	collapser *Collapser
	number    uint64
	now       int64
	export    []entered
	traces    []group
	// byTrace finds the group of a trace; lastGroup is that of the last span.
	byTrace   map[pcommon.TraceID]int32
	lastGroup int32
	// offered holds the versions in Requests. Nobody else offers those in final again, of
	// requests that are not kept any more, nor the marks in finalMarks.
	offered    []offer
	final      []finalOffer
	finalMarks []request.Mark
	marked     []marked
	taken      bool
	outcomes   Outcomes
	snapshot   snapshotter
	walk       walk
	touched    []*serving
	stack      []int32
	found      []int32
}

// group is the spans that an export has of one trace.
type group struct {
	id pcommon.TraceID
	// first and last are its ends, counted from 1, size is how many it has.
	first, last int32
	size        int
}

// entered is a span of the export.
type entered struct {
	span
	otlp     ptrace.Span
	resource *enteredResource
	// scope is the instrumentation.
	scope ptrace.ScopeSpans
	// next is the next span of its trace, 0 after the last; place is where the trace keeps
	// the span, 0 if it does not.
	next, place int32
	outcome     outcome
}

// enteredResource is a resource of the export.
type enteredResource struct {
	otlp    pcommon.Resource
	process process
	spans   ptrace.ResourceSpans
}

// outcome says what became of a span.
type outcome uint8

const (
	kept outcome = iota
	unrelated
	late
	duplicate
)

// offer is a version of a request that was handed out.
type offer struct {
	trace   pcommon.TraceID
	request *serving
	version uint32
}

// finalOffer is the last version of a request; amended says that the queue has an earlier
// one.
type finalOffer struct {
	request.Request
	amended bool
}

// marked is a request of a trace that Marks has.
type marked struct {
	trace pcommon.TraceID
	owner *owner
}

// Outcomes counts the spans of acknowledged deliveries and what became of them and of
// those that waited. A span that was received and is not a SERVER span has been attached,
// unrelated, late, a duplicate or evicted, or it is pending.
type Outcomes struct {
	// Servers and Others were received; Repeated of the SERVER spans had come before.
	Servers, Repeated, Others int
	// Attached spans belong to a line. Unrelated ones belong to no request. Late ones came
	// when their line could no longer be made anew. Duplicates had come before.
	Attached, Unrelated, Late, Duplicates int
	// Evicted spans had to make room, Expired ones waited too long.
	Evicted, Expired int
	// Amended lines were made anew. AmendableEvicted requests had to make room before
	// their window was over.
	Amended, AmendableEvicted int
}

func (o *Outcomes) add(other Outcomes) {
	o.Servers += other.Servers
	o.Repeated += other.Repeated
	o.Others += other.Others
	o.Attached += other.Attached
	o.Unrelated += other.Unrelated
	o.Late += other.Late
	o.Duplicates += other.Duplicates
	o.Evicted += other.Evicted
	o.Expired += other.Expired
	o.Amended += other.Amended
	o.AmendableEvicted += other.AmendableEvicted
}

func (c *Collapser) newDelivery(now time.Time) *Delivery {
	d := c.unused.Get().(*Delivery) //nolint:forcetypeassert // nothing else is in there
	d.collapser, d.number, d.now = c, c.deliveries.Add(1), now.UnixNano()
	c.mu.Lock()
	defer c.mu.Unlock()
	d.outcomes, c.outcomes = c.outcomes, Outcomes{}
	for _, f := range c.final {
		d.offerFinal(f)
	}
	d.Marks = append(d.Marks, c.marks...)
	d.finalMarks = append(d.finalMarks, c.marks...)
	c.final, c.marks = nil, nil
	return d
}

// Enter takes in an export that arrived at the given time and finds the requests whose
// line it changes. It only reads td, which has to stay as it is until the delivery is
// released.
func (c *Collapser) Enter(td ptrace.Traces, arrival time.Time) *Delivery {
	d := c.newDelivery(arrival)
	d.read(td, 0)
	d.enterAll()
	return d
}

// enterAll takes in what has been read.
func (d *Delivery) enterAll() {
	for i := range d.traces {
		d.enter(&d.traces[i])
	}
	d.collapser.makeRoom(d)
}

// Release ends the use of the delivery. What it should have handed over is offered again
// unless it was acknowledged.
func (d *Delivery) Release() {
	if !d.taken {
		d.collapser.mu.Lock()
		d.collapser.outcomes.add(d.outcomes)
		d.collapser.final = append(d.collapser.final, d.final...)
		d.collapser.marks = append(d.collapser.marks, d.finalMarks...)
		d.collapser.mu.Unlock()
		d.withdraw()
	}
	// One huge export must not hold its memory for ever.
	const most = 1 << 13
	if cap(d.export) > most || d.walk.size() > most {
		return
	}
	c := d.collapser
	clear(d.Requests)
	clear(d.export)
	clear(d.offered)
	clear(d.marked)
	clear(d.byTrace)
	d.walk.reset()
	*d = Delivery{
		Requests: d.Requests[:0], Marks: d.Marks[:0], export: d.export[:0], traces: d.traces[:0], byTrace: d.byTrace,
		offered: d.offered[:0], marked: d.marked[:0], snapshot: d.snapshot.reuse(), walk: d.walk, touched: d.touched[:0],
		stack: d.stack[:0], found: d.found[:0],
	}
	c.unused.Put(d)
}

// withdraw ends the offers of a delivery that was refused.
func (d *Delivery) withdraw() {
	for _, o := range d.offered {
		s := d.collapser.shard(o.trace)
		s.mu.Lock()
		o.request.offers--
		s.mu.Unlock()
	}
}

// read takes from the export what is kept of its spans, by trace, and gives them flags.
func (d *Delivery) read(td ptrace.Traces, flags uint16) {
	for _, resourceSpans := range td.ResourceSpans().All() {
		resource := &enteredResource{resourceSpans.Resource(), processOf(resourceSpans.Resource()), resourceSpans}
		for _, scopeSpans := range resourceSpans.ScopeSpans().All() {
			for _, s := range scopeSpans.Spans().All() {
				kept := d.collapser.reader.read(s, resource.process)
				kept.flags |= flags
				if flags&record != 0 && s.Flags()&handledFlag != 0 {
					kept.flags |= mild
				}
				d.export = append(d.export, entered{span: kept, otlp: s, resource: resource, scope: scopeSpans})
				n := int32(len(d.export))
				i, ok := d.groupOf(s.TraceID())
				if !ok {
					i = int32(len(d.traces))
					d.traces = append(d.traces, group{id: s.TraceID(), first: n})
					d.byTrace[s.TraceID()] = i
				} else {
					d.export[d.traces[i].last-1].next = n
				}
				d.lastGroup = i
				d.traces[i].last = n
				d.traces[i].size++
			}
		}
	}
}

// groupOf finds the group of a trace, which is mostly that of the span before.
func (d *Delivery) groupOf(id pcommon.TraceID) (int32, bool) {
	if last := d.lastGroup; int(last) < len(d.traces) && d.traces[last].id == id {
		return last, true
	}
	i, ok := d.byTrace[id]
	return i, ok
}

// enter takes in the spans of one trace and offers the requests that they change.
func (d *Delivery) enter(g *group) {
	c := d.collapser
	s := c.shard(g.id)
	s.mu.Lock()
	defer s.mu.Unlock()
	t := d.recall(s, g.id)
	if t == nil {
		t = s.newTrace(g.id, g.size)
	}
	e := d.open(s, t)
	e.group = g
	if e.live > 0 && c.dueOf(e.trace) <= d.now {
		e.expire()
	}
	e.latest = max(e.latest, d.now)
	for i := g.first; i != 0; i = d.export[i-1].next {
		e.enter(&d.export[i-1])
	}
	e.foldServers()
	e.offerTouched()
	e.settle()
}

// recall returns a trace that is kept, nil if it is not. It unpacks one in the archive.
func (d *Delivery) recall(s *shard, id pcommon.TraceID) *trace {
	if t := s.traces[id]; t != nil || !s.archive.has(id) {
		return t
	}
	e := d.open(s, s.newTrace(id, 0))
	if s.archive.unpack(e.trace, s.newServing) {
		// It is forgotten in the way that others are.
		d.collapser.held.Add(int64(e.live))
		for _, r := range e.requests {
			if r.taken > 0 {
				d.collapser.amendable.Add(1)
			}
		}
	}
	if d.collapser.dueOf(e.trace) <= d.now {
		e.expire()
	}
	e.settle()
	return s.traces[id]
}

// pack moves a trace, which may be nil, into the archive if nothing is expected of it.
func (d *Delivery) pack(s *shard, t *trace) {
	if t == nil || !s.archive.takes(t) {
		return
	}
	s.archive.pack(t, d.collapser.cfg.AmendWindow)
	for _, r := range t.requests {
		s.reuse(r)
	}
	s.remove(t)
	s.noteDue()
}

// open starts to work on a trace, under the lock of its shard.
func (d *Delivery) open(s *shard, t *trace) entry { return entry{Delivery: d, trace: t, shard: s} }
