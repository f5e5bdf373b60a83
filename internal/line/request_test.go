package line

import (
	"bytes"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
)

func at(t time.Time) pcommon.Timestamp { return pcommon.NewTimestampFromTime(t) }

func TestTimesOfALine(t *testing.T) {
	t.Parallel()
	var (
		start  = arrival.Add(-2 * time.Second)
		end    = arrival.Add(-time.Second)
		micros = func(t time.Time) time.Time { return t.Truncate(time.Microsecond) }
	)
	for name, tt := range map[string]struct {
		start, end pcommon.Timestamp
		createdAt  time.Time
		duration   time.Duration
	}{
		"both":            {at(start), at(end), micros(end), time.Second},
		"to microseconds": {at(start), at(start) + 1999, micros(start.Add(1999)), time.Microsecond},
		"reversed":        {at(end), at(start), micros(start), 0},
		"no end":          {at(start), 0, micros(start), 0},
		"no start":        {0, at(end), micros(end), 0},
		"neither":         {0, 0, micros(arrival), 0},
		"the same":        {at(end), at(end), micros(end), 0},
		"a day and more":  {at(end.Add(-30 * time.Hour)), at(end), micros(end), 30 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := newRequest(t, nil)
			req.Span.SetStartTimestamp(tt.start)
			req.Span.SetEndTimestamp(tt.end)
			got := read(t, req)
			require.Equal(t, tt.createdAt, got["created_at"])
			require.Equal(t, tt.duration, got["duration"])
		})
	}
}

func TestDurationOfCenturiesIsNotNegative(t *testing.T) {
	t.Parallel()
	req := newRequest(t, nil)
	req.Span.SetStartTimestamp(1)
	req.Span.SetEndTimestamp(math.MaxUint64)
	require.Positive(t, read(t, req)["duration"])
}

func TestOutcomeGoesByTheTimeOfArrival(t *testing.T) {
	t.Parallel()
	forever := config
	forever.Retention = 0
	stamped := arrival.Truncate(time.Microsecond)
	for name, tt := range map[string]struct {
		cfg     Config
		end     time.Time
		outcome Outcome
	}{
		"now":                    {config, arrival, Stored},
		"at the horizon":         {config, stamped.Add(config.Horizon), Stored},
		"beyond the horizon":     {config, arrival.Add(config.Horizon + time.Microsecond), Restamped},
		"far beyond":             {config, time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC), Restamped},
		"within the retention":   {config, arrival.Add(time.Microsecond - config.Retention), Stored},
		"older than the kept":    {config, arrival.Add(-config.Retention - time.Microsecond), Expired},
		"old, but kept for ever": {forever, time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC), Stored},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := newRequest(t, nil)
			req.Span.SetEndTimestamp(at(tt.end))
			rows, outcome := appendRow(NewMapper(tt.cfg).Encoder(), []byte("before"), req)
			require.Equal(t, tt.outcome, outcome)
			row, ok := bytes.CutPrefix(rows, []byte("before"))
			require.True(t, ok)
			switch outcome {
			case Expired:
				require.Empty(t, row)
			case Restamped:
				got := decode(t, row)
				require.Equal(t, stamped, got["created_at"])
				require.Equal(t, read(t, newRequest(t, nil))["id"], got["id"], "the id sorts with created_at")
			default:
				require.Equal(t, tt.end.Truncate(time.Microsecond), decode(t, row)["created_at"])
			}
		})
	}
}

func TestIDSortsByTimeAndIsTheSpansOwn(t *testing.T) {
	t.Parallel()
	req := newRequest(t, nil)
	got := read(t, req)
	// Milliseconds of 2023-05-12T13:14:15.123Z, end of the trace id, span id.
	require.Equal(t, "01881019-04d3-4736-00f0-67aa0ba902b7", got["id"])
	require.Equal(t, got["id"], read(t, newRequest(t, attrs{"url.path": "/other"}))["id"])
	require.Equal(t, "4bf92f3577b34da6a3ce929d0e0e4736", got["trace_id"])
	require.Equal(t, "00f067aa0ba902b7", got["span_id"])

	later := newRequest(t, nil)
	later.Span.SetEndTimestamp(later.Span.EndTimestamp() + 1_000_000)
	require.Less(t, got["id"], read(t, later)["id"])

	sibling := newRequest(t, nil)
	sibling.Span.SetSpanID(pcommon.SpanID{1})
	require.NotEqual(t, got["id"], read(t, sibling)["id"])
}

func TestSpanWithoutIDsHasALine(t *testing.T) {
	t.Parallel()
	req := newRequest(t, nil)
	req.Span.SetTraceID(pcommon.TraceID{})
	req.Span.SetSpanID(pcommon.SpanID{})
	got := read(t, req)
	require.Nil(t, got["trace_id"])
	require.Nil(t, got["span_id"])
	require.Equal(t, "00000000-0000-0000-0000-000000000000", got["request_id"])
}

func TestSpanOfBothGenerationsIsOneLine(t *testing.T) {
	t.Parallel()
	const header = "http.request.header."
	newer := attrs{
		"http.request.method": "POST", "url.path": "/users/1", "url.query": "a=b&token=c", "url.scheme": "https",
		"http.route": "/users/:id", "http.response.status_code": 201, "client.address": "192.0.2.1",
		"user_agent.original": "curl/8", header + "content-type": []any{"text/plain"}, header + "x-crunchy-a": []any{"1"},
	}
	older := attrs{
		"http.method": "POST", "http.target": "/users/1?a=b&token=c", "http.url": "https://u:p@h/users/1?a=b&token=c",
		"http.route": "/users/:id", "http.status_code": 201, "http.client_ip": "192.0.2.1",
		"http.user_agent": "curl/8", header + "content_type": []any{"text/plain"}, header + "x_crunchy_a": []any{"1"},
	}
	both := attrs{}
	for _, generation := range []attrs{newer, older} {
		for key, v := range generation {
			both[key] = v
		}
	}
	want := readAttributes(t, newer)
	require.Equal(t, "/users/1", want["http_path"])
	require.Equal(t, "a=b&token=REDACTED", want["query_string"])
	require.Equal(t, want, readAttributes(t, older))
	require.Equal(t, want, readAttributes(t, both))
}

func TestSpanIsOnlyRead(t *testing.T) {
	t.Parallel()
	req := newRequest(t, attrs{
		"canonical.x_crunchy_headers": []any{"\xff"}, "url.path": "\x00", "http.request.header.x-crunchy-a": []any{"\xff"},
	})
	before := req.Span.Attributes().AsRaw()
	read(t, req)
	require.Equal(t, before, req.Span.Attributes().AsRaw())
}
