package collapse

import (
	"time"
	"unique"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// archive holds the traces of a shard of which nothing is expected: the queue has the lines
// of all their requests. Most are never looked at again, but their spans are kept for as long
// as a line can be made anew, and known for a while after. They are packed one behind the
// other, without pointers, so that keeping them costs the garbage collector nothing. A trace
// that gets another span is unpacked.
type archive struct {
	places    map[pcommon.TraceID]int64
	traces    fifo[packedTrace]
	spans     fifo[packedSpan]
	requests  fifo[packedRequest]
	snapshots fifo[byte]

	texts     numbering[unique.Handle[string]]
	processes numbering[process]
	details   numbering[*details]

	// oldest is the place of the first trace that is known, open that of the first whose
	// requests are kept, next that of the trace to come.
	oldest, open, next int64
	// kept counts the spans of requests that are kept, left those that unpacked traces left
	// behind among them. known counts the spans before open, with what is left of others.
	kept, left, known int
	// limit bounds known.
	limit int
}

// packedTrace is a trace in an archive.
type packedTrace struct {
	id pcommon.TraceID
	// spans, requests and snapshots are their places.
	spans, requests, snapshots int64
	// until is when the last window of its requests is over, in nanoseconds.
	until    int64
	revision uint32
	// numSpans and numRequests are how many it has, with places that are not used; live and
	// free are those of the trace.
	numSpans, numRequests, live, free uint8
	// unpacked says that it is no longer here.
	unpacked bool
}

// packedSpan is a span in an archive. Of a request that is not kept any more, only its
// place in the trace, its identity and its process matter.
type packedSpan struct {
	id, parentID                                 pcommon.SpanID
	start, end                                   pcommon.Timestamp
	statement, details, process                  uint32
	flags                                        uint16
	category                                     category
	entry                                        bool
	root, parent, child, next, previous, request uint8
}

// packedRequest is a request in an archive. Its snapshot comes after that of the one before.
type packedRequest struct {
	recording                    recording
	arrival, changed             int64
	version, taken               uint32
	shape, resource, length      uint32
	span                         uint8
	offered, incomplete, skipped bool
}

const (
	// snapshotChunk is the most bytes of snapshots that a trace in an archive has.
	snapshotChunk = 16 << 10
	// maxLeft is how many spans unpacked traces may leave behind, beside as many as are kept.
	maxLeft = 1024
)

func newArchive() archive {
	return archive{
		places:    map[pcommon.TraceID]int64{},
		traces:    fifo[packedTrace]{size: 64},
		spans:     fifo[packedSpan]{size: 256},
		requests:  fifo[packedRequest]{size: 64},
		snapshots: fifo[byte]{size: snapshotChunk},
	}
}

// has reports whether a trace is in the archive.
func (a *archive) has(id pcommon.TraceID) bool {
	_, ok := a.places[id]
	return ok
}

// trace returns the trace at a place.
func (a *archive) trace(place int64) *packedTrace { return &a.traces.at(place, 1)[0] }

// contents returns the spans and requests of a trace.
func (a *archive) contents(p *packedTrace) ([]packedSpan, []packedRequest) {
	return a.spans.at(p.spans, int(p.numSpans)), a.requests.at(p.requests, int(p.numRequests))
}

// due returns when the first window of a trace is over, in nanoseconds; never: there is
// none. The newest trace decides where the clock was set back since the first came.
func (a *archive) due() int64 {
	if a.open == a.next {
		return never
	}
	return min(a.trace(a.open).until, a.trace(a.next-1).until)
}

// takes reports whether the trace can be packed: all spans and lines were acknowledged, it is
// small, and a trace that is packed again and again does not fill the archive.
func (a *archive) takes(t *trace) bool {
	if t.pending > 0 || t.live == 0 || len(t.spans) > smallTrace || t.index != nil || a.left > a.kept+maxLeft {
		return false
	}
	snapshots := 0
	for _, r := range t.requests {
		if r.offers > 0 || r.closed || r.deferred() || r.version > r.taken && !t.at(r.span).has(folded) {
			return false
		}
		snapshots += len(r.snapshot.values)
	}
	for i := range t.spans {
		if s := &t.spans[i]; s.flags != 0 && !s.has(acknowledged) {
			return false
		}
	}
	return snapshots <= snapshotChunk
}

// pack adds a trace, whose requests can be amended for as long as the window.
func (a *archive) pack(t *trace, window time.Duration) {
	p := packedTrace{
		id: t.id, spans: a.packSpans(t.spans), snapshots: a.packSnapshots(t.requests),
		revision: t.revision, numSpans: uint8(len(t.spans)), numRequests: uint8(len(t.requests)),
		live: uint8(t.live), free: uint8(t.free),
	}
	var requests []packedRequest
	p.requests, requests = a.requests.reserve(len(t.requests))
	for i, r := range t.requests {
		if !t.at(r.span).has(folded) {
			p.until = max(p.until, r.changed+int64(window))
		}
		requests[i] = packedRequest{
			recording: r.recording, arrival: r.arrival, changed: r.changed, version: r.version, taken: r.taken,
			shape: a.texts.refer(r.snapshot.shape), resource: a.texts.refer(r.snapshot.resource),
			length: uint32(len(r.snapshot.values)),
			span:   uint8(r.span), offered: r.offered, incomplete: r.incomplete, skipped: r.skipped,
		}
	}
	a.kept += len(t.spans)
	place, traces := a.traces.reserve(1)
	traces[0], a.places[t.id], a.next = p, place, place+1
}

func (a *archive) packSpans(spans []span) (place int64) {
	place, packed := a.spans.reserve(len(spans))
	for i := range spans {
		s := &spans[i]
		packed[i] = packedSpan{
			id: s.id, parentID: s.parentID, start: s.start, end: s.end,
			statement: a.texts.refer(s.statement), details: a.details.refer(s.details), process: a.processes.refer(s.process),
			flags: s.flags, category: s.category, entry: s.entry,
			root: uint8(s.root), parent: uint8(s.parent), child: uint8(s.child), next: uint8(s.next),
			previous: uint8(s.previous), request: uint8(s.request),
		}
	}
	return place
}

func (a *archive) packSnapshots(requests []*serving) (place int64) {
	total := 0
	for _, r := range requests {
		total += len(r.snapshot.values)
	}
	place, packed := a.snapshots.reserve(total)
	for _, r := range requests {
		packed = packed[copy(packed, r.snapshot.values):]
	}
	return place
}

// unpack moves a trace out of the archive. closed says that its requests were not kept any
// more: they have no snapshot, and their spans no statements and details.
func (a *archive) unpack(t *trace, newServing func() *serving) (closed bool) {
	place := a.places[t.id]
	p := a.trace(place)
	a.read(t, place, newServing)
	closed = place < a.open
	if !closed {
		a.releaseContents(p)
		a.kept -= int(p.numSpans)
		a.left += int(p.numSpans)
	}
	a.forget(p)
	return closed
}

// read fills a trace with what the archive has at a place.
func (a *archive) read(t *trace, place int64, newServing func() *serving) {
	p := a.trace(place)
	closed := place < a.open
	spans, requests := a.contents(p)
	for i := range spans {
		t.spans = append(t.spans, a.unpackSpan(&spans[i]))
	}
	snapshots := p.snapshots
	for i := range requests {
		packed, r := &requests[i], newServing()
		r.span, r.recording = int32(packed.span), packed.recording
		r.arrival, r.changed, r.version, r.taken = packed.arrival, packed.changed, packed.version, packed.taken
		r.offered, r.incomplete, r.skipped, r.closed = packed.offered, packed.incomplete, packed.skipped, closed
		if !closed {
			r.snapshot = snapshot{
				append(r.snapshot.values, a.snapshots.at(snapshots, int(packed.length))...),
				a.texts.value(packed.shape), a.texts.value(packed.resource),
			}
			snapshots += int64(packed.length)
		}
		t.requests = append(t.requests, r)
	}
	t.revision, t.live, t.free = p.revision, int32(p.live), int32(p.free)
}

func (a *archive) unpackSpan(s *packedSpan) span {
	return span{
		identity: identity{s.id, s.entry}, category: s.category, flags: s.flags, parentID: s.parentID,
		start: s.start, end: s.end, process: a.processes.value(s.process),
		statement: a.texts.value(s.statement), details: a.details.value(s.details),
		root: int32(s.root), parent: int32(s.parent), child: int32(s.child), next: int32(s.next),
		previous: int32(s.previous), request: int32(s.request),
	}
}

// releaseContents releases what lines are made of.
func (a *archive) releaseContents(p *packedTrace) {
	spans, requests := a.contents(p)
	for i := range spans {
		s := &spans[i]
		a.texts.release(s.statement)
		a.details.release(s.details)
		s.statement, s.details = 0, 0
	}
	for i := range requests {
		a.texts.release(requests[i].shape)
		a.texts.release(requests[i].resource)
		requests[i].shape, requests[i].resource = 0, 0
	}
}

// forget removes what is left of a trace.
func (a *archive) forget(p *packedTrace) {
	spans, _ := a.contents(p)
	for _, s := range spans {
		a.processes.release(s.process)
	}
	delete(a.places, p.id)
	p.unpacked = true
}

// archived is what an archive keeps no longer: spans, requests that could be amended, and
// bytes of snapshots.
type archived struct{ spans, requests, bytes int }

// close ends the windows of the first trace whose requests are kept. It is known until limit
// spans of others have come.
func (a *archive) close() (ended archived) {
	p := a.trace(a.open)
	if p.unpacked {
		a.left -= int(p.numSpans)
	} else {
		ended = a.held(p)
		a.releaseContents(p)
		a.kept -= int(p.numSpans)
	}
	a.known += int(p.numSpans)
	a.open++
	if a.open < a.next {
		a.snapshots.drop(a.trace(a.open).snapshots)
	}
	for a.known > a.limit {
		a.dropOldest()
	}
	return ended
}

// held returns what a trace in the archive holds.
func (a *archive) held(p *packedTrace) archived {
	held := archived{spans: int(p.live)}
	_, requests := a.contents(p)
	for _, r := range requests {
		held.bytes += int(r.length)
		if r.taken > 0 {
			held.requests++
		}
	}
	return held
}

func (a *archive) dropOldest() {
	p := a.trace(a.oldest)
	if !p.unpacked {
		a.forget(p)
	}
	a.known -= int(p.numSpans)
	a.oldest++
	if a.oldest < a.next {
		first := a.trace(a.oldest)
		a.spans.drop(first.spans)
		a.requests.drop(first.requests)
		a.traces.drop(a.oldest)
	}
}
