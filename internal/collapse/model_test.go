package collapse

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"canonicallineexporter/internal/request"
)

// model makes lines the plain way: it keeps every span for ever and looks at all of them
// for each request.
type model struct {
	reader reader
	spans  []*modelSpan
}

type modelSpan struct {
	span
	trace pcommon.TraceID
	kind  ptrace.SpanKind
}

// spanIdentity is what tells SERVER spans apart.
type spanIdentity struct {
	trace pcommon.TraceID
	id    pcommon.SpanID
}

// add keeps the spans of an export that had not come before.
func (m *model) add(td ptrace.Traces) {
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, s := range ss.Spans().All() {
				read := &modelSpan{span: m.reader.read(s, processOf(rs.Resource())), trace: s.TraceID(), kind: s.Kind()}
				if read.id.IsEmpty() || m.find(read.trace, read.identity) == nil {
					m.spans = append(m.spans, read)
				}
			}
		}
	}
}

func (m *model) find(trace pcommon.TraceID, id identity) *modelSpan {
	for _, s := range m.spans {
		if s.trace == trace && s.identity == id && !id.id.IsEmpty() {
			return s
		}
	}
	return nil
}

// costs returns the cost of every request.
func (m *model) costs() map[spanIdentity]request.Cost {
	costs := map[spanIdentity]request.Cost{}
	for _, s := range m.spans {
		if s.has(server) && m.root(s, nil) == s {
			costs[spanIdentity{s.trace, s.id}] = m.cost(s)
		}
	}
	return costs
}

func (m *model) parent(s *modelSpan) *modelSpan {
	if s.parentID.IsEmpty() || s.has(outsider) {
		return nil
	}
	if s.has(server) {
		if m.root(s, nil) == s {
			return nil
		}
		return m.localParent(s)
	}
	answer, call := m.find(s.trace, identity{s.parentID, true}), m.find(s.trace, identity{s.parentID, false})
	if call == s {
		call = nil
	}
	var candidates []*modelSpan
	if answer != nil && answer.process.is(s.process) {
		candidates = append(candidates, answer)
	}
	if call != nil && call.process.is(s.process) {
		candidates = append(candidates, call)
	}
	if answer != nil {
		candidates = append(candidates, answer)
	}
	if call != nil && !call.has(outgoing) {
		candidates = append(candidates, call)
	}
	return slices.Concat(candidates, []*modelSpan{nil})[0]
}

func (m *model) localParent(s *modelSpan) *modelSpan {
	if twin := m.find(s.trace, s.twin()); s.parentID.IsEmpty() || twin != nil && twin.has(outgoing) {
		return nil
	}
	for _, entry := range []bool{true, false} {
		p := m.find(s.trace, identity{s.parentID, entry})
		if p != nil && p != s && p.process.is(s.process) && !p.has(outgoing) && !p.has(outsider) {
			return p
		}
	}
	return nil
}

// root returns the SERVER span of the request that a span belongs to, nil for none.
func (m *model) root(s *modelSpan, below []*modelSpan) *modelSpan {
	if s == nil || slices.Contains(below, s) {
		return nil
	}
	below = append(below, s)
	if !s.has(server) {
		return m.root(m.parent(s), below)
	}
	if root := m.root(m.localParent(s), below); root != nil {
		return root
	}
	return s
}

// certain leaves out the traces in which it depends on what comes first whether a SERVER
// span is part of a request: its parent shares its id with another span, or it is its own
// ancestor.
func (m *model) certain(costs map[spanIdentity]request.Cost) map[spanIdentity]request.Cost {
	for _, s := range m.spans {
		shared := m.find(s.trace, identity{s.parentID, true}) != nil && m.find(s.trace, identity{s.parentID, false}) != nil
		if s.has(server) && shared || m.circular(s) {
			maps.DeleteFunc(costs, func(key spanIdentity, _ request.Cost) bool { return key.trace == s.trace })
		}
	}
	return costs
}

