package e2e

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"canonicallineexporter/internal/pgtest"
)

// pipelinesBinary is a collector with the processors of docs/pipelines.md.
var pipelinesBinary = built("pipelines", "pipelines/otelcol-pipelines")

// example returns the example of a section of docs/pipelines.md.
func example(t *testing.T, section string) string {
	t.Helper()
	text, err := os.ReadFile("../docs/pipelines.md")
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(text), "\n## "+section+"\n")
	require.True(t, found, section)
	rest, _, _ = strings.Cut(rest, "\n## ")
	_, rest, found = strings.Cut(rest, "```yaml\n")
	require.True(t, found, section)
	rest, _, _ = strings.Cut(rest, "```")
	return rest
}

// behind is a collector that writes lines, and one before it with a processor.
type behind struct {
	*pgtest.Database
	front, back collector
	deliver     send
}

// startBehind starts both. The processor is configured by the text, none if it is empty.
func startBehind(t *testing.T, processor, configuration string, backSettings settings, args ...string) behind {
	t.Helper()
	b := behind{Database: pgtest.New(t)}
	backSettings.databaseURL = b.URL
	if backSettings.flushTimeout == 0 {
		backSettings.flushTimeout = 20 * time.Millisecond
	}
	if backSettings.overlay == "" {
		backSettings.overlay = "testdata/metrics.yaml"
	}
	b.back = start(t, backSettings)
	file := filepath.Join(t.TempDir(), "pipeline.yaml")
	require.NoError(t, os.WriteFile(file, []byte(configuration), 0o600))
	args = append([]string{"--config=testdata/pipelines/front.yaml", "--config=" + file}, args...)
	if processor != "" {
		args = append(args, "--set=service::pipelines::traces::processors=["+processor+"]")
	}
	b.front = launch(t, pipelinesBinary, args, "NEXT="+b.back.GRPC)
	require.NoError(t, b.front.AwaitReady())
	b.deliver = overGRPC(t, b.front)
	return b
}

// stop ends both, the one in front first, which has it send what it holds.
func (b behind) stop(t *testing.T) {
	t.Helper()
	b.front.terminate(t)
	b.back.terminate(t)
}

// stored returns the number of lines.
func (b behind) stored(t *testing.T) int {
	t.Helper()
	return int(pgtest.One[int64](t, b.Database, "SELECT count(*) FROM canonical_api_line"))
}

// withQueries is an export of a numbered request to a route, and of two queries of it.
func withQueries(n int, route string) ptrace.Traces {
	td := numbered(n)
	spans := td.ResourceSpans().At(0).ScopeSpans().At(0).Spans()
	server := spans.At(0)
	server.Attributes().PutStr("http.route", route)
	for query := range byte(2) {
		s := spans.AppendEmpty()
		s.SetTraceID(server.TraceID())
		s.SetParentSpanID(server.SpanID())
		s.SetSpanID(pcommon.SpanID{0: 2 + query, 6: byte(n >> 8), 7: byte(n)})
		s.SetKind(ptrace.SpanKindClient)
		s.SetStartTimestamp(server.StartTimestamp())
		s.SetEndTimestamp(server.EndTimestamp())
		s.Attributes().PutStr("db.system.name", "postgresql")
		s.Attributes().PutStr("db.query.text", "SELECT 1")
	}
	return td
}

// server returns the SERVER span of a numbered request.
func server(td ptrace.Traces) ptrace.Span {
	return td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0)
}

func TestPipelines_Batch_LosesWhatIsRefused(t *testing.T) {
	t.Parallel()
	for name, processor := range map[string]string{"with batch": "batch", "without": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := startBehind(t, processor, strings.Replace(example(t, "batch"), "200ms", "1ms", 1), settings{overlay: "testdata/pipelines/small-queue.yaml"})
			b.Close(t)
			acknowledged := 0
			for n := range 50 {
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				if b.deliver(ctx, numbered(n)) == nil {
					acknowledged++
				}
				cancel()
			}
			b.front.terminate(t)
			b.Open(t)
			b.Await(t, "SELECT count(*) > 0 FROM canonical_api_line")
			b.back.terminate(t)
			if processor == "" {
				require.Equal(t, acknowledged, b.stored(t))
				require.Less(t, acknowledged, 50)
				return
			}
			require.Equal(t, 50, acknowledged)
			require.Less(t, b.stored(t), 50)
		})
	}
}

func TestPipelines_Filter_ServerSpan_LeavesDescendantsWaiting(t *testing.T) {
	t.Parallel()
	b := startBehind(t, "filter", example(t, "filter"), settings{})
	require.NoError(t, b.deliver(t.Context(), withQueries(1, "/healthz")))
	require.NoError(t, b.deliver(t.Context(), withQueries(2, "/things")))
	b.Await(t, "SELECT count(*) = 1 FROM canonical_api_line WHERE http_route = '/things' AND statistics->>'db_num_queries' = '2'")
	b.back.awaitMetric(t, "otelcol_canonical_line_spans_pending", is(2))
	b.stop(t)
	require.Equal(t, 1, b.stored(t))
}

