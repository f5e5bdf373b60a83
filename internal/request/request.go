// Package request holds a request as its spans tell it: the SERVER span, its resource and
// what its descendants add.
package request

import (
	"math"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Request is one request. Its spans are never changed.
type Request struct {
	// Resource describes the service that answered.
	Resource pcommon.Resource
	// Span is the SERVER span.
	Span ptrace.Span
	// Arrival is when the span was received.
	Arrival time.Time
	// Descendants summarises the spans below the SERVER span.
	Descendants Descendants
}

// Ended returns when the request ended, truncated to the microseconds that Postgres
// keeps: the span's end, else its start, else its arrival.
func (r Request) Ended() time.Time {
	for _, t := range []pcommon.Timestamp{r.Span.EndTimestamp(), r.Span.StartTimestamp()} {
		if t != 0 {
			return time.UnixMicro(int64(t / 1000)).UTC()
		}
	}
	return r.Arrival.UTC().Truncate(time.Microsecond)
}

// Duration returns how long the request took, or 0 if its times are reversed or missing.
func (r Request) Duration() time.Duration {
	start, end := r.Span.StartTimestamp(), r.Span.EndTimestamp()
	if start == 0 || end < start {
		return 0
	}
	return time.Duration(min(end-start, math.MaxInt64))
}

// ID returns the ID of the request's line. It is the same for the same span and sorts
// by time like a ULID (https://github.com/ulid/spec). It consists of createdAt in
// milliseconds (6 bytes), the end of the trace ID (2 bytes) and the span ID (8 bytes).
func (r Request) ID(createdAt time.Time) (id [16]byte) {
	ms := uint64(createdAt.UnixMilli())
	for i := range 6 {
		id[i] = byte(ms >> (8 * (5 - i)))
	}
	trace, span := r.Span.TraceID(), r.Span.SpanID()
	copy(id[6:], trace[14:])
	copy(id[8:], span[:])
	return id
}