// circular reports whether a span is its own ancestor, by local parents alone.
func (m *model) circular(s *modelSpan) bool {
	var seen []*modelSpan
	for ancestor := s; ancestor != nil; {
		if slices.Contains(seen, ancestor) {
			return true
		}
		seen = append(seen, ancestor)
		if ancestor.has(server) {
			ancestor = m.localParent(ancestor)
		} else {
			ancestor = m.parent(ancestor)
		}
	}
	return false
}

func (m *model) children(of *modelSpan) (children []*modelSpan) {
	for _, s := range m.spans {
		if s.trace == of.trace && m.parent(s) == of {
			children = append(children, s)
		}
	}
	return children
}

func (m *model) cost(root *modelSpan) request.Cost {
	var cost request.Cost
	repeats := map[string]int{}
	var busy []interval
	clip := func(s *modelSpan) interval {
		if s.end < s.start {
			return interval{}
		}
		return interval{min(max(s.start, root.start), root.end), min(max(s.end, root.start), root.end)}
	}
	var add func(parent *modelSpan, owned pcommon.Timestamp, owner category)
	add = func(parent *modelSpan, owned pcommon.Timestamp, owner category) {
		for _, s := range m.children(parent) {
			cost.Spans++
			if s.has(failed) {
				cost.SpanErrors++
			}
			if s.details != nil {
				cost.Exceptions += s.details.exceptions
			}
			ran := clip(s)
			if s.has(outgoing) {
				busy = append(busy, ran)
			}
			below, by := owned, owner
			if s.category == query && s.start < owned && owner == databaseTime {
				cost.Queries.Add(0, s.has(failed))
				repeats[s.statement.Value()]++
				by = query
			}
			if s.category != other && s.start >= owned {
				below, by = max(owned, s.end, s.start+1), s.category
				switch s.category {
				case query:
					cost.Queries.Add(ran.duration(), s.has(failed))
					repeats[s.statement.Value()]++
				case acquire:
					cost.Acquires.Add(ran.duration(), s.has(failed))
				case httpCall:
					cost.HTTP.Add(ran.duration(), s.has(failed))
				case rpcCall:
					cost.RPC.Add(ran.duration(), s.has(failed))
				case otherCall:
					cost.Other.Add(ran.duration(), s.has(failed))
				case databaseTime:
					cost.Queries.Duration += ran.duration()
					if s.has(failed) {
						cost.Queries.Errors++
					}
				case message:
					cost.MessagingDuration += ran.duration()
					cost.Messages++
					if s.details != nil {
						cost.Messages += max(s.details.messages-1, 0)
					}
				default:
				}
			}
			add(s, below, by)
		}
	}
	add(root, 0, other)
	for statement, n := range repeats {
		better := n > cost.MaxRepeat || n == cost.MaxRepeat && statement < cost.MaxRepeatQuery
		if n > 1 && statement != "" && better {
			cost.MaxRepeat, cost.MaxRepeatQuery = n, statement
		}
	}
	if cost.Spans > 0 {
		cost.Self = idle(root, busy)
	}
	return cost
}

// idle counts the time between the ends of spans in which none of them ran.
func idle(root *modelSpan, busy []interval) (self time.Duration) {
	times := []pcommon.Timestamp{root.start, root.end}
	for _, s := range busy {
		times = append(times, s.start, s.end)
	}
	slices.Sort(times)
	for i := 1; i < len(times); i++ {
		from, to := times[i-1], times[i]
		running := slices.ContainsFunc(busy, func(s interval) bool { return s.start <= from && to <= s.end })
		if from >= root.start && to <= root.end && !running {
			self += time.Duration(to - from)
		}
	}
	return self
}

// newest keeps, of the lines that were offered, the newest of every request.
type newest map[spanIdentity]request.Request

func (n newest) take(d *Delivery) {
	for _, r := range d.Requests {
		key := spanIdentity{r.Span.TraceID(), r.Span.SpanID()}
		if known, ok := n[key]; !ok || cmp.Compare(r.Version, known.Version) >= 0 {
			n[key] = r
		}
	}
}

func (n newest) costs() map[spanIdentity]request.Cost {
	costs := map[spanIdentity]request.Cost{}
	for key, r := range n {
		costs[key] = r.Descendants.Cost
	}
	return costs
}
