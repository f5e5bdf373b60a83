package collapse

import (
	"math"
	"sync"
	"sync/atomic"
)

// shard is what is known of some of the traces. A busy trace holds up the few
// that share its shard, and those for no longer than one request takes.
type shard struct {
	mu      sync.Mutex
	pending pending
	// resolved are spans that have got their fate, by key: whether it was to
	// belong to a request. CLIENT and PRODUCER spans, which rarely have children
	// that are left over, are not among them.
	resolved memory[bool]
	// bereft are spans that had a child evicted.
	bereft memory[struct{}]
	// oldest is since when the oldest trace has waited, in nanoseconds;
	// math.MaxInt64 without any. It is read without the lock.
	oldest atomic.Int64
}

const never = math.MaxInt64

// resolve remembers that a span has got its fate.
func (s *shard) resolve(key spanKey, sp span, ofRequest bool) {
	if !sp.has(outgoing) {
		s.resolved.put(key, ofRequest)
	}
}

// take removes the descendants of a span, which share its fate, and returns how
// many there were.
func (s *shard) take(trace traceKey, parent spanKey, ofRequest bool) (taken int) {
	s.pending.take(trace, parent, func(key spanKey, sp span) {
		taken++
		s.resolve(key, sp, ofRequest)
	})
	s.noteOldest()
	return taken
}

// evictOldest removes the oldest trace and returns how many spans it had.
func (s *shard) evictOldest() (evicted int) {
	s.pending.evict(func(parent spanKey) {
		evicted++
		s.bereft.put(parent, struct{}{})
	})
	s.noteOldest()
	return evicted
}

func (s *shard) noteOldest() {
	if s.pending.oldest == 0 {
		s.oldest.Store(never)
		return
	}
	s.oldest.Store(s.pending.traces.at(s.pending.oldest).since)
}
