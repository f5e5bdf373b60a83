package collapse

import (
	"slices"
	"time"
	"unique"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"canonicallineexporter/internal/request"
)

// walk goes from a SERVER span to its descendants and adds up what they cost.
type walk struct {
	nodes    []node
	seen     map[spanKey]struct{}
	cost     request.Cost
	repeats  map[unique.Handle[string]]int
	outgoing []interval
	// excepted says that a descendant recorded an exception, detailed that one
	// has details of any kind.
	excepted, detailed bool
}

// node is a span on the way, the SERVER span first, parents before children.
type node struct {
	key spanKey
	// index is the span's in the export, 0 if it waited.
	index int32
	// parent is the node of its parent.
	parent int32
	// failing is the child that ended last of those that failed or lead to one
	// that did, 0 for none.
	failing int32
	// leaf says that children of its id are not its own.
	leaf bool
	// failed says that it failed or leads to a span that did.
	failed bool
	// counted are the categories that it or a span above is counted in.
	counted uint8
	end     pcommon.Timestamp
	details *details
}

func newWalk() walk {
	return walk{seen: map[spanKey]struct{}{}, repeats: map[unique.Handle[string]]int{}}
}

func (w *walk) reset() {
	clear(w.nodes)
	clear(w.seen)
	clear(w.repeats)
	*w = walk{nodes: w.nodes[:0], seen: w.seen, repeats: w.repeats, outgoing: w.outgoing[:0]}
}

// descendants finds the descendants of a SERVER span, in the export and among
// those that wait.
func (x *Export) descendants(i int32) request.Descendants {
	root := x.at(i)
	if !root.owner {
		return request.Descendants{}
	}
	w := &x.walk
	w.reset()
	w.nodes = append(w.nodes, node{key: root.key, index: i})

	// The lock is held for this one request, as long as waiting spans are read.
	shard := x.collapser.shard(root.trace)
	shard.mu.Lock()
	_, waiting := shard.pending.byTrace[root.trace]
	bereft := !shard.bereft.empty()
	if !waiting && !bereft {
		shard.mu.Unlock()
	}
	for n := 0; n < len(w.nodes); n++ { //nolint:intrange // nodes grows
		parent := w.nodes[n]
		if parent.leaf {
			continue
		}
		var child int32
		if parent.index != 0 {
			child = x.at(parent.index).child
		} else {
			child = x.strayChildren(parent.key)
		}
		for ; child != 0; child = x.at(child).sibling {
			if s := x.at(child); s.outcome == undecided {
				s.outcome = attached
				w.visit(n, &s.span, s.key, child, !s.owner)
			}
		}
		if waiting {
			for s := range shard.pending.children(parent.key) {
				x.visitWaiting(n, root.trace, s)
			}
		}
		if bereft && !w.cost.Incomplete {
			_, w.cost.Incomplete = shard.bereft.get(parent.key)
		}
	}
	if waiting || bereft {
		shard.mu.Unlock()
	}
	return w.descendants(root.start, root.end)
}

func (x *Export) visitWaiting(parent int, trace traceKey, s *span) {
	w := &x.walk
	key := x.collapser.key.span(trace, s.id)
	owner := x.byID[key]
	_, seen := w.seen[key]
	if seen || owner != 0 && x.at(owner).role == descendant {
		x.found.duplicates++
		return
	}
	if !s.id.IsEmpty() {
		w.seen[key] = struct{}{}
	}
	x.found.attached++
	w.visit(parent, s, key, 0, owner != 0)
}

// visit adds a descendant of the parent's node.
func (w *walk) visit(parent int, s *span, key spanKey, index int32, leaf bool) {
	counted := w.nodes[parent].counted
	if s.category != other && counted&(1<<s.category) == 0 {
		w.count(s)
		counted |= 1 << s.category
	}
	w.cost.Spans++
	if s.has(failed) {
		w.cost.SpanErrors++
	}
	if s.has(outgoing) {
		w.outgoing = append(w.outgoing, interval{s.start, s.end})
	}
	n := node{
		key: key, index: index, parent: int32(parent), leaf: leaf || s.id.IsEmpty(),
		failed: s.has(failed), counted: counted, end: s.end, details: s.details,
	}
	if s.details != nil {
		w.detailed = true
		w.excepted = w.excepted || s.details.excepted
		n.failed = n.failed || s.details.excepted
	}
	w.nodes = append(w.nodes, n)
}

