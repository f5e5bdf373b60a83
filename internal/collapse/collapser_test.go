package collapse

import (
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"canonicallineexporter/internal/oteltest"
	"canonicallineexporter/internal/request"
)

var arrival = time.Date(2023, 5, 12, 13, 14, 15, 0, time.UTC)

func config() Config {
	return Config{
		MaxPendingSpans: 1_000_000, PendingTTL: time.Minute,
		DescendantPrefix: "canonical.", InternalKeys: []string{"user.id"},
	}
}

// ledger adds up outcomes.
type ledger struct {
	Outcomes
	evicted int
}

func (l *ledger) add(o Outcomes) {
	l.Servers += o.Servers
	l.Others += o.Others
	l.Attached += o.Attached
	l.Unrelated += o.Unrelated
	l.Late += o.Late
	l.Duplicates += o.Duplicates
	l.Evicted += o.Evicted
}

// requireBalanced fails unless every span received has got its fate or waits.
func (l *ledger) requireBalanced(t *testing.T, c *Collapser) {
	t.Helper()
	done := l.Attached + l.Unrelated + l.Late + l.Duplicates + l.Evicted + l.evicted
	require.EqualValues(t, l.Others, int64(done)+c.Pending(), "%+v", *l)
}

// costs are the costs of an export's requests.
func costs(x *Export) map[spanIdentity]request.Cost {
	costs := map[spanIdentity]request.Cost{}
	for _, r := range x.Requests {
		costs[spanIdentity{r.Span.TraceID(), r.Span.SpanID()}] = r.Descendants.Cost
	}
	return costs
}

func TestRealTracesCostWhatThePlainModelSays(t *testing.T) {
	t.Parallel()
	for _, file := range oteltest.Captures(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			c := New(config())
			m := &model{reader: c.reader}
			var ledger ledger
			for _, td := range oteltest.ReadExports(t, file) {
				want := m.resolve(td)
				x := c.Resolve(td, arrival)
				require.Equal(t, want, costs(x))
				ledger.add(x.Commit())
				x.Release()
				ledger.requireBalanced(t, c)
			}
		})
	}
}

// FuzzForests compares random forests, shuffled and split over exports, with the
// plain model.
func FuzzForests(f *testing.F) {
	for seed := range uint64(300) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		t.Parallel()
		random := rand.New(rand.NewPCG(seed, 0))
		c := New(config())
		m := &model{reader: c.reader}
		var ledger ledger
		for _, td := range forest(random) {
			want := m.resolve(td)
			refused := c.Resolve(td, arrival)
			pending := c.Pending()
			once := costs(refused)
			refused.Release()
			require.Equal(t, pending, c.Pending(), "a refused export leaves no trace")

			x := c.Resolve(td, arrival)
			got := costs(x)
			require.Equal(t, once, got, "and yields the same again")
			for key, cost := range want {
				require.Equal(t, cost, got[key])
			}
			ledger.add(x.Commit())
			x.Release()
			ledger.requireBalanced(t, c)
		}
		ledger.evicted = c.Sweep(arrival.Add(time.Hour))
		require.Zero(t, c.Pending())
		ledger.requireBalanced(t, c)
	})
}

// forest is a few traces of random spans: SERVER spans inside each other,
// CONSUMER spans, roots of all kinds, cycles, spans that are their own parent,
// zero ids, parents that never come, spans that come twice.
func forest(random *rand.Rand) []ptrace.Traces {
	exports := make([]ptrace.Traces, 1+random.IntN(4))
	spans := make([]ptrace.SpanSlice, len(exports))
	for i := range exports {
		exports[i] = ptrace.NewTraces()
		spans[i] = exports[i].ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
	}
	var all []ptrace.Span
	for trace := range 1 + random.IntN(3) {
		for i := range random.IntN(40) {
			s := randomSpan(random, byte(trace+1), byte(i+1), random.IntN(i+3))
			all = append(all, s)
		}
	}
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for i, s := range all {
		e := random.IntN(len(exports))
		s.CopyTo(spans[e].AppendEmpty())
		if again := e + random.IntN(2); i%7 == 0 && again < len(exports) && s.Kind() != ptrace.SpanKindServer {
			s.CopyTo(spans[again].AppendEmpty())
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
