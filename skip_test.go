package canonicallineexporter

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"canonicallineexporter/internal/pgtest"
)

// healthCheck is a numbered request of a health check, of the resource and the scope of its own.
func healthCheck(number int) ptrace.Traces {
	td := requests(number, 1)
	resource := td.ResourceSpans().At(0)
	resource.Resource().Attributes().PutStr("service.name", "shop")
	resource.ScopeSpans().At(0).Scope().SetName("net/http")
	span := resource.ScopeSpans().At(0).Spans().At(0)
	span.SetName("GET /healthz")
	// Lines do not read this one, so that a line made anew would not know it.
	span.Attributes().PutBool("probe", true)
	return td
}

// spanOf returns the only span of an export.
func spanOf(td ptrace.Traces) ptrace.Span {
	return td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0)
}

func TestExporter_Skip_MakesNoLineAndKeepsTheBooks(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	b := setup(t, d.URL, func(cfg *Config) { cfg.Skip = []string{`attributes["probe"] == true`} })
	// The query of 1 comes before it, that of 2 after it, and 2 comes twice.
	for _, td := range []ptrace.Traces{queryBelow(1), healthCheck(1), healthCheck(2), queryBelow(2), healthCheck(2), requests(3, 2), queryBelow(3)} {
		require.NoError(t, b.ConsumeTraces(t.Context(), td))
	}
	b.flush(t)

	require.EqualValues(t, 2, lines(t, d))
	received := b.counter(t, "otelcol_canonical_line_spans_received", "role", "server")
	require.EqualValues(t, 5, received)
	require.EqualValues(t, 2, b.counter(t, "otelcol_canonical_line_dropped", "reason", "skipped"))
	require.EqualValues(t, 1, b.sum(t, "otelcol_canonical_line_amended"), "only that of 3")
	require.Equal(t, received+1, b.sum(t, "otelcol_canonical_line_written")+b.sum(t, "otelcol_canonical_line_dropped"))
	require.EqualValues(t, 3, b.counter(t, "otelcol_canonical_line_spans_resolved", "outcome", "attached"))
	require.Zero(t, b.sum(t, "otelcol_canonical_line_spans_evicted"))
}

func TestExporter_Skip_LateSpans_MarkNoLine(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	b := setup(t, d.URL, func(cfg *Config) {
		cfg.Skip, cfg.Collapse.AmendWindow = []string{`name == "GET /healthz"`}, 0
	})
	require.NoError(t, b.ConsumeTraces(t.Context(), healthCheck(1)))
	require.Eventually(t, func() bool { return b.gauge(t, "otelcol_canonical_line_amendable") == 0 }, time.Minute, time.Millisecond)
	require.NoError(t, b.ConsumeTraces(t.Context(), queryBelow(1)))
	d.Await(t, "SELECT to_regclass('canonical_api_line') IS NOT NULL")
	b.flush(t)
	require.Zero(t, lines(t, d))
	require.EqualValues(t, 1, b.counter(t, "otelcol_canonical_line_spans_resolved", "outcome", "late"))
	require.EqualValues(t, 1, b.sum(t, "otelcol_canonical_line_dropped"))
	require.Zero(t, b.sum(t, "otelcol_canonical_line_written"))
}

func TestExporter_Skip_JudgesTheRequestNotWhatIsPartOfIt(t *testing.T) {
	t.Parallel()
	inner := func(number int) ptrace.Traces {
		td := healthCheck(number)
		span := spanOf(td)
		span.SetParentSpanID(span.SpanID())
		span.SetSpanID(pcommon.SpanID{0: 1, 7: byte(number)})
		return td
	}
	outer := func(number int) ptrace.Traces {
		td := healthCheck(number)
		spanOf(td).Attributes().Remove("probe")
		return td
	}
	for name, tt := range map[string]struct {
		condition string
		lines     int64
	}{
		"the inner span meets it": {`attributes["probe"] == true`, 1},
		"the outer span meets it": {`attributes["probe"] == nil`, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := pgtest.New(t)
			b := setup(t, d.URL, func(cfg *Config) { cfg.Skip = []string{tt.condition} })
			td := outer(1)
			inner(1).ResourceSpans().MoveAndAppendTo(td.ResourceSpans())
			require.NoError(t, b.ConsumeTraces(t.Context(), td))
			d.Await(t, "SELECT to_regclass('canonical_api_line') IS NOT NULL")
			b.flush(t)
			require.Equal(t, tt.lines, lines(t, d))
		})
	}
}

