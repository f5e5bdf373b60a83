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

// Outcome says what became of a request.
type Outcome uint8

const (
	// Stored requests become a line.
	Stored Outcome = iota
	// Restamped requests claim to come from the future and become a line of the time
	// they arrived.
	Restamped
	// Expired requests are older than the retention and become no line.
	Expired
	// NumOutcomes is how many there are.
	NumOutcomes
)

// Encoder makes rows of requests. It is not safe for concurrent use.
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
		Mapper:      m,
		server:      attributeValues{values: make([]pcommon.Value, len(m.names))},
		resource:    attributeValues{values: make([]pcommon.Value, len(m.names))},
		values:      make([]copyrow.Value, len(m.columns)),
		resolvedFor: make([]uint64, len(m.columns)),
		repairs:     make([]sanitize.Repairs, len(m.columns)),
	}}
}

// Encoder returns an encoder, to be released after use.
func (m *Mapper) Encoder() *Encoder {
	return m.encoders.Get().(*Encoder) //nolint:forcetypeassert // nothing else is in there
}

// Release ends the use of the encoder and of the requests that it has seen.
func (e *Encoder) Release() {
	// One huge export must not hold its memory for ever.
	const most = 1 << 20
	if cap(e.rows) > most {
		return
	}
	e.rows, e.ends, e.versions, e.amended = e.rows[:0], e.ends[:0], e.versions[:0], false
	e.resolver.unload()
	e.resolver.encoders.Put(e)
}

// Append appends the request's row, unless it is expired.
func (e *Encoder) Append(req request.Request) Outcome {
	r := &e.resolver
	createdAt, outcome := r.createdAtOf(req.Ended(), req.Arrival)
	if outcome == Expired {
		return Expired
	}
	r.load(req, createdAt)
	rows := copyrow.AppendRowStart(e.rows, len(r.columns))
	for i := range r.columns {
		if r.absent(i) {
			rows = append(rows, r.columns[i].absent...)
		} else {
			v := r.sanitized(i)
			rows = copyrow.AppendField(rows, &v)
		}
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

// Batch returns the rows appended so far in memory of their own, no more than they
// need, since they may wait long.
func (e *Encoder) Batch() copyrow.Batch {
	b := copyrow.Batch{Layout: e.resolver.layout, Rows: bytes.Clone(e.rows), Ends: slices.Clone(e.ends)}
	if e.amended {
		b.Versions = slices.Clone(e.versions)
	}
	return b
}

// Repairs calls yield for each column whose values had to be repaired for Postgres to
// take them, since the encoder was handed out.
func (e *Encoder) Repairs(yield func(column string, repairs sanitize.Repairs)) {
	for i, repairs := range e.resolver.repairs {
		if repairs != (sanitize.Repairs{}) {
			yield(e.resolver.columns[i].Name, repairs)
		}
	}
}
