package collapse

import (
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"canonicallineexporter/internal/request"
)

// memory holds the newest of what is put into it: at least limit, at most twice as much.
// It forgets the oldest first.
type memory[V any] struct {
	limit            int
	recent, previous map[memoryKey]V
	// weight is that of recent.
	weight int
}

// memoryKey is a trace, or a span of it.
type memoryKey struct {
	trace pcommon.TraceID
	span  pcommon.SpanID
}

// put remembers v, which counts as much as its weight.
func (m *memory[V]) put(key memoryKey, v V, weight int) {
	if m.recent == nil {
		m.recent = map[memoryKey]V{}
	}
	m.recent[key] = v
	m.weight += weight
	if m.weight >= m.limit {
		// The map of what is forgotten takes the next keys, unless it grew far too large.
		m.recent, m.previous = m.previous, m.recent
		if m.weight > 4*m.limit {
			m.recent = nil
		}
		clear(m.recent)
		m.weight = 0
	}
}

func (m *memory[V]) get(key memoryKey) (V, bool) {
	if v, ok := m.recent[key]; ok {
		return v, true
	}
	v, ok := m.previous[key]
	return v, ok
}

func (m *memory[V]) empty() bool { return len(m.recent) == 0 && len(m.previous) == 0 }

// doneTrace is what is remembered of the spans of a trace that are no longer kept.
type doneTrace struct {
	owners []*owner
	spans  []doneSpan
	// index finds spans once there are many.
	index map[identity]int32
	// added is how many came since the trace was put into the memory.
	added int
}

// maxDone bounds the spans that are remembered of one trace.
const maxDone = 1 << 16

// owner is a request that can no longer be made anew, or what belongs to none.
type owner struct {
	request.Mark
	// none says that it is not a request.
	none bool
	// marked says that the queue has its mark.
	marked     bool
	process    process
	start, end pcommon.Timestamp
}

// doneSpan is a span that is no longer kept.
type doneSpan struct {
	identity
	outgoing, late bool
	owner          *owner
}

func (d *doneTrace) add(s doneSpan) {
	if len(d.spans) == maxDone {
		d.spans, d.index = slices.Clone(d.spans[maxDone/2:]), nil
	}
	d.spans = append(d.spans, s)
	d.added++
	switch {
	case d.index != nil:
		d.index[s.identity] = int32(len(d.spans))
	case len(d.spans) > smallTrace:
		d.index = make(map[identity]int32, 2*len(d.spans))
		for i, s := range d.spans {
			d.index[s.identity] = int32(i + 1)
		}
	}
}

// find returns what is remembered of a span, nil if nothing is.
func (d *doneTrace) find(id identity) *doneSpan {
	if d == nil || id.id.IsEmpty() {
		return nil
	}
	if d.index != nil {
		if i := d.index[id]; i != 0 {
			return &d.spans[i-1]
		}
		return nil
	}
	for i := range d.spans {
		if d.spans[i].identity == id {
			return &d.spans[i]
		}
	}
	return nil
}

// addOwner returns a new owner. Those of spans that are no longer remembered go.
func (d *doneTrace) addOwner(o owner) *owner {
	if len(d.owners) == maxDone/2 {
		d.owners = slices.Clone(d.owners[maxDone/4:])
	}
	d.owners = append(d.owners, &o)
	return &o
}