func TestExporter_Skip_UnfinishedSpan_IsJudgedByItsEnd(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	b := setup(t, d.URL, func(cfg *Config) { cfg.Skip = []string{`status.code == STATUS_CODE_OK`} })
	running := requests(1, 1)
	spanOf(running).SetEndTimestamp(0)
	ended := requests(1, 1)
	spanOf(ended).Status().SetCode(ptrace.StatusCodeOk)
	require.NoError(t, b.ConsumeTraces(t.Context(), running))
	require.NoError(t, b.ConsumeTraces(t.Context(), ended))
	d.Await(t, "SELECT to_regclass('canonical_api_line') IS NOT NULL")
	b.flush(t)
	require.Zero(t, lines(t, d))
	require.EqualValues(t, 1, b.counter(t, "otelcol_canonical_line_dropped", "reason", "skipped"))
}

func TestExporter_Skip_Reload_TakesTheNewConditions(t *testing.T) {
	t.Parallel()
	id := newID()
	d := pgtest.New(t)
	a := setupID(t, id, d.URL, nil)
	require.NoError(t, a.ConsumeTraces(t.Context(), healthCheck(1)))
	a.flush(t)
	b := setupID(t, id, d.URL, func(cfg *Config) { cfg.Skip = []string{`attributes["probe"] == true`} })
	require.NoError(t, b.ConsumeTraces(t.Context(), healthCheck(2)))
	b.flush(t)
	require.EqualValues(t, 1, lines(t, d))
}

func TestNewSkip_ReadsWhatTheFilterProcessorReads(t *testing.T) {
	t.Parallel()
	td := healthCheck(1)
	resource := td.ResourceSpans().At(0)
	for condition, want := range map[string]bool{
		`attributes["probe"] == true`:                                 true,
		`span.attributes["probe"] == true`:                            true,
		`attributes["probe"] == false`:                                false,
		`attributes["absent"] == "x"`:                                 false,
		`IsMatch(attributes["absent"], "x")`:                          false,
		`resource.attributes["service.name"] == "shop"`:               true,
		`instrumentation_scope.name == "net/http"`:                    true,
		`scope.name == "net/http"`:                                    true,
		`IsRootSpan()`:                                                true,
		`kind == SPAN_KIND_SERVER and IsMatch(name, "^GET /health")`:  true,
		`end_time_unix_nano - start_time_unix_nano > 60000000000`:     false,
		`end_time - start_time < Duration("1h")`:                      true,
		`Int(attributes["probe"]) > 1 or attributes["probe"] == true`: true,
	} {
		skip, err := newSkip([]string{condition}, componenttest.NewNopTelemetrySettings())
		require.NoError(t, err, condition)
		require.Equal(t, want, skip(resource, resource.ScopeSpans().At(0), spanOf(td)), condition)
	}
}

func TestNewSkip_ConditionThatFails_DropsNoLineAndIsLoggedOnce(t *testing.T) {
	t.Parallel()
	set := componenttest.NewNopTelemetrySettings()
	core, logs := observer.New(zap.DebugLevel)
	set.Logger = zap.New(core)
	td := healthCheck(1)
	spanOf(td).Attributes().PutStr("secret", "hunter2")
	resource := td.ResourceSpans().At(0)
	failing := `ParseJSON(attributes["secret"])["a"] == "b"`
	evaluate := func(conditions ...string) bool {
		skip, err := newSkip(conditions, set)
		require.NoError(t, err)
		skip(resource, resource.ScopeSpans().At(0), spanOf(td))
		return skip(resource, resource.ScopeSpans().At(0), spanOf(td))
	}
	require.False(t, evaluate(failing))
	warnings := logs.FilterMessageSnippet("cannot be evaluated").TakeAll()
	require.Len(t, warnings, 1)
	require.Equal(t, failing, warnings[0].ContextMap()["condition"])
	require.True(t, evaluate(failing, `name == "GET /healthz"`), "the next one decides")
	for _, entry := range logs.All() {
		require.NotContains(t, entry.Message, "hunter2")
		require.NotContains(t, entry.ContextMap(), "error")
	}
}

func BenchmarkSkip(b *testing.B) {
	td := healthCheck(1)
	resource := td.ResourceSpans().At(0)
	spanOf(td).Attributes().PutStr("url.path", "/clusters/82197fd8")
	skip, err := newSkip([]string{`attributes["url.path"] == "/healthz"`, `IsMatch(attributes["user_agent.original"], "^kube-probe/")`},
		componenttest.NewNopTelemetrySettings())
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		skip(resource, resource.ScopeSpans().At(0), spanOf(td))
	}
}
