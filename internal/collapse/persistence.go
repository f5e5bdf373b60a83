package collapse

import (
	"bufio"
	"encoding/json"
	"io"
	"time"
	"unique"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"canonicallineexporter/internal/request"
)

// What Save writes is a version, when it was written, when spans were first received, and
// then records in any order, each after its kind. The last one says that nothing is missing.
// Numbers are varints, and texts and processes that come more often are written once. Links
// between spans are places in the record, and what follows from the spans is left out.
// Nothing depends on the process that wrote it.

// savedVersion is that of the form. A change of what is kept of a span needs another one.
const savedVersion = 1

// Kinds of records.
const (
	savedEnd uint64 = iota
	savedTrace
	savedDone
	savedBereft
)

// saver writes what a collapser keeps. An error of the writer stays with it.
type saver struct {
	*bufio.Writer
	// since is before what is remembered of spans that are gone, in nanoseconds.
	since int64
	// texts and processes are numbers of those that were written.
	texts     map[unique.Handle[string]]uint64
	processes map[process]uint64
	values    snapshotter
	// places are those of the spans of a trace in its record.
	places []int32
}

// Save writes what the collapser keeps and remembers, for Load in another process. Of what is
// gone, it leaves out requests that came too long ago for spans of theirs to come again. The caller must have ended all other use.
func (c *Collapser) Save(w io.Writer, now time.Time) error {
	s := saver{
		Writer: bufio.NewWriter(w), since: now.Add(-2*c.cfg.PendingTTL - c.cfg.AmendWindow).UnixNano(),
		texts: map[unique.Handle[string]]uint64{}, processes: map[process]uint64{},
	}
	s.number(savedVersion)
	s.number(uint64(now.UnixNano()))
	began := int64(0)
	if !c.cfg.Began.IsZero() {
		began = c.cfg.Began.UnixNano()
	}
	s.number(uint64(began))
	for i := range c.shards {
		c.shards[i].mu.Lock()
		defer c.shards[i].mu.Unlock()
	}
	for i := range c.shards {
		s.saveGone(&c.shards[i])
	}
	for i := range c.shards {
		for _, t := range c.shards[i].traces {
			s.saveTrace(t)
		}
	}
	c.saveArchives(&s)
	s.number(savedEnd)
	c.mu.Lock()
	defer c.mu.Unlock()
	outcomes, err := json.Marshal(c.outcomes)
	if err != nil {
		return err
	}
	s.bytes(outcomes)
	return s.Flush()
}

// saveGone writes what a shard remembers of spans that are gone.
func (s *saver) saveGone(of *shard) {
	a := &of.archive
	scratch := &trace{}
	for place := a.oldest; place < a.open; place++ {
		if p := a.trace(place); !p.unpacked {
			scratch.clear()
			scratch.id = p.id
			a.read(scratch, place, func() *serving { return &serving{} })
			s.saveDone(p.id, scratch.gone())
		}
	}
	// What was put last is remembered longest.
	for _, generation := range []map[memoryKey]*doneTrace{of.done.previous, of.done.recent} {
		for key, d := range generation {
			s.saveDone(key.trace, d)
		}
	}
	for _, generation := range []map[memoryKey]struct{}{of.bereft.previous, of.bereft.recent} {
		for key := range generation {
			s.number(savedBereft)
			s.write(key.trace[:])
			s.write(key.span[:])
		}
	}
}

// gone returns what is to be remembered of a trace whose requests are not kept any more.
func (t *trace) gone() *doneTrace {
	d := &doneTrace{}
	owners := map[int32]*owner{}
	for _, r := range t.requests {
		root := t.at(r.span)
		if root.has(folded) {
			continue
		}
		owners[r.span] = d.addOwner(owner{
			Mark:    request.Mark{TraceID: t.id, SpanID: root.id, Ended: endOf(root, r.arrival), Arrival: time.Unix(0, r.arrival).UTC()},
			process: root.process, start: root.start, end: root.end, marked: r.incomplete || r.skipped,
		})
	}
	for i := range t.spans {
		if s := &t.spans[i]; s.flags != 0 && owners[s.root] != nil {
			d.add(doneSpan{s.identity, s.has(outgoing), false, owners[s.root]})
		}
	}
	return d
}

