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
	// Skipped says that the request makes no line.
	Skipped bool
	// Version is 0 for the first line of the request. A later one has a higher version
	// and replaces those before it.
	Version uint32
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

// ID returns the id of the line of a SERVER span. It is the same for the same span and
// sorts by time like a ULID (https://github.com/ulid/spec): 6 bytes of the milliseconds
// of createdAt, the last 2 bytes of the trace id, the 8 bytes of the span id.
func ID(createdAt time.Time, trace pcommon.TraceID, span pcommon.SpanID) (id [16]byte) {
	ms := uint64(createdAt.UnixMilli())
	for i := range 6 {
		id[i] = byte(ms >> (8 * (5 - i)))
	}
	copy(id[6:], trace[14:])
	copy(id[8:], span[:])
	return id
}

// Mark is a request whose line has gone out and can no longer be made anew: all that is
// left to say is that it is incomplete.
type Mark struct {
	TraceID pcommon.TraceID
	SpanID  pcommon.SpanID
	// Ended and Arrival are those of the request.
	Ended, Arrival time.Time
}
