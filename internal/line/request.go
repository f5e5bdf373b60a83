// Package line turns a request into one canonical line and the line into a row
// in Postgres' binary COPY format.
//
// columns.go is the table of columns: what each is called, its type, and where
// its value comes from.
package line

import (
	"math"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Request is one request as its spans tell it. The spans are only read.
type Request struct {
	// Resource is the service that answered.
	Resource pcommon.Resource
	// Span is the SERVER span.
	Span ptrace.Span
	// Arrival is when the span was received.
	Arrival time.Time
	// Descendants is what the spans below the SERVER span add up to.
	Descendants Descendants
}

// Ended is when the request ended, cut to the microseconds that Postgres keeps:
// the span's end, else its start, else its arrival.
func (r Request) Ended() time.Time {
	for _, t := range []pcommon.Timestamp{r.Span.EndTimestamp(), r.Span.StartTimestamp()} {
		if t != 0 {
			return time.UnixMicro(int64(t / 1000)).UTC()
		}
	}
	return r.Arrival.UTC().Truncate(time.Microsecond)
}

// duration is how long the request took; 0 when its times are reversed or
// missing.
func (r Request) duration() time.Duration {
	start, end := r.Span.StartTimestamp(), r.Span.EndTimestamp()
	if start == 0 || end < start {
		return 0
	}
	return time.Duration(min(end-start, math.MaxInt64))
}

// id is the same for the same span and, like a ULID, sorts by time: 6 bytes of
// the milliseconds of createdAt, the last 2 bytes of the trace id, the 8 bytes
// of the span id.
func (r Request) id(createdAt time.Time) (id [16]byte) {
	ms := uint64(createdAt.UnixMilli())
	for i := range 6 {
		id[i] = byte(ms >> (8 * (5 - i)))
	}
	trace, span := r.Span.TraceID(), r.Span.SpanID()
	copy(id[6:], trace[14:])
	copy(id[8:], span[:])
	return id
}
