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
	// NumOutcomes counts the outcomes.
	NumOutcomes
)

// Encoder encodes requests as rows. It is not safe for concurrent use.
type Encoder struct {
	resolver resolver
	rows     []byte
	ends     []int
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
	e.rows, e.ends = e.rows[:0], e.ends[:0]
	e.resolver.unload()
	e.resolver.encoders.Put(e)
}

// Append appends the request's row unless the request is expired.
func (e *Encoder) Append(req request.Request) Outcome {
	r, outcome := &e.resolver, Stored
	createdAt := req.Ended()
	switch {
	case createdAt.After(req.Arrival.Add(r.cfg.Horizon)):
		createdAt, outcome = req.Arrival.UTC().Truncate(time.Microsecond), Restamped
	case r.cfg.Retention > 0 && createdAt.Before(req.Arrival.Add(-r.cfg.Retention)):
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
		default:
			r.resolve(&v, i)
		}
		r.sanitize(&v, i)
		rows = copyrow.AppendField(rows, &v)
	}
	e.rows, e.ends = rows, append(e.ends, len(rows))
	return outcome
}

// Len returns the number of rows appended so far.
func (e *Encoder) Len() int { return len(e.ends) }

// Batch returns a copy of the rows appended so far. The copy has no spare capacity,
// because it may wait in the queue for long.
func (e *Encoder) Batch() copyrow.Batch {
	return copyrow.Batch{Layout: e.resolver.layout, Rows: bytes.Clone(e.rows), Ends: slices.Clone(e.ends)}
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