func TestPipelines_Filter_Descendants_AreMissing(t *testing.T) {
	t.Parallel()
	b := startBehind(t, "filter", `processors: {filter: {traces: {span: ['attributes["db.system.name"] != nil']}}}`, settings{})
	td := withQueries(1, "/things")
	// A request that began before the collector would be incomplete anyway.
	server(td).SetStartTimestamp(pcommon.NewTimestampFromTime(time.Now()))
	server(td).SetEndTimestamp(pcommon.NewTimestampFromTime(time.Now().Add(time.Millisecond)))
	require.NoError(t, b.deliver(t.Context(), td))
	b.Await(t, "SELECT count(*) = 1 FROM canonical_api_line WHERE statistics->>'db_num_queries' IS NULL AND statistics->>'incomplete' IS NULL")
	b.stop(t)
}

func TestPipelines_Attributes_SetColumns(t *testing.T) {
	t.Parallel()
	b := startBehind(t, "attributes", example(t, "attributes"), settings{})
	td := numbered(1)
	server(td).Attributes().PutStr("app.tenant.id", "0190b2b8-7d2c-7000-8000-000000000001")
	require.NoError(t, b.deliver(t.Context(), td))
	b.Await(t, "SELECT count(*) = 1 FROM canonical_api_line WHERE account_id = '0190b2b8-7d2c-7000-8000-000000000001'")
	b.stop(t)
}

func TestPipelines_Transform_SetsTheRoute(t *testing.T) {
	t.Parallel()
	b := startBehind(t, "transform", example(t, "transform"), settings{})
	for n, path := range []string{"/users/17", "/users/18", "/teams/1"} {
		td := numbered(n)
		server(td).SetName("GET")
		server(td).Attributes().PutStr("url.path", path)
		server(td).Attributes().PutStr("http.request.method", "GET")
		require.NoError(t, b.deliver(t.Context(), td))
	}
	b.Await(t, "SELECT count(*) = 3 AND count(*) FILTER (WHERE http_route = '/users/{id}') = 2 FROM canonical_api_line")
	b.stop(t)
}

func TestPipelines_Redaction_LetsCanonicalAttributesPass(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ configuration, want string }{
		"as in the example": {example(t, "redaction"), "account_id IS NOT NULL"},
		"without":           {strings.Replace(example(t, "redaction"), `"^canonical[.]"`, "", 1), "account_id IS NULL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := startBehind(t, "redaction", tt.configuration, settings{})
			td := numbered(1)
			server(td).Attributes().PutStr("canonical.account_id", "0190b2b8-7d2c-7000-8000-000000000001")
			server(td).Attributes().PutStr("http.route", "/things")
			require.NoError(t, b.deliver(t.Context(), td))
			b.Await(t, "SELECT count(*) = 1 FROM canonical_api_line WHERE http_route = '/things' AND "+tt.want)
			b.stop(t)
		})
	}
}

// sampled sends so many requests with random trace ids through a sampler, one in ten failed, and
// returns how many the lines say there were.
func (b behind) sampled(t *testing.T, requests int) (adjusted float64) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	td := ptrace.NewTraces()
	for n := range requests {
		span := server(numbered(n))
		var id pcommon.TraceID
		for i := range id {
			id[i] = byte(random.Uint32())
		}
		span.SetTraceID(id)
		if n%10 == 0 {
			span.Status().SetCode(ptrace.StatusCodeError)
		}
		span.CopyTo(td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty())
	}
	require.NoError(t, b.deliver(t.Context(), td))
	b.Await(t, "SELECT count(*) > 0 FROM canonical_api_line")
	b.stop(t)
	require.Less(t, b.stored(t), requests/2)
	return pgtest.One[float64](t, b.Database, "SELECT sum(adjusted_count) FROM canonical_api_line")
}

func TestPipelines_ProbabilisticSampler_KeepsTheRate(t *testing.T) {
	t.Parallel()
	b := startBehind(t, "probabilistic_sampler", example(t, "probabilistic_sampler"), settings{})
	require.InDelta(t, 1000, b.sampled(t, 1000), 150)
	require.Equal(t, []float64{4}, pgtest.All[float64](t, b.Database, "SELECT DISTINCT adjusted_count FROM canonical_api_line"))
}

func TestPipelines_TailSampling_KeepsTheRateWithItsGate(t *testing.T) {
	t.Parallel()
	configuration := strings.Replace(example(t, "tail_sampling"), "10s", "50ms", 1)
	for name, tt := range map[string]struct {
		args []string
		want float64
	}{
		"with the gate": {[]string{"--feature-gates=processor.tailsamplingprocessor.usetracestate"}, 1000},
		"without":       {nil, 325},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := startBehind(t, "tail_sampling", configuration, settings{}, tt.args...)
			require.InDelta(t, tt.want, b.sampled(t, 1000), tt.want*0.15)
		})
	}
}

func TestPipelines_GroupByTrace_ChangesNoLine(t *testing.T) {
	t.Parallel()
	b := startBehind(t, "groupbytrace", strings.Replace(example(t, "groupbytrace"), "1s", "50ms", 1), settings{})
	require.NoError(t, b.deliver(t.Context(), queryOf(1)))
	require.NoError(t, b.deliver(t.Context(), numbered(1)))
	b.Await(t, "SELECT count(*) = 1 FROM canonical_api_line WHERE statistics->>'db_num_queries' = '1'")
	b.stop(t)
}

