// Package collapse finds the requests in exports of spans.
//
// A request is a SERVER span: a trace over three services is three requests. What
// its descendants add up to is not collected yet: every line is made from its
// SERVER span alone.
package collapse

import (
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"canonicallineexporter/internal/line"
)

// Collapsed is what one export of spans comes to.
type Collapsed struct {
	// Requests are in the order of their SERVER spans. They refer to the spans of
	// the export.
	Requests []line.Request
	// OtherSpans counts the spans that are no SERVER spans.
	OtherSpans int
}

// Collapse finds the requests in an export that arrived at the given time. It
// only reads td and is safe for concurrent use.
func Collapse(td ptrace.Traces, arrival time.Time) Collapsed {
	var collapsed Collapsed
	for _, resourceSpans := range td.ResourceSpans().All() {
		for _, scopeSpans := range resourceSpans.ScopeSpans().All() {
			for _, span := range scopeSpans.Spans().All() {
				if span.Kind() != ptrace.SpanKindServer {
					collapsed.OtherSpans++
					continue
				}
				collapsed.Requests = append(collapsed.Requests, line.Request{
					Resource: resourceSpans.Resource(), Span: span, Arrival: arrival,
				})
			}
		}
	}
	return collapsed
}
