package collapse

import (
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// shard holds some of the traces. A busy trace holds up the few that share its shard,
// and those for no longer than one export takes.
type shard struct {
	mu       sync.Mutex
	traces   map[pcommon.TraceID]*trace
	schedule schedule
	// done remembers spans that are no longer kept.
	done memory[*doneTrace]
	// bereft remembers spans that had a child evicted.
	bereft memory[struct{}]
	// unused are traces to be used again.
	unused []*trace
	// due is when something has to be done about a trace, in nanoseconds; never: not at
	// all. It is read without the lock.
	due atomic.Int64
}

// maxUnused bounds the traces that a shard keeps for use.
const maxUnused = 256

// trace returns the trace of this id and makes it if it is not kept.
func (s *shard) trace(id pcommon.TraceID, spans int) *trace {
	if t := s.traces[id]; t != nil {
		return t
	}
	t := &trace{}
	if n := len(s.unused); n > 0 {
		t, s.unused = s.unused[n-1], s.unused[:n-1]
	}
	if cap(t.spans) < spans {
		t.spans = make([]span, 0, spans)
	}
	t.id, t.due, t.place = id, never, -1
	s.traces[id] = t
	return t
}

// remove forgets a trace of which nothing is left to do.
func (s *shard) remove(t *trace) {
	delete(s.traces, t.id)
	s.schedule.remove(t)
	// One large trace must not hold its memory for ever.
	if len(s.unused) < maxUnused && cap(t.spans) <= smallTrace {
		t.clear()
		*t = trace{spans: t.spans, requests: t.requests}
		s.unused = append(s.unused, t)
	}
}

// reschedule has the trace looked at when it is due, if that is sooner than planned.
func (s *shard) reschedule(t *trace, due int64) {
	if due < t.due {
		s.schedule.set(t, due)
	}
	s.noteDue()
}

func (s *shard) noteDue() { s.due.Store(s.schedule.due()) }

// schedule is a heap of traces by when they are due.
type schedule []*trace

// due returns when the first of the traces is due.
func (h schedule) due() int64 {
	if len(h) == 0 {
		return never
	}
	return h[0].due
}

// set plans the trace for another time.
func (h *schedule) set(t *trace, due int64) {
	t.due = due
	if t.place < 0 {
		t.place = len(*h)
		*h = append(*h, t)
	}
	h.down(h.up(t.place))
}

func (h *schedule) remove(t *trace) {
	if t.place < 0 {
		return
	}
	last := len(*h) - 1
	i := t.place
	h.swap(i, last)
	(*h)[last] = nil
	*h = (*h)[:last]
	t.place, t.due = -1, never
	if i < last {
		h.down(h.up(i))
	}
}

func (h schedule) up(i int) int {
	for i > 0 && h[i].due < h[(i-1)/2].due {
		h.swap(i, (i-1)/2)
		i = (i - 1) / 2
	}
	return i
}

func (h schedule) down(i int) {
	for {
		least := i
		for _, child := range [...]int{2*i + 1, 2*i + 2} {
			if child < len(h) && h[child].due < h[least].due {
				least = child
			}
		}
		if least == i {
			return
		}
		h.swap(i, least)
		i = least
	}
}

func (h schedule) swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}
