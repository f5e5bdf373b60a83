package collapse

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"canonicallineexporter/internal/oteltest"
	"canonicallineexporter/internal/request"
)

// readCase returns the spans of a file in testdata/cases, each in an export of its own.
func readCase(t *testing.T, name string) (exports []ptrace.Traces) {
	t.Helper()
	for _, td := range oteltest.ReadExports(t, filepath.Join(oteltest.ModuleRoot(t), "testdata", "cases", name)) {
		for _, rs := range td.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, s := range ss.Spans().All() {
					one := ptrace.NewTraces()
					to := one.ResourceSpans().AppendEmpty()
					rs.Resource().CopyTo(to.Resource())
					scope := to.ScopeSpans().AppendEmpty()
					ss.Scope().CopyTo(scope.Scope())
					s.CopyTo(scope.Spans().AppendEmpty())
					exports = append(exports, one)
				}
			}
		}
	}
	return exports
}

// merge returns one export of several.
func merge(exports []ptrace.Traces) []ptrace.Traces {
	merged := ptrace.NewTraces()
	for _, td := range exports {
		for _, rs := range td.ResourceSpans().All() {
			rs.CopyTo(merged.ResourceSpans().AppendEmpty())
		}
	}
	return []ptrace.Traces{merged}
}

// orders returns the exports in every order, each one by one and all in one.
func orders(exports []ptrace.Traces) (all [][]ptrace.Traces) {
	var permute func(n int)
	permute = func(n int) {
		if n == len(exports) {
			all = append(all, slices.Clone(exports), merge(exports))
			return
		}
		for i := n; i < len(exports); i++ {
			exports[n], exports[i] = exports[i], exports[n]
			permute(n + 1)
			exports[n], exports[i] = exports[i], exports[n]
		}
	}
	permute(0)
	return all
}

// deliver returns all lines that exports make, up to when nothing is kept of them.
func deliver(t *testing.T, exports []ptrace.Traces) (lines newest, all []request.Request) {
	t.Helper()
	c := New(config())
	var ledger ledger
	lines = newest{}
	take := func(d *Delivery) {
		lines.take(d)
		all = append(all, d.Requests...)
		ledger.add(d.Acknowledge())
		ledger.requireBalanced(t, c)
	}
	for _, td := range exports {
		take(c.Enter(td, arrival))
	}
	for _, after := range []time.Duration{2 * parentWait, time.Hour, 2 * time.Hour} {
		take(c.Sweep(arrival.Add(after)))
	}
	require.Zero(t, c.Pending())
	require.Zero(t, c.held.Load())
	return lines, all
}

func TestCollapser_SharedSpanID_DescendantsAreTheCallees(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]struct{ caller, callee pcommon.SpanID }{
		"zipkin-shared-child-first.jsonl":       {pcommon.SpanID{0x11, 0x11, 6: 0xa0, 7: 0x01}, pcommon.SpanID{0x11, 0x11, 6: 0xa0, 7: 0x09}},
		"zipkin-shared-both-server-first.jsonl": {pcommon.SpanID{0x11, 0x11, 6: 0xa1, 7: 0x01}, pcommon.SpanID{0x11, 0x11, 6: 0xa1, 7: 0x09}},
	} {
		exports := readCase(t, name)
		require.Len(t, exports, 4)
		for _, order := range orders(exports) {
			lines, all := deliver(t, order)
			require.Len(t, lines, 2)
			for key, line := range lines {
				cost := line.Descendants.Cost
				require.Equal(t, 1, cost.Spans)
				require.False(t, cost.Incomplete)
				if key.id == at.callee {
					require.Equal(t, request.Calls{Count: 1, Duration: 3 * time.Millisecond}, cost.Queries)
					require.Zero(t, cost.HTTP)
				} else {
					require.Equal(t, at.caller, key.id)
					require.Equal(t, request.Calls{Count: 1, Duration: 20 * time.Millisecond}, cost.HTTP)
				}
			}
			for _, line := range all {
				require.False(t, line.Span.SpanID() == at.caller && line.Descendants.Cost.Queries.Count > 0)
			}
		}
	}
}

func TestCollapser_OtherService_SpansBelowACallAreNobodys(t *testing.T) {
	t.Parallel()
	exports := readCase(t, "other-service.jsonl")
	require.Len(t, exports, 5)
	for _, order := range orders(exports) {
		lines, all := deliver(t, order)
		require.Len(t, lines, 1)
		for _, line := range lines {
			cost := line.Descendants.Cost
			require.Equal(t, 1, cost.Spans)
			require.Equal(t, request.Calls{Count: 1, Duration: 30 * time.Millisecond}, cost.HTTP)
			require.False(t, cost.Incomplete)
		}
		for _, line := range all {
			require.Zero(t, line.Descendants.Cost.Queries)
			require.Empty(t, line.Descendants.Attributes)
		}
	}
}

// A query hangs below the SERVER span of another process until the call of its own process
// comes that has the same id, and belongs to nobody.
func TestCollapser_SharedSpanID_WhatTurnsOutToBeNobodysIsCountedOnce(t *testing.T) {
	t.Parallel()
	c := New(config())
	var l ledger
	lines := newest{}
	ofOther := func(s ptrace.Span) ptrace.Traces {
		td := export(s)
		td.ResourceSpans().At(0).Resource().Attributes().PutStr("service.name", "other")
		return td
	}
	for _, td := range []ptrace.Traces{
		export(newSpan(1, 10, 0, ptrace.SpanKindServer)),
		ofOther(newSpan(1, 7, 0, ptrace.SpanKindProducer)),
		ofOther(newSpan(1, 20, 10, ptrace.SpanKindClient)),
		ofOther(newSpan(1, 10, 7, ptrace.SpanKindInternal)),
	} {
		d := c.Enter(td, arrival)
		lines.take(d)
		l.add(d.Acknowledge())
		d.Release()
	}
	require.Equal(t, 0, lines[spanIdentity{pcommon.TraceID{15: 1}, pcommon.SpanID{7: 10}}].Descendants.Cost.Spans)
	require.Equal(t, 3, l.Unrelated)
	l.requireBalanced(t, c)
}
