package collapse

import (
	"bytes"
	"cmp"
	"slices"
	"time"
	"unique"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"canonicallineexporter/internal/request"
)

// walk goes from a SERVER span to its descendants and adds up what they cost. It is used
// again for the next.
type walk struct {
	nodes    []node
	cost     request.Cost
	repeats  map[unique.Handle[string]]int
	outgoing []interval
	// start and end are those of the request.
	start, end pcommon.Timestamp
	// records are those of all nodes, recorded is how many of them are exceptions of the SERVER
	// span.
	records  []*span
	recorded int
	// explained says that a descendant tells why it failed, detailed that one has details of
	// any kind.
	explained, detailed bool
}

// node is a span on the way, the SERVER span first, parents before children.
type node struct {
	span *span
	// parent is the node of its parent.
	parent int32
	// failing is the child that ended last of those that failed or lead to one that did, 0
	// for none.
	failing int32
	// failed says that it failed or leads to a span that did.
	failed bool
	// owned is until when a span above, or this one, owns the time: what begins before is
	// part of it. owner is what that span does.
	owned pcommon.Timestamp
	owner category
	// record is the last exception among the log records about it, nil for none.
	record *span
}

// interval is when a span ran.
type interval struct{ start, end pcommon.Timestamp }

func (i interval) duration() time.Duration { return time.Duration(i.end - i.start) }

func newWalk() walk {
	return walk{repeats: map[unique.Handle[string]]int{}}
}

// size is how many nodes the walk has room for.
func (w *walk) size() int { return cap(w.nodes) }

func (w *walk) reset() {
	clear(w.nodes)
	clear(w.repeats)
	clear(w.records)
	*w = walk{nodes: w.nodes[:0], repeats: w.repeats, outgoing: w.outgoing[:0], records: w.records[:0]}
}

// descendants adds up the spans below the SERVER span of a request.
func (e *entry) descendants(r *serving) request.Descendants {
	w := &e.walk
	w.reset()
	root := e.at(r.span)
	w.start, w.end = root.start, max(root.start, root.end)
	if root.start == 0 {
		w.end = 0
	}
	w.nodes = append(w.nodes, node{span: root})
	w.cost.Incomplete = r.incomplete || e.collapser.ranBefore(root)
	bereft := !e.shard.bereft.empty()
	for n := 0; n < len(w.nodes); n++ { //nolint:intrange // nodes grows
		for child := w.nodes[n].span.child; child != 0; child = e.at(child).next {
			w.visit(n, e.at(child))
		}
		if bereft && !w.cost.Incomplete {
			_, w.cost.Incomplete = e.shard.bereft.get(memoryKey{e.id, w.nodes[n].span.id})
		}
	}
	return w.descendants()
}

// ranBefore reports whether a request was running when spans were first received, so that
// descendants may have been sent before. What ended longer ago than spans wait is a
// recording, or comes from a client that has kept it whole.
func (c *Collapser) ranBefore(s *span) bool {
	if c.cfg.Began.IsZero() {
		return false
	}
	began := c.cfg.Began.UnixNano()
	return int64(s.start) < began && int64(s.end) > began-int64(c.cfg.PendingTTL)
}

// clip returns when the span ran inside the request: nothing is longer than its request.
func (w *walk) clip(s *span) interval {
	if s.start == 0 || s.end < s.start {
		return interval{w.start, w.start}
	}
	start := min(max(s.start, w.start), w.end)
	return interval{start, max(start, min(s.end, w.end))}
}

// visit adds a descendant of the parent's node.
func (w *walk) visit(parent int, s *span) {
	if s.has(record) {
		w.visitRecord(&w.nodes[parent], s)
		return
	}
	n := node{span: s, parent: int32(parent), owned: w.nodes[parent].owned, owner: w.nodes[parent].owner, failed: s.has(failed)}
	ran := w.clip(s)
	// Time is counted once, for the outermost span. What begins after that has ended is not
	// part of it, though it hangs below.
	switch {
	case s.category == other:
	case n.owned == 0 || s.start >= n.owned:
		w.count(s, ran.duration())
		n.owned, n.owner = max(n.owned, s.end, s.start+1), s.category
	case s.category == query && n.owner == databaseTime:
		// Some clients have a span around all that they do in a transaction.
		w.count(s, 0)
		n.owner = query
	}
	w.cost.Spans++
	if s.has(failed) {
		w.cost.SpanErrors++
	}
	if s.has(outgoing) {
		w.outgoing = append(w.outgoing, ran)
	}
	if s.details != nil {
		w.detailed = true
		w.explained = w.explained || s.details.explained
		w.cost.Exceptions += s.details.exceptions
		n.failed = n.failed || s.details.explained
	}
	w.nodes = append(w.nodes, n)
}

