package collapse

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// In this case @hono/otel and Node's http module record one request.
const twoRecordings = "hono-two-server-spans.jsonl"

func TestCollapser_TwoRecordingsOfOneRequest_AreOneLine(t *testing.T) {
	t.Parallel()
	exports := readCase(t, twoRecordings)
	inner, outer := exports[0], exports[1]
	for name, order := range map[string][]ptrace.Traces{
		"one export":              merge([]ptrace.Traces{inner, outer}),
		"one export, outer first": merge([]ptrace.Traces{outer, inner}),
		"the outer first":         {outer, inner},
	} {
		lines, _ := deliver(t, order)
		require.Len(t, lines, 1, name)
		for key, line := range lines {
			require.Equal(t, spanOf(outer).SpanID(), key.id, name)
			require.Equal(t, 1, line.Descendants.Cost.Spans, name)
			require.Equal(t, "http.route", line.Descendants.Attributes[0].Key, name)
		}
	}
	// The line of the inner one is with the queue when the outer one comes.
	lines, _ := deliver(t, []ptrace.Traces{inner, outer})
	require.Len(t, lines, 2)
}

func TestCollapser_SiblingRequests_AreLinesOfTheirOwn(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(inner ptrace.Traces){
		"one scope": func(inner ptrace.Traces) {
			inner.ResourceSpans().At(0).ScopeSpans().At(0).Scope().SetName("@opentelemetry/instrumentation-http")
		},
		"another process": func(inner ptrace.Traces) {
			inner.ResourceSpans().At(0).Resource().Attributes().PutStr("service.name", "another")
		},
		"another path":   func(inner ptrace.Traces) { spanOf(inner).Attributes().PutStr("url.full", "http://127.0.0.1/other") },
		"no path":        func(inner ptrace.Traces) { spanOf(inner).Attributes().Remove("url.full") },
		"another method": func(inner ptrace.Traces) { spanOf(inner).Attributes().PutStr("http.request.method", "POST") },
		"another parent": func(inner ptrace.Traces) { spanOf(inner).SetParentSpanID(pcommon.SpanID{1}) },
		"no parent":      func(inner ptrace.Traces) { spanOf(inner).SetParentSpanID(pcommon.SpanID{}) },
		"a longer one":   func(inner ptrace.Traces) { spanOf(inner).SetEndTimestamp(spanOf(inner).EndTimestamp() + 1e9) },
	} {
		exports := readCase(t, twoRecordings)
		change(exports[0])
		for _, order := range orders(exports) {
			lines, _ := deliver(t, order)
			require.Len(t, lines, 2, name)
			for _, line := range lines {
				require.Zero(t, line.Descendants.Cost.Spans, name)
			}
		}
	}
}

func TestCollapser_TwoRecordings_MaySpellTheirTargetApart(t *testing.T) {
	t.Parallel()
	for _, attributes := range []map[string]any{
		{"http.method": "GET", "http.target": "/sse?a=b"},
		{"http.method": "get", "http.path": "/sse"},
		{"http.method": "GET", "http.url": "127.0.0.1:26100/sse"},
		{"http.request.method": "GET", "url.path": "/sse", "url.full": "http://127.0.0.1:26100/sse?a=b#c"},
		{"http.request.method": "GET", "url.full": "http://127.0.0.1:26100/sse"},
	} {
		exports := readCase(t, twoRecordings)
		require.NoError(t, spanOf(exports[0]).Attributes().FromRaw(attributes))
		lines, _ := deliver(t, merge(exports))
		require.Len(t, lines, 1, attributes)
	}
}

func spanOf(td ptrace.Traces) ptrace.Span {
	return td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0)
}
