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
	// archive holds the other traces, packed.
	archive archive
	// done remembers spans that are no longer kept.
	done memory[*doneTrace]
	// bereft remembers spans that had a child evicted.
	bereft memory[struct{}]
	// unused and unusedServings are to be used again.
	unused         []*trace
	unusedServings []*serving
	// due is when something has to be done about a trace, in nanoseconds; never: not at
	// all. It is read without the lock.
	due atomic.Int64
}

const (
	// maxUnused bounds the traces and the requests that a shard keeps for use.
	maxUnused = 256
	// maxUnusedSnapshot bounds the memory of each of these requests, in bytes.
	maxUnusedSnapshot = 2 << 10
)

// newTrace makes a trace with room for so many spans.
func (s *shard) newTrace(id pcommon.TraceID, spans int) *trace {
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

func (s *shard) newServing() *serving {
	n := len(s.unusedServings)
	if n == 0 {
		return &serving{}
	}
	r := s.unusedServings[n-1]
	s.unusedServings = s.unusedServings[:n-1]
	return r
}

// reuse keeps a request for use that nothing refers to.
func (s *shard) reuse(r *serving) {
	if len(s.unusedServings) < maxUnused && cap(r.snapshot.values) <= maxUnusedSnapshot {
		*r = serving{snapshot: snapshot{values: r.snapshot.values[:0]}}
		s.unusedServings = append(s.unusedServings, r)
	}
}

// noteDue notes when something has to be done.
func (s *shard) noteDue() { s.due.Store(min(s.schedule.due(), s.archive.due())) }

// doneTrace returns what is remembered of a trace, which may be kept; nil if nothing is.
func (s *shard) doneTrace(t *trace, id pcommon.TraceID) *doneTrace {
	if t != nil {
		return t.done
	}
	done, _ := s.done.get(memoryKey{trace: id})
	return done
}