// visitRecord adds what a log record says about its span.
func (w *walk) visitRecord(about *node, s *span) {
	if s.details == nil {
		return
	}
	w.detailed = true
	w.records = append(w.records, s)
	if len(s.details.attributes) > 0 {
		w.cost.LogRecords++
	}
	if !s.details.explained {
		return
	}
	switch {
	case about.span.has(excepted):
	case about.span == w.nodes[0].span:
		w.recorded++
	default:
		w.cost.Exceptions++
	}
	if about.record == nil || laterFirst(s, about.record) < 0 {
		about.record = s
	}
	w.explained = true
	about.failed = about.failed || !s.has(mild)
}

// failure returns why the span failed, and whether that is known.
func (n *node) failure() (f request.Failure, known bool) {
	if d := n.span.details; d != nil && d.explained {
		f, known = d.failure, true
	}
	if n.record == nil || n.span.has(excepted) {
		return f, known
	}
	answered := f.Answered
	f = request.Explain(n.record.details.failure.Exception, f.Message, f.Code)
	f.Answered = answered
	return f, true
}

// count adds a span to its category.
func (w *walk) count(s *span, duration time.Duration) {
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
	case otherCall:
		w.cost.Other.Add(duration, s.has(failed))
	case databaseTime:
		w.cost.Queries.Duration += duration
		if s.has(failed) {
			w.cost.Queries.Errors++
		}
	case message:
		w.cost.MessagingDuration += duration
		w.cost.Messages++
		if s.details != nil && s.details.messages > 1 {
			w.cost.Messages += s.details.messages - 1
		}
	default:
	}
}

// descendants is what has been visited.
func (w *walk) descendants() request.Descendants {
	w.findMostRepeated()
	if w.cost.Spans > 0 {
		w.cost.Self = selfDuration(interval{w.start, w.end}, w.outgoing)
	}
	found := request.Descendants{Cost: w.cost}
	if w.detailed {
		found.Attributes = w.attributes()
	}
	if w.explained {
		found.Failures = w.failures()
	}
	if of := w.nodes[0].record; of != nil {
		found.Recorded = request.Recorded{Exception: of.details.failure.Exception, Count: w.recorded, Handled: of.has(mild)}
	}
	return found
}

func (w *walk) findMostRepeated() {
	for statement, n := range w.repeats {
		if n < 2 || n < w.cost.MaxRepeat {
			continue
		}
		text := statement.Value()
		// Among several, it is always the same one.
		if text != "" && (n > w.cost.MaxRepeat || text < w.cost.MaxRepeatQuery) {
			w.cost.MaxRepeat, w.cost.MaxRepeatQuery = n, text
		}
	}
}

// laterFirst orders spans by their end, the last first, in the same way however they came.
func laterFirst(a, b *span) int {
	return cmp.Or(cmp.Compare(b.end, a.end), bytes.Compare(b.id[:], a.id[:]))
}

// attributes returns those of the span that ended last first.
func (w *walk) attributes() (attributes []request.Attribute) {
	detailed := make([]*span, 0, len(w.nodes)+len(w.records))
	detailed = append(detailed, w.records...)
	for _, n := range w.nodes[1:] {
		if n.span.details != nil {
			detailed = append(detailed, n.span)
		}
	}
	slices.SortStableFunc(detailed, laterFirst)
	for _, s := range detailed {
		attributes = append(attributes, s.details.attributes...)
	}
	return attributes
}

// failures returns those on the failing path, each once: instrumentations record an exception
// on several spans.
func (w *walk) failures() (failures []request.Failure) {
	for n := len(w.nodes) - 1; n > 0; n-- {
		if child := &w.nodes[n]; child.failed {
			parent := &w.nodes[child.parent]
			parent.failed = true
			if parent.failing == 0 || laterFirst(child.span, w.nodes[parent.failing].span) < 0 {
				parent.failing = int32(n)
			}
		}
	}
	for n := w.nodes[0].failing; n != 0; n = w.nodes[n].failing {
		if f, known := w.nodes[n].failure(); known && !slices.Contains(failures, f) {
			failures = append(failures, f)
		}
	}
	return failures
}

// selfDuration returns how much of the time of a request none of the intervals covers. It
// sorts them.
func selfDuration(whole interval, intervals []interval) time.Duration {
	slices.SortFunc(intervals, func(a, b interval) int { return cmp.Compare(a.start, b.start) })
	self, covered := pcommon.Timestamp(0), whole.start
	for _, i := range intervals {
		if i.start > covered {
			self += i.start - covered
		}
		covered = max(covered, i.end)
	}
	if covered < whole.end {
		self += whole.end - covered
	}
	return time.Duration(self)
}
