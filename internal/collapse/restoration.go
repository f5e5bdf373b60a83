package collapse

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"time"
	"unique"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"canonicallineexporter/internal/request"
)

// shortGap is how long no collector may have run for the requests of that time to be taken as
// whole. OpenTelemetry's SDKs go on sending what was refused for ten seconds by default
// (https://opentelemetry.io/docs/specs/otel/protocol/exporter/), agents for longer.
const shortGap = 10 * time.Second

var (
	errDamaged = errors.New("it is damaged")
	errVersion = errors.New("another version wrote it")
)

// Load takes over what Save wrote, in a collapser that nothing has used yet. What was due
// meanwhile is due at once. After an error the collapser must not be used: it may have a part.
func (c *Collapser) Load(r io.Reader, now time.Time) error {
	l := loader{Reader: bufio.NewReader(r), collapser: c, delivery: c.newDelivery(now)}
	if version := l.number(); l.err == nil && version != savedVersion {
		return errVersion
	}
	l.resume(time.Unix(0, int64(l.number())), int64(l.number()), now)
	for l.err == nil {
		switch l.number() {
		case savedTrace:
			l.loadTrace()
		case savedDone:
			l.loadDone()
		case savedBereft:
			key := memoryKey{trace: l.traceID(), span: l.spanID()}
			c.shard(key.trace).bereft.put(key, struct{}{}, 1)
		case savedEnd:
			l.finish()
			return l.err
		default:
			l.fail(errDamaged)
		}
	}
	return l.err
}

// loader reads what Save wrote. After an error it reads zeros.
type loader struct {
	*bufio.Reader
	err       error
	collapser *Collapser
	delivery  *Delivery
	// setBack is how far the clock was set back since, in nanoseconds.
	setBack   int64
	texts     []unique.Handle[string]
	processes []process
	parents   []int32
	values    snapshotter
}

func (l *loader) fail(err error) {
	if l.err == nil {
		l.err = err
	}
}

// resume decides since when spans were received, after a gap in which nothing was.
func (l *loader) resume(saved time.Time, began int64, now time.Time) {
	l.setBack = max(0, saved.Sub(now).Nanoseconds())
	if gap := now.Sub(saved); gap < 0 || gap > shortGap {
		return
	}
	l.collapser.cfg.Began = time.Time{}
	if began != 0 {
		l.collapser.cfg.Began = time.Unix(0, began)
	}
}

// finish ends the reading and makes room where less may be kept than before.
func (l *loader) finish() {
	var outcomes Outcomes
	if err := json.Unmarshal(l.bytes(), &outcomes); err != nil {
		l.fail(errDamaged)
	}
	l.delivery.outcomes.add(outcomes)
	l.collapser.makeRoom(l.delivery)
	l.delivery.Release()
}

func (l *loader) loadDone() {
	id := l.traceID()
	d := &doneTrace{}
	s := l.collapser.shard(id)
	if known, ok := s.done.get(memoryKey{trace: id}); ok {
		d = known
	}
	var owners []*owner
	for range l.count() {
		o := owner{Mark: request.Mark{TraceID: id}}
		l.flags(&o.none, &o.marked)
		o.process = l.process()
		if !o.none {
			o.SpanID = l.spanID()
			o.Ended = time.UnixMicro(int64(l.number())).UTC()
			o.Arrival = time.Unix(0, int64(l.number())).UTC()
			o.start, o.end = l.times()
		}
		if l.err != nil {
			return
		}
		owners = append(owners, d.addOwner(o))
	}
	spans := l.count()
	for range spans {
		o := doneSpan{identity: identity{id: l.spanID()}}
		n := l.flags(&o.entry, &o.outgoing, &o.late)
		if l.err != nil || n >= uint64(len(owners)) {
			l.fail(errDamaged)
			return
		}
		o.owner = owners[n]
		d.add(o)
	}
	d.added = 0
	s.done.put(memoryKey{trace: id}, d, spans)
}

// loadTrace reads a trace and keeps it.
func (l *loader) loadTrace() {
	id := l.traceID()
	s := l.collapser.shard(id)
	if s.traces[id] != nil || s.archive.has(id) {
		l.fail(errDamaged)
		return
	}
	t := s.newTrace(id, 0)
	t.revision, t.latest = l.number32(), l.time()
	l.parents = l.parents[:0]
	for range l.count() {
		l.loadSpan(s, t)
		if l.err != nil {
			return
		}
	}
	if !t.connect(l.parents) || t.live == 0 {
		l.fail(errDamaged)
		return
	}
	l.keep(s, t)
}

// keep counts a trace and plans when it is looked at, or packs it.
func (l *loader) keep(s *shard, t *trace) {
	c := l.collapser
	for i := range t.spans {
		if t.spans[i].root == 0 {
			t.pending++
		}
	}
	until := int64(0)
	for _, r := range t.requests {
		if r.deferred() {
			t.pending++
		}
		if r.taken > 0 {
			c.amendable.Add(1)
		}
		c.bytes.Add(int64(len(r.snapshot.values)))
		if !t.at(r.span).has(folded) {
			until = max(until, r.changed+int64(c.cfg.AmendWindow))
		}
	}
	c.held.Add(int64(t.live))
	c.pending.Add(int64(t.pending))
	id := t.id
	// An archive holds traces in the order in which their windows end.
	if a := &s.archive; a.open == a.next || a.trace(a.next-1).until <= until {
		l.delivery.pack(s, t)
	}
	if s.traces[id] != nil {
		s.schedule.plan(t, c.dueOf(t))
		s.noteDue()
	}
}

