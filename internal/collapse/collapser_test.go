package collapse

import (
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"canonicallineexporter/internal/oteltest"
)

var arrival = time.Date(2023, 5, 12, 13, 14, 15, 0, time.UTC)

func config() Config {
	return Config{
		MaxPendingSpans: 1_000_000, PendingTTL: time.Minute, AmendWindow: 30 * time.Second,
		DescendantPrefix: "canonical.", InternalKeys: []string{"user.id", "http.route"},
	}
}

// ledger adds up outcomes.
type ledger struct{ Outcomes }

// requireBalanced fails unless every span that was received has an outcome or waits.
func (l *ledger) requireBalanced(t *testing.T, c *Collapser) {
	t.Helper()
	c.mu.Lock()
	carried := c.outcomes.Attached
	c.mu.Unlock()
	done := carried + l.Attached + l.Unrelated + l.Late + l.Duplicates + l.Evicted + l.Expired
	require.EqualValues(t, l.Others, int64(done)+c.Pending(), "%+v", *l)
}

func TestCollapser_RealTraces_CostWhatThePlainModelSays(t *testing.T) {
	t.Parallel()
	for _, file := range oteltest.Captures(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			c := New(config())
			m := &model{reader: c.reader}
			var ledger ledger
			lines := newest{}
			for _, td := range oteltest.ReadExports(t, file) {
				m.add(td)
				d := c.Enter(td, arrival)
				lines.take(d)
				ledger.add(d.Acknowledge())
				d.Release()
				ledger.requireBalanced(t, c)
			}
			require.Equal(t, m.costs(), lines.costs())
		})
	}
}

// FuzzCollapser delivers random forests, shuffled and split over exports, from several
// goroutines, each export refused at times and redelivered, some of them twice. However
// they come, the newest line of every request is the one that the plain model makes of all
// spans.
func FuzzCollapser(f *testing.F) {
	for seed := range uint64(300) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		t.Parallel()
		random := rand.New(rand.NewPCG(seed, 0))
		c := New(config())
		m := &model{reader: c.reader}
		var mu sync.Mutex
		var ledger ledger
		lines := newest{}
		exports := forest(random)
		for _, td := range exports {
			m.add(td)
		}
		exports = append(exports, exports[random.IntN(len(exports))])
		random.Shuffle(len(exports), func(i, j int) { exports[i], exports[j] = exports[j], exports[i] })
		var group sync.WaitGroup
		for i, td := range exports {
			refusals := random.IntN(3)
			deliver := func() {
				for refused := 0; ; refused++ {
					d := c.Enter(td, arrival.Add(time.Duration(i)))
					if refused == refusals {
						mu.Lock()
						lines.take(d)
						ledger.add(d.Acknowledge())
						mu.Unlock()
						d.Release()
						return
					}
					d.Release()
				}
			}
			if seed%2 == 0 {
				deliver()
			} else {
				group.Go(deliver)
			}
		}
		group.Wait()
		for _, after := range []time.Duration{2 * parentWait, 1 * time.Hour, 2 * time.Hour, 3 * time.Hour, 4 * time.Hour, 5 * time.Hour} {
			d := c.Sweep(arrival.Add(after))
			lines.take(d)
			ledger.add(d.Acknowledge())
			d.Release()
			ledger.requireBalanced(t, c)
			if after == 2*parentWait {
				require.Equal(t, m.certain(m.costs()), m.certain(lines.costs()))
			}
		}
		for key, cost := range m.certain(m.costs()) {
			got := lines[key].Descendants.Cost
			require.True(t, got.Incomplete || got.Spans >= cost.Spans)
		}
		require.Zero(t, c.Pending())
		require.Zero(t, c.Amendable())
		require.Zero(t, c.held.Load())
		require.Zero(t, c.bytes.Load())
		ledger.requireBalanced(t, c)
	})
}

