// Package collapse finds the requests in exports of spans and adds up what their
// descendants cost.
//
// A request is a SERVER span. Its descendants are the spans that lead to it through
// parent ids without passing another SERVER or CONSUMER span: a trace over three
// services has three requests. Spans of a trace come in any order and in any number of
// exports. All of them are kept, in a compact form, until nothing more is expected, and
// the line of a request is a pure function of those that are known: it goes out with its
// SERVER span at once, and again whenever a descendant comes later.
package collapse

import (
	"hash/maphash"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"canonicallineexporter/internal/request"
)

// Config says what is kept of spans and for how long.
type Config struct {
	// MaxPendingSpans is the most spans that are kept, at least 1. Over it, and over
	// 256 bytes of SERVER spans for each, the traces that are due first are evicted.
	MaxPendingSpans int
	// PendingTTL is how long spans wait for their SERVER span, counted from the latest
	// span of their trace.
	PendingTTL time.Duration
	// AmendWindow is how long after the last change of a request more of its spans make
	// its line anew; not negative.
	AmendWindow time.Duration
	// DescendantPrefix starts the attributes that descendants hand on to their request.
	DescendantPrefix string
	// InternalKeys names the attributes that INTERNAL descendants hand on beside those.
	InternalKeys []string
	// ServerKeys names the attributes that a SERVER span which is part of another's request
	// hands on beside those.
	ServerKeys []string
	// Reads reports whether lines read an attribute of SERVER spans; nil: all.
	Reads func(key string) bool
	// Skip reports of a SERVER span that the request makes no line if it is its own; nil:
	// all make one.
	Skip func(ptrace.ResourceSpans, ptrace.ScopeSpans, ptrace.Span) bool
	// Began is when spans were first received. A request that was running then may lack
	// descendants, and says so. The zero time: nothing came before.
	Began time.Time
}

// parentWait is how long a SERVER span waits for a parent that it claims to have in its
// own process.
const parentWait = 3 * time.Second

// Collapser keeps the spans of requests that are running or can be amended. It is safe
// for concurrent use.
type Collapser struct {
	cfg    Config
	reader reader
	seed   maphash.Seed
	shards [shards]shard
	// held counts the spans that are kept, bytes the memory of SERVER spans.
	held, bytes atomic.Int64
	// pending counts the spans that have no request yet, amendable the requests whose
	// line has gone out.
	pending, amendable atomic.Int64
	// deliveries numbers deliveries; unused are those to be used again.
	deliveries atomic.Uint64
	unused     sync.Pool

	// mu guards what deliveries left that were not acknowledged: what nothing else will
	// offer again, and what became of the spans of others.
	mu       sync.Mutex
	final    []finalOffer
	marks    []request.Mark
	outcomes Outcomes
}

// shards is how many traces can be worked on at once.
const shards = 64

// bytesPerSpan bounds the memory of SERVER spans for each span that may be kept.
const bytesPerSpan = 256

// never is a time after all others.
const never = math.MaxInt64

// New returns a collapser without spans.
func New(cfg Config) *Collapser {
	c := &Collapser{seed: maphash.MakeSeed()}
	c.unused.New = func() any { return &Delivery{byTrace: map[pcommon.TraceID]int32{}, walk: newWalk()} }
	for i := range c.shards {
		s := &c.shards[i]
		s.traces = map[pcommon.TraceID]*trace{}
		s.archive = newArchive()
		s.due.Store(never)
	}
	c.configure(cfg)
	return c
}

func (c *Collapser) configure(cfg Config) {
	c.cfg = cfg
	c.reader = reader{prefix: cfg.DescendantPrefix, keys: setOf(cfg.InternalKeys), serverKeys: setOf(cfg.ServerKeys), statements: newStatementCache()}
	// What is remembered of spans that are gone is bounded as they are.
	limit := max(1, cfg.MaxPendingSpans/shards)
	for i := range c.shards {
		s := &c.shards[i]
		s.done.limit, s.bereft.limit, s.archive.limit = limit, limit, limit
	}
}

func setOf(keys []string) map[string]struct{} {
	set := make(map[string]struct{}, len(keys))
	for _, key := range keys {
		set[key] = struct{}{}
	}
	return set
}

// Pending returns how many spans wait for their SERVER span.
func (c *Collapser) Pending() int64 { return c.pending.Load() }

// Amendable returns how many requests are kept so that their line can be made anew.
func (c *Collapser) Amendable() int64 { return c.amendable.Load() }

func (c *Collapser) shard(trace pcommon.TraceID) *shard {
	return &c.shards[maphash.Comparable(c.seed, trace)%shards]
}
