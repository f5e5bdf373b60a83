package line

import (
	"bytes"
	"slices"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/request"
	"canonicallineexporter/internal/sanitize"
)

// Outcome says what Append did with a request.
type Outcome uint8

const (
	// Stored says that the request became a line.
	Stored Outcome = iota
	// Restamped says that the request claims to come from the future and became a line
	// with its time of arrival.
	Restamped
	// Expired says that the request is older than the retention and became no line.
	Expired
	// Skipped says that the request makes no line.
	Skipped
	// NumOutcomes counts the outcomes.
	NumOutcomes
)

// Encoder encodes requests as rows. It is not safe for concurrent use.
type Encoder struct {
	resolver resolver
	rows     []byte
	ends     []int
	versions []uint32
	// amended says that one of the versions is not the first.
	amended bool
}

func newEncoder(m *Mapper) *Encoder {
	return &Encoder{resolver: resolver{
		Mapper:   m,
		server:   attributeValues{values: make([]pcommon.Value, len(m.names))},
		resource: attributeValues{values: make([]pcommon.Value, len(m.names))},
		repairs:  make([]sanitize.Repairs, len(m.columns)),
	}}
}

// Encoder returns an encoder without rows. The caller releases it after use.
func (m *Mapper) Encoder() *Encoder {
	return m.encoders.Get().(*Encoder) //nolint:forcetypeassert // nothing else is in there
}

// Release gives the encoder back to its mapper. It drops the rows, the repairs and every
// reference to a request.
func (e *Encoder) Release() {
	// The pool must not keep the memory of one huge export for ever.
	const most = 1 << 20
	if cap(e.rows) > most {
		return
	}
	e.rows, e.ends, e.versions, e.amended = e.rows[:0], e.ends[:0], e.versions[:0], false
	e.resolver.unload()
	e.resolver.encoders.Put(e)
}

// Append appends the request's row unless the request is expired or skipped.
func (e *Encoder) Append(req request.Request) Outcome {
	if req.Skipped {
		return Skipped
	}
	r := &e.resolver
	createdAt, outcome := r.createdAtOf(req.Ended(), req.Arrival)
	if outcome == Expired {
		return Expired
	}
	r.load(req, createdAt)
	rows := copyrow.AppendRowStart(e.rows, len(r.columns))
	var v copyrow.Value
	for i := range r.columns {
		switch {
		case r.absent(i):
			rows = append(rows, r.columns[i].absent...)
			continue
		case i == r.statusColumn:
			v = r.status
		case i == r.pathColumn:
			v = r.path
		case i == r.routeColumn:
			v = r.pattern
		default:
			r.resolve(&v, i)
		}
		r.sanitize(&v, i)
		rows = copyrow.AppendField(rows, &v)
	}
	e.finish(rows, req.Version)
	return outcome
}

// AppendMark appends a row that says of a stored line that it is incomplete and holds
// nothing else, unless the line is expired.
func (e *Encoder) AppendMark(mark request.Mark) {
	r := &e.resolver
	createdAt, outcome := r.createdAtOf(mark.Ended, mark.Arrival)
	if outcome == Expired {
		return
	}
	rows := copyrow.AppendRowStart(e.rows, len(r.columns))
	for i := range r.columns {
		v := copyrow.Null
		switch r.columns[i].Name {
		case "id":
			v = copyrow.UUIDValue(request.ID(createdAt, mark.TraceID, mark.SpanID))
		case "created_at":
			v = copyrow.TimestampValue(createdAt)
		case "statistics":
			v = copyrow.JSONValue(`{"` + statisticIncomplete + `":true}`)
		}
		rows = copyrow.AppendField(rows, &v)
	}
	e.finish(rows, copyrow.Mark)
}

func (e *Encoder) finish(rows []byte, version uint32) {
	e.rows, e.ends, e.versions = rows, append(e.ends, len(rows)), append(e.versions, version)
	e.amended = e.amended || version > 0
}

// createdAtOf returns the time of a request's line. One that claims to come from the
// future has that of its arrival.
func (m *Mapper) createdAtOf(ended, arrival time.Time) (time.Time, Outcome) {
	switch {
	case ended.After(arrival.Add(m.cfg.Horizon)):
		return arrival.UTC().Truncate(time.Microsecond), Restamped
	case m.cfg.Retention > 0 && ended.Before(arrival.Add(-m.cfg.Retention)):
		return ended, Expired
	default:
		return ended, Stored
	}
}

// Len returns the number of rows appended so far.
func (e *Encoder) Len() int { return len(e.ends) }

// Batch returns a copy of the rows appended so far. The copy has no spare capacity,
// because it may wait in the queue for long.
func (e *Encoder) Batch() copyrow.Batch {
	b := copyrow.Batch{Layout: e.resolver.layout, Rows: bytes.Clone(e.rows), Ends: slices.Clone(e.ends)}
	if e.amended {
		b.Versions = slices.Clone(e.versions)
	}
	return b
}

// Repairs calls yield for each column with repairs since the mapper handed the encoder
// out.
func (e *Encoder) Repairs(yield func(column string, repairs sanitize.Repairs)) {
	for i, repairs := range e.resolver.repairs {
		if repairs != (sanitize.Repairs{}) {
			yield(e.resolver.columns[i].Name, repairs)
		}
	}
}