// forest is a few traces of random spans: SERVER spans inside each other,
// CONSUMER spans, roots of all kinds, cycles, spans that are their own parent,
// zero ids, parents that never come, spans that come twice.
func forest(random *rand.Rand) []ptrace.Traces {
	exports := make([]ptrace.Traces, 1+random.IntN(4))
	const processes = 2
	spans := make([][processes]ptrace.SpanSlice, len(exports))
	for i := range exports {
		exports[i] = ptrace.NewTraces()
		for p := range processes {
			rs := exports[i].ResourceSpans().AppendEmpty()
			rs.Resource().Attributes().PutStr("service.name", string(rune('a'+p)))
			spans[i][p] = rs.ScopeSpans().AppendEmpty().Spans()
		}
	}
	var all []ptrace.Span
	used := map[spanIdentity]map[bool]bool{}
	for trace := range 1 + random.IntN(3) {
		for i := range random.IntN(40) {
			s := randomSpan(random, byte(trace+1), byte(i+1), random.IntN(i+3))
			// No two spans are the same one.
			known := spanIdentity{s.TraceID(), s.SpanID()}
			entry := s.Kind() == ptrace.SpanKindServer || s.Kind() == ptrace.SpanKindConsumer
			if !used[known][entry] {
				if used[known] == nil {
					used[known] = map[bool]bool{}
				}
				used[known][entry] = !s.SpanID().IsEmpty()
				all = append(all, s)
			}
		}
	}
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for i, s := range all {
		e, p := random.IntN(len(exports)), min(random.IntN(8), 1)
		s.CopyTo(spans[e][p].AppendEmpty())
		if again := e + random.IntN(2); i%7 == 0 && again < len(exports) {
			s.CopyTo(spans[again][p].AppendEmpty())
		}
	}
	return exports
}

func randomSpan(random *rand.Rand, trace, id byte, parent int) ptrace.Span {
	s := ptrace.NewSpan()
	s.SetTraceID(pcommon.TraceID{15: trace})
	s.SetSpanID(pcommon.SpanID{7: id})
	s.SetParentSpanID(pcommon.SpanID{7: byte(parent)})
	switch random.IntN(30) {
	case 0:
		s.SetSpanID(pcommon.SpanID{})
	case 1:
		s.SetParentSpanID(s.SpanID())
	case 2:
		s.SetParentSpanID(pcommon.SpanID{7: byte(random.IntN(40))}) // a cycle, perhaps
	case 3:
		s.SetParentSpanID(pcommon.SpanID{0: 1}) // never comes
	case 4:
		s.SetSpanID(s.ParentSpanID()) // shared by a call and its answer, perhaps
	}
	start := 1000 + random.IntN(50)
	s.SetStartTimestamp(pcommon.Timestamp(start))
	s.SetEndTimestamp(pcommon.Timestamp(start + random.IntN(50)))
	if random.IntN(5) == 0 {
		s.Status().SetCode(ptrace.StatusCodeError)
	}
	kinds := []ptrace.SpanKind{
		ptrace.SpanKindServer, ptrace.SpanKindConsumer, ptrace.SpanKindProducer,
		ptrace.SpanKindInternal, ptrace.SpanKindClient, ptrace.SpanKindClient, ptrace.SpanKindClient,
	}
	s.SetKind(kinds[random.IntN(len(kinds))])
	s.SetFlags(0x100) // it claims a local parent
	if s.Kind() == ptrace.SpanKindServer && s.SpanID().IsEmpty() {
		s.SetSpanID(pcommon.SpanID{7: id})
	}
	a := s.Attributes()
	switch random.IntN(6) {
	case 0, 1:
		a.PutStr("db.system.name", "postgresql")
		a.PutStr("db.query.text", []string{"SELECT 1", "SELECT 'a'", "COMMIT"}[random.IntN(3)])
	case 2:
		s.SetName("pool.acquire")
		a.PutStr("db.system.name", "postgresql")
	case 3:
		a.PutStr("http.request.method", "GET")
	case 4:
		a.PutStr("rpc.system.name", "grpc")
	case 5:
		a.PutStr("messaging.system", "kafka")
		a.PutInt("messaging.batch.message_count", random.Int64N(5))
	}
	return s
}
