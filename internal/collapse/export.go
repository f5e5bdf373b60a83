package collapse

import (
	"sync"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"canonicallineexporter/internal/request"
)

// Export is one export of spans and what it comes to. Until it is committed,
// nothing of it is remembered: an export that is refused comes again and yields
// the same. It is not safe for concurrent use.
type Export struct {
	// Requests are in the order of their SERVER spans. They refer to the data of
	// the export and are valid until it is released.
	Requests []request.Request

	collapser *Collapser
	arrival   time.Time
	spans     []exported
	// byID finds the owner of an id, the span that its children belong to: that
	// which came first, but a SERVER span before others, since Zipkin's client
	// and server share one id.
	byID map[spanKey]int32
	// strays finds the first of the spans whose parent, of this key, is not in the
	// export; empty until it is asked for.
	strays map[spanKey]int32
	walk   walk
	// found counts the waiting spans that requests of the export have found.
	found struct{ attached, duplicates int }
}

// exported is a span of the export. Spans are counted from 1, so that 0 stands
// for none.
type exported struct {
	span
	trace traceKey
	// key and parentKey are its own and its parent's.
	key, parentKey spanKey
	// child is the first of its children in the export.
	child int32
	// request is the index of a SERVER span's request.
	request int32
	role    role
	outcome outcome
	// owner says that children of its id are its own.
	owner bool
	// stray says that its parent is not in the export.
	stray bool
}

// role is what a span is to a request; where two share an id, the higher one
// owns it.
type role uint8

const (
	descendant role = iota
	// outsider is a CONSUMER span or a root that is no SERVER span: what is below
	// it belongs to no request.
	outsider
	server
)

// outcome says what became of a span.
type outcome uint8

const (
	undecided outcome = iota
	waits
	attached
	unrelated
	late
	duplicate
)

// exports are those that are not in use.
var exports = sync.Pool{New: func() any {
	return &Export{byID: map[spanKey]int32{}, strays: map[spanKey]int32{}, walk: newWalk()}
}}

// Resolve finds the requests of an export that arrived at the given time, with
// the descendants that came along or wait already. It only reads td, which has
// to stay as it is until the export is released.
func (c *Collapser) Resolve(td ptrace.Traces, arrival time.Time) *Export {
	x := exports.Get().(*Export) //nolint:forcetypeassert // nothing else is in there
	x.collapser, x.arrival = c, arrival
	x.read(td)
	x.link()
	for i := range x.spans {
		switch s := &x.spans[i]; s.role {
		case server:
			request := &x.Requests[s.request]
			if owner := x.byID[s.key]; owner != 0 && owner != int32(i+1) && x.at(owner).role == server {
				// The same span once more.
				request.Descendants = x.Requests[x.at(owner).request].Descendants
				continue
			}
			request.Descendants = x.descendants(int32(i + 1))
		case outsider:
			x.disown(int32(i + 1))
		default:
		}
	}
	return x
}

// Release ends the use of the export. Without Commit before, nothing has
// happened.
func (x *Export) Release() {
	// One huge export must not hold its memory for ever.
	const most = 1 << 16
	if cap(x.spans) > most {
		return
	}
	clear(x.Requests)
	clear(x.spans)
	clear(x.byID)
	clear(x.strays)
	x.walk.reset()
	*x = Export{Requests: x.Requests[:0], spans: x.spans[:0], byID: x.byID, strays: x.strays, walk: x.walk}
	exports.Put(x)
}

func (x *Export) at(i int32) *exported { return &x.spans[i-1] }

// read takes from the export what is kept of its spans.
func (x *Export) read(td ptrace.Traces) {
	for _, resourceSpans := range td.ResourceSpans().All() {
		for _, scopeSpans := range resourceSpans.ScopeSpans().All() {
			for _, s := range scopeSpans.Spans().All() {
				e := exported{trace: x.collapser.key.trace(s.TraceID())}
				switch kind := s.Kind(); {
				case kind == ptrace.SpanKindServer:
					e.span = span{id: s.SpanID(), start: s.StartTimestamp(), end: s.EndTimestamp()}
					e.role, e.request = server, int32(len(x.Requests))
					x.Requests = append(x.Requests, request.Request{Resource: resourceSpans.Resource(), Span: s, Arrival: x.arrival})
				case kind == ptrace.SpanKindConsumer, s.ParentSpanID().IsEmpty():
					e.span, e.role = x.collapser.reader.read(s), outsider
				default:
					e.span = x.collapser.reader.read(s)
				}
				e.key = x.collapser.key.span(e.trace, e.id)
				e.parentKey = x.collapser.key.span(e.trace, e.parent)
				x.spans = append(x.spans, e)
			}
		}
	}
}

// link finds the owners of ids, then the children of each.
func (x *Export) link() {
	for i := range x.spans {
		s := &x.spans[i]
		if s.id.IsEmpty() {
			continue
		}
		former := x.byID[s.key]
		switch {
		case former == 0:
		case s.role > x.at(former).role:
			x.at(former).owner = false
		default:
			if s.role != server && s.role == x.at(former).role {
				s.outcome = duplicate
			}
			continue
		}
		s.owner = true
		x.byID[s.key] = int32(i + 1)
	}
	for i := range x.spans {
		s := &x.spans[i]
		if s.role != descendant || s.outcome == duplicate || s.parent == s.id {
			continue
		}
		if parent := x.byID[s.parentKey]; parent != 0 {
			s.sibling = x.at(parent).child
			x.at(parent).child = int32(i + 1)
		} else {
			s.stray = true
		}
	}
}

// strayChildren is the first of the spans of the export whose parent waits.
func (x *Export) strayChildren(parent spanKey) int32 {
	if len(x.strays) == 0 {
		x.strays[0] = 0 // filled, even if there are none
		for i := range x.spans {
			if s := &x.spans[i]; s.stray {
				s.sibling = x.strays[s.parentKey]
				x.strays[s.parentKey] = int32(i + 1)
			}
		}
	}
	return x.strays[parent]
}

// disown decides the fate of what is below an outsider in the export.
func (x *Export) disown(i int32) {
	if x.at(i).outcome == undecided {
		x.at(i).outcome = unrelated
	}
	x.below(i, func(s *exported) { s.outcome = unrelated })
}

// below calls decide for each undecided span below a span of the export.
func (x *Export) below(i int32, decide func(*exported)) {
	for parents := []int32{i}; len(parents) > 0; {
		child := x.at(parents[len(parents)-1]).child
		parents = parents[:len(parents)-1]
		for ; child != 0; child = x.at(child).sibling {
			if s := x.at(child); s.outcome == undecided {
				decide(s)
				parents = append(parents, child)
			}
		}
	}
}
