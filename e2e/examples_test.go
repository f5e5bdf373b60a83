package e2e

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"canonicallineexporter/internal/pgtest"
)

// startExample starts a collector with one of the examples.
func startExample(t *testing.T, binary func() (string, error), config string, env ...string) collector {
	t.Helper()
	args := []string{"--config=../examples/" + config}
	if config != "production.yaml" {
		// Its metrics would all be on the same port.
		args = append(args, "--set=service.telemetry.metrics.level=none")
	}
	c := launch(t, binary, args, env...)
	require.NoError(t, c.AwaitReady())
	return c
}

func TestCollector_Examples_StoreLines(t *testing.T) {
	t.Parallel()
	examples, err := filepath.Glob("../examples/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, examples)
	for _, example := range examples {
		example = filepath.Base(example)
		t.Run(example, func(t *testing.T) {
			t.Parallel()
			d := pgtest.New(t)
			table := "canonical_api_line"
			if example == "existing-table.yaml" {
				table = "analytics.canonical_api_line"
				d.Exec(t, "CREATE SCHEMA analytics")
				d.Exec(t, "CREATE TABLE "+table+` (id uuid NOT NULL, created_at timestamptz NOT NULL, http_route text, team_id uuid,
					PRIMARY KEY (created_at, id))`)
			}
			c := startExample(t, collectorBinary, example, "DATABASE_URL="+d.URL, "QUEUE_DIRECTORY="+t.TempDir())
			deliver := overGRPC(t, c)
			for n := range 100 {
				require.NoError(t, deliver(t.Context(), numbered(n)))
			}
			d.Await(t, "SELECT count(*) = 100 FROM "+table+" WHERE http_route = '/numbered'")
			c.terminate(t)
		})
	}
}

// The descendants of each trace come in one export and its SERVER span in
// another; only a collector that gets both can add them up.
func TestCollector_TwoTiers_BringTracesTogether(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	backs := make([]collector, 2)
	for i := range backs {
		backs[i] = startExample(t, collectorBinary, "two-tier/back.yaml", "DATABASE_URL="+d.URL, "QUEUE_DIRECTORY="+t.TempDir())
	}
	f := startExample(t, frontBinary, "two-tier/front.yaml", "BACK_1="+backs[0].GRPC, "BACK_2="+backs[1].GRPC)
	deliver := overGRPC(t, f)
	// Enough for each to have a batch of 100.
	const traces = 1000
	for _, td := range split(traces) {
		require.NoError(t, deliver(t.Context(), td))
	}
	d.Await(t, fmt.Sprintf("SELECT count(*) = %d FROM canonical_api_line WHERE (statistics->>'db_num_queries')::int = 3", traces))
	f.terminate(t)
	for _, b := range backs {
		b.terminate(t)
	}
}

// split are two exports of as many traces: the queries of all, then their SERVER
// spans.
func split(traces int) []ptrace.Traces {
	queries, servers := ptrace.NewTraces(), ptrace.NewTraces()
	add := func(td ptrace.Traces, trace, id int) ptrace.Span {
		s := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
		s.SetTraceID(pcommon.TraceID{0: byte(trace), 1: byte(trace >> 8), 15: 1})
		s.SetSpanID(pcommon.SpanID{0: byte(trace), 1: byte(trace >> 8), 7: byte(id)})
		return s
	}
	for trace := range traces {
		for id := range 3 {
			s := add(queries, trace, id+2)
			s.SetParentSpanID(pcommon.SpanID{0: byte(trace), 1: byte(trace >> 8), 7: 1})
			s.SetKind(ptrace.SpanKindClient)
			s.Attributes().PutStr("db.system.name", "postgresql")
			s.Attributes().PutStr("db.query.text", "SELECT 1")
		}
		add(servers, trace, 1).SetKind(ptrace.SpanKindServer)
	}
	return []ptrace.Traces{queries, servers}
}