func (l *loader) loadSpan(s *shard, t *trace) {
	kept := span{identity: identity{id: l.spanID()}, parentID: l.spanID()}
	var detailed bool
	kept.flags = uint16(l.flags(&kept.entry, &detailed))
	kept.category = category(l.number())
	l.parents = append(l.parents, int32(l.number32()))
	kept.start, kept.end = l.times()
	kept.process = l.process()
	if kept.statement = l.text(); kept.category != query {
		kept.statement = unique.Handle[string]{}
	}
	if detailed {
		kept.details = l.details()
	}
	if l.err != nil || kept.flags == 0 || kept.has(server) != kept.entry || kept.has(outsider) || kept.has(folded) && !kept.has(server) {
		l.fail(errDamaged)
		return
	}
	t.spans = append(t.spans, kept)
	t.live++
	if kept.has(server) {
		r := l.request(s.newServing(), &kept)
		r.span = t.live
		t.addRequest(r)
	}
}

func (l *loader) details() *details {
	d := &details{}
	for range l.count() {
		a := request.Attribute{Key: l.text().Value()}
		l.flags(&a.Internal, &a.Server)
		a.Ended = pcommon.Timestamp(l.number())
		a.Value = l.value()
		if l.err != nil {
			return d
		}
		d.attributes = append(d.attributes, a)
	}
	l.flags(&d.explained, &d.failure.Answered)
	for _, text := range []*string{&d.failure.Type, &d.failure.Message, &d.failure.Code} {
		*text = string(l.bytes())
	}
	d.exceptions, d.messages = int(l.number32()), int(l.number32())
	return d
}

// value reads OTLP's AnyValue.
func (l *loader) value() pcommon.Value {
	pair := appendBytes(appendString(nil, keyValueKey, "value"), keyValueValue, l.bytes())
	td := l.otlp(appendBytes(nil, resourceAttributes, pair), nil)
	if l.err != nil {
		return pcommon.NewValueEmpty()
	}
	v, _ := td.ResourceSpans().At(0).Resource().Attributes().Get("value")
	return v
}

// otlp reads a resource with one span.
func (l *loader) otlp(resource, span []byte) ptrace.Traces {
	scopes := appendBytes(nil, scopeSpansSpans, span)
	spans := appendBytes(appendBytes(nil, resourceSpansResource, resource), resourceSpansScopes, scopes)
	td, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(appendBytes(nil, tracesResourceSpans, spans))
	if err != nil {
		l.fail(errDamaged)
	}
	return td
}

// request reads the request of a SERVER span into r.
func (l *loader) request(r *serving, root *span) *serving {
	r.recording = recording{l.number(), l.number()}
	r.arrival = int64(l.number())
	r.changed, r.due, r.tried = l.time(), l.time(), l.time()
	r.version, r.taken = l.number32(), l.number32()
	l.flags(&r.offered, &r.unfinished, &r.orphaned, &r.incomplete, &r.closed, &r.skipped)
	resource := l.text()
	td := l.otlp([]byte(resource.Value()), l.bytes())
	if l.err != nil {
		return r
	}
	if root.has(folded) && r.deferred() {
		l.fail(errDamaged)
	}
	rs := td.ResourceSpans().At(0)
	otlp := rs.ScopeSpans().At(0).Spans().At(0)
	otlp.SetSpanID(root.id)
	r.snapshot = l.values.take(r.snapshot.values[:0], rs.Resource(), otlp, l.collapser.cfg.Reads)
	return r
}

// connect hangs the spans of a trace below their parents. It reports whether they can hang
// like that.
func (t *trace) connect(parents []int32) bool {
	if len(t.spans) > smallTrace {
		t.index, t.orphans = make(map[identity]int32, len(t.spans)), map[pcommon.SpanID]int32{}
	}
	for n, parent := range parents {
		i := int32(n + 1)
		s := t.at(i)
		if parent < 0 || int(parent) > len(t.spans) || parent != 0 && s.has(server) && !s.has(folded) {
			return false
		}
		if t.index != nil && !s.id.IsEmpty() {
			t.index[s.identity] = i
		}
		if parent == 0 {
			t.chainOrphan(i)
		} else {
			t.attach(i, parent)
		}
	}
	reached := 0
	for n := range t.spans {
		i := int32(n + 1)
		if s := t.at(i); s.parent == 0 {
			root := int32(0)
			if s.has(server) && !s.has(folded) {
				root = i
			}
			reached += t.setRoots(i, root)
		}
	}
	return reached == len(t.spans) // no span hangs below itself
}

// setRoots gives a span and all below it to a request and returns how many they are.
func (t *trace) setRoots(i, root int32) (reached int) {
	for stack := []int32{i}; len(stack) > 0; reached++ {
		s := t.at(stack[len(stack)-1])
		stack = stack[:len(stack)-1]
		s.root = root
		for child := s.child; child != 0; child = t.at(child).next {
			stack = append(stack, child)
		}
	}
	return reached
}