// saveDone writes the requests that are gone and their spans.
func (s *saver) saveDone(id pcommon.TraceID, d *doneTrace) {
	places := map[*owner]uint64{}
	var owners []*owner
	keep := func(o *owner) {
		if _, known := places[o]; !known && (o.none || o.Arrival.UnixNano() >= s.since) {
			places[o] = uint64(len(owners))
			owners = append(owners, o)
		}
	}
	for _, o := range d.owners {
		keep(o)
	}
	spans := 0
	for i := range d.spans {
		keep(d.spans[i].owner)
		if _, kept := places[d.spans[i].owner]; kept {
			spans++
		}
	}
	if len(owners) == 0 {
		return
	}
	s.number(savedDone)
	s.write(id[:])
	s.number(uint64(len(owners)))
	for _, o := range owners {
		s.number(bits(o.none, o.marked))
		s.process(o.process)
		if !o.none {
			s.write(o.SpanID[:])
			s.number(uint64(o.Ended.UnixMicro()))
			s.number(uint64(o.Arrival.UnixNano()))
			s.times(o.start, o.end)
		}
	}
	s.number(uint64(spans))
	for i := range d.spans {
		o := &d.spans[i]
		if place, kept := places[o.owner]; kept {
			s.write(o.id[:])
			s.number(place<<3 | bits(o.entry, o.outgoing, o.late))
		}
	}
}

// saveArchives writes the traces in all archives in the order in which their windows end, so
// that they can be packed again one after the other.
func (c *Collapser) saveArchives(s *saver) {
	heads := make([]archiveHead, shards)
	for i := range heads {
		a := &c.shards[i].archive
		heads[i] = archiveHead{a, a.open}
	}
	for scratch := (&trace{}); ; {
		var first *archiveHead
		for i := range heads {
			h := &heads[i]
			if h.find() && (first == nil || h.until() < first.until()) {
				first = h
			}
		}
		if first == nil {
			return
		}
		scratch.clear()
		scratch.id = first.archive.trace(first.place).id
		first.archive.read(scratch, first.place, func() *serving { return &serving{} })
		s.saveTrace(scratch)
		first.place++
	}
}

// archiveHead is the next trace of an archive.
type archiveHead struct {
	archive *archive
	place   int64
}

// find goes on to the next trace that is still there and reports whether there is one.
func (h *archiveHead) find() bool {
	for h.place < h.archive.next && h.archive.trace(h.place).unpacked {
		h.place++
	}
	return h.place < h.archive.next
}

func (h *archiveHead) until() int64 { return h.archive.trace(h.place).until }

// saveTrace writes a trace that is kept.
func (s *saver) saveTrace(t *trace) {
	if t.live == 0 {
		return
	}
	s.number(savedTrace)
	s.write(t.id[:])
	s.number(uint64(t.revision))
	s.number(uint64(t.latest))
	s.number(uint64(t.live))
	s.places = append(s.places[:0], 0)
	for i, place := 0, int32(0); i < len(t.spans); i++ {
		if t.spans[i].flags != 0 {
			place++
		}
		s.places = append(s.places, place)
	}
	for i := range t.spans {
		kept := &t.spans[i]
		if kept.flags == 0 {
			continue
		}
		s.saveSpan(kept, s.places[kept.parent])
		if kept.request != 0 {
			s.saveRequest(t.requests[kept.request-1])
		}
	}
}

func (s *saver) saveSpan(kept *span, parent int32) {
	s.write(kept.id[:])
	s.write(kept.parentID[:])
	s.number(uint64(kept.flags)<<2 | bits(kept.entry, kept.details != nil))
	s.number(uint64(kept.category))
	s.number(uint64(parent))
	s.times(kept.start, kept.end)
	s.process(kept.process)
	s.text(kept.statement)
	d := kept.details
	if d == nil {
		return
	}
	s.number(uint64(len(d.attributes)))
	for _, a := range d.attributes {
		s.text(unique.Make(a.Key))
		s.number(bits(a.Internal, a.Server))
		s.number(uint64(a.Ended))
		value := s.values.appendValue(s.values.nested(0), a.Value, 1)
		s.values.scratch[0] = value
		s.bytes(value)
	}
	s.number(bits(d.explained, d.failure.Answered))
	for _, text := range []string{d.failure.Type, d.failure.Message, d.failure.Code} {
		s.bytes([]byte(text))
	}
	s.number(uint64(d.exceptions))
	s.number(uint64(d.messages))
}

func (s *saver) saveRequest(r *serving) {
	s.number(r.recording.scope)
	s.number(r.recording.target)
	for _, time := range []int64{r.arrival, r.changed, r.due, r.tried} {
		s.number(uint64(time))
	}
	s.number(uint64(r.version))
	s.number(uint64(r.taken))
	s.number(bits(r.offered, r.unfinished, r.orphaned, r.incomplete, r.closed, r.skipped))
	s.text(r.snapshot.resource)
	s.bytes(r.snapshot.message())
}
