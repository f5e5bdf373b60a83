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
	t.id, t.due = id, never
	t.done, _ = s.done.get(memoryKey{trace: id})
	s.traces[id] = t
	return t
}

// remove forgets a trace of which nothing is left to do.
func (s *shard) remove(t *trace) {
	delete(s.traces, t.id)
	// One large trace must not hold its memory for ever.
	if len(s.unused) < maxUnused && cap(t.spans) <= smallTrace {
		t.clear()
		*t = trace{spans: t.spans, requests: t.requests, due: never}
		s.unused = append(s.unused, t)
		return
	}
	*t = trace{due: never}
}

// doneTrace returns what is remembered of a trace, which may be kept; nil if nothing is.
func (s *shard) doneTrace(t *trace, id pcommon.TraceID) *doneTrace {
	if t != nil {
		return t.done
	}
	done, _ := s.done.get(memoryKey{trace: id})
	return done
}