func TestPipelines_WithoutQueue_AnExportFailsWithItsLines(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	file := filepath.Join(t.TempDir(), "failover.yaml")
	require.NoError(t, os.WriteFile(file, []byte(example(t, "failover")), 0o600))
	c := start(t, settings{databaseURL: d.URL, flushTimeout: hour, overlay: file})
	deliver := overGRPC(t, c)
	require.NoError(t, deliver(t.Context(), numbered(1)))
	require.EqualValues(t, 1, pgtest.One[int64](t, d, "SELECT count(*) FROM canonical_api_line"), "it is written by then")
	d.Close(t)
	require.Error(t, deliver(t.Context(), numbered(2)))
	require.NotContains(t, c.awaitStatus(t, "StatusRecoverableError"), "queue")
	d.Open(t)
	require.Eventually(t, func() bool { return deliver(t.Context(), numbered(2)) == nil }, time.Minute, 100*time.Millisecond)
	require.EqualValues(t, 2, pgtest.One[int64](t, d, "SELECT count(*) FROM canonical_api_line"))
	c.terminate(t)
}

// tiers starts a front collector of examples/two-tier and as many back collectors as it knows.
func tiers(t *testing.T, d *pgtest.Database) (front collector, backs []collector, directories []string) {
	t.Helper()
	for range 2 {
		directories = append(directories, t.TempDir())
		backs = append(backs, startExample(t, collectorBinary, "two-tier/back.yaml", "DATABASE_URL="+d.URL,
			"QUEUE_DIRECTORY="+directories[len(directories)-1]))
	}
	front = startExample(t, frontBinary, "two-tier/front.yaml", "BACK_1="+backs[0].GRPC, "BACK_2="+backs[1].GRPC,
		"QUEUE_DIRECTORY="+t.TempDir())
	return front, backs, directories
}

// The back collector is away for four seconds, while services go on sending.
func TestPipelines_LoadBalancing_BackRestarts_LosesNothing(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	front, backs, directories := tiers(t, d)
	deliver := overGRPC(t, front)
	sent := 0
	sendFor := func(period time.Duration) {
		for end := time.After(period); ; {
			select {
			case <-end:
				return
			case <-time.After(5 * time.Millisecond):
				require.NoError(t, deliver(t.Context(), withQueries(sent, "/things")))
				sent++
			}
		}
	}
	sendFor(time.Second)
	stopped := make(chan error, 1)
	go func() { stopped <- backs[0].Terminate() }()
	sendFor(4 * time.Second)
	require.NoError(t, <-stopped)
	back := launch(t, collectorBinary, []string{"--config=../examples/two-tier/back.yaml", "--set=service.telemetry.metrics.level=none"},
		"DATABASE_URL="+d.URL, "QUEUE_DIRECTORY="+directories[0], "OTLP_GRPC_ENDPOINT="+backs[0].GRPC)
	require.NoError(t, back.AwaitReady())
	sendFor(time.Second)
	require.Eventually(t, func() bool {
		return pgtest.One[int64](t, d, "SELECT count(*) FROM canonical_api_line") == int64(sent)
	}, time.Minute, 100*time.Millisecond)
	front.terminate(t)
	back.terminate(t)
	backs[1].terminate(t)
	require.EqualValues(t, sent, pgtest.One[int64](t, d, "SELECT count(*) FROM canonical_api_line WHERE statistics->>'db_num_queries' = '2'"))
}

func TestPipelines_LoadBalancing_BackendsChange_EveryLineIsThereOnce(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	front, backs, _ := tiers(t, d)
	third := startExample(t, collectorBinary, "two-tier/back.yaml", "DATABASE_URL="+d.URL, "QUEUE_DIRECTORY="+t.TempDir())
	exports := split(1000)
	deliver := overGRPC(t, front)
	require.NoError(t, deliver(t.Context(), exports[0]))
	front.terminate(t)
	list := "--set=exporters.load_balancing.resolver.static.hostnames=[" + backs[0].GRPC + "," + third.GRPC + "]"
	front = launch(t, frontBinary, []string{"--config=../examples/two-tier/front.yaml", "--set=service.telemetry.metrics.level=none", list},
		"QUEUE_DIRECTORY="+t.TempDir())
	require.NoError(t, front.AwaitReady())
	require.NoError(t, overGRPC(t, front)(t.Context(), exports[1]))
	d.Await(t, "SELECT count(*) = 1000 FROM canonical_api_line")
	for _, c := range []collector{front, backs[0], backs[1], third} {
		c.terminate(t)
	}
	require.EqualValues(t, 1000, pgtest.One[int64](t, d, "SELECT count(*) FROM canonical_api_line"))
	split := pgtest.One[int64](t, d, "SELECT count(*) FROM canonical_api_line WHERE statistics->>'db_num_queries' IS NULL")
	require.Positive(t, split)
	require.Less(t, split, int64(1000))
}
