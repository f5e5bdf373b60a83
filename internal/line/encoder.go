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
}

func newEncoder(m *Mapper) *Encoder {
	return &Encoder{resolver: resolver{
		Mapper:   m,
		server:   attributeValues{values: make([]pcommon.Value, len(m.names))},
		resource: attributeValues{values: make([]pcommon.Value, len(m.names))},
		repairs:  make([]sanitize.Repairs, len(m.columns)),
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
	e.rows, e.ends = e.rows[:0], e.ends[:0]
	e.resolver.unload()
	e.resolver.encoders.Put(e)
}

// Append appends the request's row, unless it is expired.
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
		if r.absent(i) {
			rows = append(rows, r.columns[i].absent...)
		} else {
			r.value(&v, i)
			r.sanitize(&v, i)
			rows = copyrow.AppendField(rows, &v)
		}
	}
	e.rows, e.ends = rows, append(e.ends, len(rows))
	return outcome
}

// Len returns the number of rows appended so far.
func (e *Encoder) Len() int { return len(e.ends) }

// Batch returns the rows appended so far in memory of their own, no more than they
// need, since they may wait long.
func (e *Encoder) Batch() copyrow.Batch {
	return copyrow.Batch{Layout: e.resolver.layout, Rows: bytes.Clone(e.rows), Ends: slices.Clone(e.ends)}
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
