package request

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

var arrival = time.Date(2023, 5, 12, 13, 14, 15, 123_456_789, time.UTC)

func at(t time.Time) pcommon.Timestamp { return pcommon.NewTimestampFromTime(t) }

// newRequest returns a request whose span has these times.
func newRequest(start, end pcommon.Timestamp) Request {
	span := ptrace.NewSpan()
	span.SetTraceID(pcommon.TraceID{0x4b, 0xf9, 0x2f, 0x35, 0x77, 0xb3, 0x4d, 0xa6, 0xa3, 0xce, 0x92, 0x9d, 0x0e, 0x0e, 0x47, 0x36})
	span.SetSpanID(pcommon.SpanID{0x00, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7})
	span.SetStartTimestamp(start)
	span.SetEndTimestamp(end)
	return Request{Span: span, Arrival: arrival}
}

func TestRequest_EndedAndDuration_OfAnyTimes(t *testing.T) {
	t.Parallel()
	var (
		start  = arrival.Add(-2 * time.Second)
		end    = arrival.Add(-time.Second)
		micros = func(t time.Time) time.Time { return t.Truncate(time.Microsecond) }
	)
	for name, tt := range map[string]struct {
		start, end pcommon.Timestamp
		ended      time.Time
		duration   time.Duration
	}{
		"both":            {at(start), at(end), micros(end), time.Second},
		"to microseconds": {at(start), at(start) + 1999, micros(start.Add(1999)), 1999},
		"reversed":        {at(end), at(start), micros(start), 0},
		"no end":          {at(start), 0, micros(start), 0},
		"no start":        {0, at(end), micros(end), 0},
		"neither":         {0, 0, micros(arrival), 0},
		"the same":        {at(end), at(end), micros(end), 0},
		"a day and more":  {at(end.Add(-30 * time.Hour)), at(end), micros(end), 30 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := newRequest(tt.start, tt.end)
			require.Equal(t, tt.ended, req.Ended())
			require.Equal(t, tt.duration, req.Duration())
		})
	}
}

func TestRequest_Duration_OfCenturiesIsNotNegative(t *testing.T) {
	t.Parallel()
	require.Equal(t, time.Duration(math.MaxInt64), newRequest(1, math.MaxUint64).Duration())
}

func TestRequest_ID_SortsByTimeAndIsTheSpans(t *testing.T) {
	t.Parallel()
	req := newRequest(at(arrival), at(arrival))
	id := ID(arrival, req.Span.TraceID(), req.Span.SpanID())
	// The milliseconds of 2023-05-12T13:14:15.123Z, the end of the trace ID and the span ID.
	require.Equal(t, [16]byte{0x01, 0x88, 0x10, 0x19, 0x04, 0xd3, 0x47, 0x36, 0x00, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7}, id)

	later := ID(arrival.Add(time.Millisecond), req.Span.TraceID(), req.Span.SpanID())
	require.Less(t, string(id[:]), string(later[:]))

	sibling := newRequest(at(arrival), at(arrival))
	sibling.Span.SetSpanID(pcommon.SpanID{1})
	require.NotEqual(t, id, ID(arrival, sibling.Span.TraceID(), sibling.Span.SpanID()))
}
