package collapse

import (
	"slices"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"canonicallineexporter/internal/request"
)

// model finds descendants the plain way: it keeps every span for ever and looks
// at all of them for each request.
type model struct {
	reader reader
	spans  []modelSpan
}

// spanIdentity is what tells spans apart.
type spanIdentity struct {
	trace pcommon.TraceID
	id    pcommon.SpanID
}

type modelSpan struct {
	span
	trace pcommon.TraceID
	kind  ptrace.SpanKind
	taken bool
}

// resolve adds an export and returns the cost of each of its SERVER spans that
// had not come before.
func (m *model) resolve(td ptrace.Traces) map[spanIdentity]request.Cost {
	first := len(m.spans)
	for s := range spansOf(td) {
		read := modelSpan{span: m.reader.read(s), trace: s.TraceID(), kind: s.Kind()}
		known := slices.ContainsFunc(m.spans, func(other modelSpan) bool {
			return !read.id.IsEmpty() && other.trace == read.trace && other.id == read.id
		})
		if !known {
			m.spans = append(m.spans, read)
		}
	}
	costs := map[spanIdentity]request.Cost{}
	added := m.spans[first:]
	for _, s := range added {
		if s.kind == ptrace.SpanKindServer {
			costs[spanIdentity{s.trace, s.id}] = m.cost(s)
		}
	}
	// Whatever hangs together with a span whose fate is known is too late.
	for _, s := range m.spans {
		if s.kind == ptrace.SpanKindServer || s.kind == ptrace.SpanKindConsumer || s.parent.IsEmpty() || s.taken {
			m.take(s)
		}
	}
	return costs
}

func (m *model) children(of modelSpan) (children []*modelSpan) {
	if of.id.IsEmpty() {
		return nil
	}
	for i := range m.spans {
		s := &m.spans[i]
		boundary := s.kind == ptrace.SpanKindServer || s.kind == ptrace.SpanKindConsumer
		if s.trace == of.trace && s.parent == of.id && !s.taken && !boundary {
			children = append(children, s)
		}
	}
	return children
}

func (m *model) take(root modelSpan) {
	for _, child := range m.children(root) {
		child.taken = true
		m.take(*child)
	}
}

func (m *model) cost(server modelSpan) request.Cost {
	var cost request.Cost
	repeats := map[string]int{}
	var busy []modelSpan
	var add func(parent modelSpan, counted []category)
	add = func(parent modelSpan, counted []category) {
		for _, s := range m.children(parent) {
			s.taken = true
			cost.Spans++
			if s.has(failed) {
				cost.SpanErrors++
			}
			if s.kind == ptrace.SpanKindClient || s.kind == ptrace.SpanKindProducer {
				busy = append(busy, *s)
			}
			below := counted
			if s.category != other && !slices.Contains(counted, s.category) {
				below = append(slices.Clone(counted), s.category)
				took := time.Duration(s.duration())
				switch s.category {
				case query:
					cost.Queries.Add(took, s.has(failed))
					repeats[s.statement.Value()]++
				case acquire:
					cost.Acquires.Add(took, s.has(failed))
				case httpCall:
					cost.HTTP.Add(took, s.has(failed))
				case rpcCall:
					cost.RPC.Add(took, s.has(failed))
				case message:
					cost.MessagingDuration += took
					cost.Messages++
					if s.details != nil {
						cost.Messages += max(s.details.messages-1, 0)
					}
				default:
				}
			}
			add(*s, below)
		}
	}
	add(server, nil)
	for statement, n := range repeats {
		better := n > cost.MaxRepeat || n == cost.MaxRepeat && statement < cost.MaxRepeatQuery
		if n > 1 && better {
			cost.MaxRepeat, cost.MaxRepeatQuery = n, statement
		}
	}
	if cost.Spans > 0 {
		cost.Self = idle(server, busy)
	}
	return cost
}

// idle counts the time between the ends of spans in which none of them ran.
func idle(server modelSpan, busy []modelSpan) (self time.Duration) {
	times := []pcommon.Timestamp{server.start, server.end}
	for _, s := range busy {
		times = append(times, s.start, s.end)
	}
	slices.Sort(times)
	for i := 1; i < len(times); i++ {
		from, to := times[i-1], times[i]
		running := slices.ContainsFunc(busy, func(s modelSpan) bool { return s.start <= from && to <= s.end })
		if from >= server.start && to <= server.end && !running {
			self += time.Duration(to - from)
		}
	}
	return self
}

// spansOf yields the spans of an export.
func spansOf(td ptrace.Traces) func(yield func(ptrace.Span) bool) {
	return func(yield func(ptrace.Span) bool) {
		for _, rs := range td.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, s := range ss.Spans().All() {
					if !yield(s) {
						return
					}
				}
			}
		}
	}
}
