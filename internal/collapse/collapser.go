// Package collapse finds the requests in exports of spans and adds up what their
// descendants cost.
//
// A request is a SERVER span. Its descendants are the spans that lead to it
// through parent ids without passing another SERVER or CONSUMER span: a trace
// over three services is three requests. Descendants end first and mostly arrive
// with or before their SERVER span; they wait until it comes, and the request is
// complete at once.
package collapse

import (
	"hash/maphash"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// Config says what is kept of descendants and for how long.
type Config struct {
	// MaxPendingSpans is the most spans that wait, at least 1; the oldest traces
	// are evicted first.
	MaxPendingSpans int
	// PendingTTL is how long a trace's spans wait, counted from the first.
	PendingTTL time.Duration
	// DescendantPrefix starts the attributes that descendants hand on to their request.
	DescendantPrefix string
	// InternalKeys are the attributes that INTERNAL descendants hand on, beside
	// those.
	InternalKeys []string
}

// Collapser keeps the spans that wait for their SERVER span. It is safe for
// concurrent use.
type Collapser struct {
	cfg    Config
	reader reader
	key    keyer
	shards [shards]shard
	// pending counts the spans that wait, those about to among them.
	pending atomic.Int64
	// newest is the latest time a trace was given, each another, for eviction to
	// have an order.
	newest atomic.Int64
}

// shards is how many traces can be worked on at once.
const shards = 64

// New returns a collapser without spans.
func New(cfg Config) *Collapser {
	c := &Collapser{
		cfg: cfg, key: keyer{maphash.MakeSeed()},
		reader: reader{prefix: cfg.DescendantPrefix, keys: map[string]struct{}{}, statements: newStatementCache()},
	}
	for _, key := range cfg.InternalKeys {
		c.reader.keys[key] = struct{}{}
	}
	// What is remembered of spans that are gone is bounded as they are.
	limit := max(1, cfg.MaxPendingSpans/shards)
	for i := range c.shards {
		s := &c.shards[i]
		s.pending = newPending(c.key)
		s.resolved.limit, s.bereft.limit = limit, limit
		s.oldest.Store(never)
	}
	return c
}

// Pending is how many spans wait for their SERVER span.
func (c *Collapser) Pending() int64 { return c.pending.Load() }

// Sweep evicts the traces that have waited for longer than the TTL and returns
// how many spans that was.
func (c *Collapser) Sweep(now time.Time) (evicted int) {
	horizon := now.Add(-c.cfg.PendingTTL).UnixNano()
	for i := range c.shards {
		s := &c.shards[i]
		for s.oldest.Load() < horizon {
			evicted += c.evictFrom(s, horizon)
		}
	}
	return evicted
}

// traceKey and spanKey are hashes that stand for a trace and for a span of it: a
// word each, and safe from a client that would have ids collide. Two are the
// same by chance once in 2^64.
type (
	traceKey uint64
	spanKey  uint64
)

// keyer makes keys.
type keyer struct{ seed maphash.Seed }

func (k keyer) trace(id pcommon.TraceID) traceKey {
	return traceKey(maphash.Comparable(k.seed, id))
}

func (k keyer) span(trace traceKey, id pcommon.SpanID) spanKey {
	return spanKey(maphash.Comparable(k.seed, struct {
		trace traceKey
		id    pcommon.SpanID
	}{trace, id}))
}

func (c *Collapser) shard(trace traceKey) *shard { return &c.shards[trace%shards] }

// stamp is the time from which a trace waits.
func (c *Collapser) stamp(arrival time.Time) int64 {
	for {
		newest := c.newest.Load()
		stamp := max(arrival.UnixNano(), newest+1)
		if c.newest.CompareAndSwap(newest, stamp) {
			return stamp
		}
	}
}

// reserve makes room for one more span, at the expense of the oldest traces. It
// is not ok if there is no room to make. No lock of a shard may be held.
func (c *Collapser) reserve() (evicted int, ok bool) {
	for c.pending.Add(1) > int64(c.cfg.MaxPendingSpans) {
		c.pending.Add(-1)
		oldest := &c.shards[0]
		for i := range c.shards {
			if c.shards[i].oldest.Load() < oldest.oldest.Load() {
				oldest = &c.shards[i]
			}
		}
		n := c.evictFrom(oldest, never)
		if n == 0 {
			return evicted, false
		}
		evicted += n
	}
	return evicted, true
}

// evictFrom evicts the oldest trace of the shard, if it has one from before the
// horizon.
func (c *Collapser) evictFrom(s *shard, horizon int64) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.oldest.Load() >= horizon {
		return 0
	}
	evicted := s.evictOldest()
	c.pending.Add(-int64(evicted))
	return evicted
}