// count adds a span to its category.
func (w *walk) count(s *span) {
	duration := time.Duration(s.duration())
	switch s.category {
	case query:
		w.cost.Queries.Add(duration, s.has(failed))
		w.repeats[s.statement]++
	case acquire:
		w.cost.Acquires.Add(duration, s.has(failed))
	case httpCall:
		w.cost.HTTP.Add(duration, s.has(failed))
	case rpcCall:
		w.cost.RPC.Add(duration, s.has(failed))
	case message:
		w.cost.MessagingDuration += duration
		w.cost.Messages++
		if s.details != nil && s.details.messages > 1 {
			w.cost.Messages += s.details.messages - 1
		}
	default:
	}
}

// descendants is what has been visited, below a SERVER span that ran from start
// to end.
func (w *walk) descendants(start, end pcommon.Timestamp) request.Descendants {
	w.findMostRepeated()
	if w.cost.Spans > 0 {
		w.cost.Self = selfDuration(start, end, w.outgoing)
	}
	found := request.Descendants{Cost: w.cost}
	if w.detailed {
		found.Attributes = w.attributes()
	}
	if w.excepted {
		found.Exceptions = w.exceptions()
	}
	return found
}

func (w *walk) findMostRepeated() {
	for statement, n := range w.repeats {
		if n < 2 || n < w.cost.MaxRepeat {
			continue
		}
		text := statement.Value()
		// Of several, always the same one.
		if text != "" && (n > w.cost.MaxRepeat || text < w.cost.MaxRepeatQuery) {
			w.cost.MaxRepeat, w.cost.MaxRepeatQuery = n, text
		}
	}
}

// attributes are those of the span that ended last first.
func (w *walk) attributes() (attributes []request.Attribute) {
	for _, n := range w.nodes {
		if n.details != nil {
			attributes = append(attributes, n.details.attributes...)
		}
	}
	slices.SortStableFunc(attributes, func(a, b request.Attribute) int {
		switch {
		case a.Ended > b.Ended:
			return -1
		case a.Ended < b.Ended:
			return 1
		default:
			return 0
		}
	})
	return attributes
}

// exceptions are those on the failing path, each once: instrumentations record
// one on several spans.
func (w *walk) exceptions() (exceptions []request.Exception) {
	for n := len(w.nodes) - 1; n > 0; n-- {
		if child := &w.nodes[n]; child.failed {
			parent := &w.nodes[child.parent]
			parent.failed = true
			if parent.failing == 0 || child.end > w.nodes[parent.failing].end {
				parent.failing = int32(n)
			}
		}
	}
	for n := w.nodes[0].failing; n != 0; n = w.nodes[n].failing {
		if d := w.nodes[n].details; d != nil && d.excepted && !slices.Contains(exceptions, d.exception) {
			exceptions = append(exceptions, d.exception)
		}
	}
	return exceptions
}

// interval is when a span ran.
type interval struct{ start, end pcommon.Timestamp }

// selfDuration is how much of the time from start to end none of the intervals
// covers. It sorts them.
func selfDuration(start, end pcommon.Timestamp, intervals []interval) time.Duration {
	if start == 0 || end <= start {
		return 0
	}
	slices.SortFunc(intervals, func(a, b interval) int {
		switch {
		case a.start < b.start:
			return -1
		case a.start > b.start:
			return 1
		default:
			return 0
		}
	})
	self, covered := pcommon.Timestamp(0), start
	for _, i := range intervals {
		if i.start >= end {
			break
		}
		if i.start > covered {
			self += i.start - covered
		}
		covered = max(covered, i.end)
	}
	if covered < end {
		self += end - covered
	}
	return time.Duration(self)
}
