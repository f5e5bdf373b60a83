package e2e

import (
	"encoding/binary"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"canonicallineexporter/internal/pgtest"
)

var long = flag.Bool("long", false, "send 200,000 requests through the agent instead of 4,000")

// Services send each span of a request in any export, and the agent sends ten exports at
// once: spans come in any order.
func TestCollector_Agent_LinesAreCompleteOrMarked(t *testing.T) {
	t.Parallel()
	requests := 4000
	if *long {
		requests = 200_000
	}
	d := pgtest.New(t)
	back := start(t, settings{databaseURL: d.URL, flushTimeout: 100 * time.Millisecond, overlay: "testdata/metrics.yaml"})
	agent := launch(t, collectorBinary, []string{"--config=testdata/agent.yaml"}, "NEXT="+back.GRPC)
	require.NoError(t, agent.AwaitReady())

	const services = 4
	began := time.Now()
	var running sync.WaitGroup
	for service := range services {
		deliver := overGRPC(t, agent)
		running.Go(func() {
			random := rand.New(rand.NewPCG(7, uint64(service)))
			for first := service * requests / services; first < (service+1)*requests/services; first += 100 {
				for _, td := range scattered(first, 100, random) {
					// A full queue of the agent refuses exports.
					for deliver(t.Context(), td) != nil && t.Context().Err() == nil {
						<-time.After(time.Millisecond)
					}
				}
			}
		})
	}
	running.Wait()
	agent.terminate(t)
	took := time.Since(began)
	w := &world{t: t, ctx: t.Context(), collector: back}
	var amended float64
	for name, value := range w.metrics() {
		if strings.HasPrefix(name, "otelcol_canonical_line_amended") {
			amended = value
		}
	}
	back.terminate(t)
	drained := time.Since(began)

	require.EqualValues(t, requests, pgtest.One[int64](t, d, "SELECT count(*) FROM canonical_api_line"))
	require.EqualValues(t, requests, pgtest.One[int64](t, d, "SELECT count(DISTINCT span_id) FROM canonical_api_line"))
	require.Empty(t, pgtest.All[string](t, d, `SELECT span_id || ': ' || statistics FROM canonical_api_line
		WHERE NOT COALESCE(statistics, '{}') @> '{"spans": 4, "db_num_queries": 2, "http_num_requests": 1}'
			AND NOT COALESCE(statistics, '{}') @> '{"incomplete": true}' LIMIT 10`), "short, and not marked")
	marked := pgtest.One[int64](t, d, `SELECT count(*) FROM canonical_api_line WHERE statistics @> '{"incomplete": true}'`)
	t.Logf("%d requests taken in %s (%.0f/s), stored in %s: %.2f amendments for each line, %d lines marked",
		requests, took.Round(time.Millisecond), float64(requests)/took.Seconds(), drained.Round(time.Millisecond),
		amended/float64(requests), marked)
	require.Positive(t, amended, "no span came late")
	require.LessOrEqual(t, marked, int64(requests/1000))
}

// scattered returns requests, numbered from first, with four descendants each, in exports
// that each have any of their spans.
func scattered(first, requests int, random *rand.Rand) []ptrace.Traces {
	now := time.Now()
	all := ptrace.NewSpanSlice()
	for n := first; n < first+requests; n++ {
		add := func(id, parent byte, kind ptrace.SpanKind) ptrace.Span {
			s := all.AppendEmpty()
			s.SetTraceID(pcommon.TraceID(binary.BigEndian.AppendUint64(make([]byte, 8, 16), uint64(n+1))))
			spanID := func(id byte) (full pcommon.SpanID) {
				binary.BigEndian.PutUint64(full[:], uint64(n+1))
				full[0] = id
				return full
			}
			s.SetSpanID(spanID(id))
			if parent != 0 {
				s.SetParentSpanID(spanID(parent))
			}
			s.SetKind(kind)
			s.SetName(fmt.Sprint("span ", id))
			s.SetStartTimestamp(pcommon.NewTimestampFromTime(now))
			s.SetEndTimestamp(pcommon.NewTimestampFromTime(now.Add(time.Millisecond)))
			return s
		}
		add(1, 0, ptrace.SpanKindServer)
		add(2, 1, ptrace.SpanKindInternal)
		for _, id := range []byte{3, 4} {
			add(id, 2, ptrace.SpanKindClient).Attributes().PutStr("db.query.text", fmt.Sprint("SELECT ", id))
		}
		add(5, 1, ptrace.SpanKindClient).Attributes().PutStr("http.request.method", "GET")
	}
	order := random.Perm(all.Len())
	var exports []ptrace.Traces
	for len(order) > 0 {
		size := min(len(order), 1+random.IntN(60))
		td := ptrace.NewTraces()
		spans := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
		for _, i := range order[:size] {
			all.At(i).CopyTo(spans.AppendEmpty())
		}
		exports = append(exports, td)
		order = order[size:]
	}
	return exports
}
