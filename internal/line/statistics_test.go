package line

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/request"
)

func TestStatistics_LeaveOutZeros(t *testing.T) {
	t.Parallel()
	req := newRequest(t, nil)
	req.Descendants.Cost = request.Cost{
		Spans: 5, SpanErrors: 1,
		Queries:  request.Calls{Count: 3, Errors: 1, Duration: 1500 * time.Microsecond},
		Acquires: request.Calls{Count: 1, Duration: 10},
		HTTP:     request.Calls{Count: 1, Duration: time.Second},
		Messages: 7, MessagingDuration: time.Millisecond,
		MaxRepeat: 2, MaxRepeatQuery: "SELECT ?\x00",
		Self: 250 * time.Millisecond, Incomplete: true,
	}
	require.Equal(t, attrs{
		"spans": 5.0, "span_errors": 1.0, "db_num_queries": 3.0, "db_num_errors": 1.0, "db_duration": 0.0015,
		"db_num_acquires": 1.0, "db_acquire_duration": 1e-8, "http_num_requests": 1.0, "http_duration": 1.0,
		"messaging_num_messages": 7.0, "messaging_duration": 0.001,
		"db_max_repeat": 2.0, "db_max_repeat_query": "SELECT ?\uFFFD", "self_duration": 0.25, "incomplete": true,
	}, read(t, req)["statistics"])
}

func TestStatistics_HoldWhatTheApplicationSet(t *testing.T) {
	t.Parallel()
	cases{
		"none":             {attrs{"statistics.rows": 1, "canonical.statistics": "x", "canonical.statistics.": 1}, nil},
		"numbers":          {attrs{"canonical.statistics.rows": 7, "canonical.statistics.wait": 0.25}, attrs{"rows": 7.0, "wait": 0.25}},
		"boolean":          {attrs{"canonical.statistics.cached": false}, attrs{"cached": false}},
		"text":             {attrs{"canonical.statistics.shard": "a"}, attrs{"shard": "a"}},
		"dots stay":        {attrs{"canonical.statistics.a.b": 1}, attrs{"a.b": 1.0}},
		"no JSON number":   {attrs{"canonical.statistics.a": math.NaN(), "canonical.statistics.b": math.Inf(-1)}, attrs{"a": "NaN", "b": "-Infinity"}},
		"extreme numbers":  {attrs{"canonical.statistics.a": math.MaxFloat64, "canonical.statistics.b": 5e-324}, attrs{"a": math.MaxFloat64, "b": 5e-324}},
		"flat":             {attrs{"canonical.statistics.list": []any{"a", int64(1)}}, attrs{"list": `["a",1]`}},
		"invalid text":     {attrs{"canonical.statistics.a\x00\xff": "\x00b\xed\xa0\x80"}, attrs{"a\uFFFD\uFFFD": "\uFFFDb\uFFFD"}},
		"JSON is but text": {attrs{`canonical.statistics."}`: `{"\u0000`}, attrs{`"}`: `{"\u0000`}},
		"cut":              {attrs{"canonical.statistics.a": strings.Repeat("ä", 3000)}, attrs{"a": strings.Repeat("ä", 1999) + "…"}},
	}.run(t, "statistics")
}

func TestStatistics_KeepWholeNumbersExact(t *testing.T) {
	t.Parallel()
	batch := encode(NewMapper(config), newRequest(t, attrs{"canonical.statistics.a": int64(math.MaxInt64)}))
	require.Contains(t, string(batch.Rows), `{"a":9223372036854775807}`)
}

func TestStatistics_AddUpNumbers(t *testing.T) {
	t.Parallel()
	req := newRequest(t, attrs{
		"canonical.statistics.rows": 1, "canonical.statistics.seconds": 0.5, "canonical.statistics.shard": "server",
		"canonical.statistics.huge": int64(math.MaxInt64), "canonical.statistics.spans": 99, "canonical.statistics.db_num_queries": 99,
	})
	req.Descendants.Cost = request.Cost{Spans: 3, Queries: request.Calls{Count: 2}}
	req.Descendants.Attributes = []request.Attribute{
		below(t, "canonical.statistics.phase", "after", true, -time.Second),
		below(t, "canonical.statistics.shard", "before", true, time.Second),
		below(t, "canonical.statistics.rows", 2, false, time.Second),
		below(t, "canonical.statistics.seconds", 1, false, time.Second),
		below(t, "canonical.statistics.huge", 1, false, time.Second),
		below(t, "canonical.statistics.phase", "before", true, 2*time.Second),
	}
	require.Equal(t, attrs{
		"rows": 3.0, "seconds": 1.5, "shard": "server", "phase": "after", "huge": math.Pow(2, 63), "spans": 3.0, "db_num_queries": 2.0,
	}, read(t, req)["statistics"])
}

func TestColumns_Statistics_HaveOtherCalls(t *testing.T) {
	t.Parallel()
	req := newRequest(t, nil)
	req.Descendants.Cost = request.Cost{Spans: 2, Other: request.Calls{Count: 2, Errors: 1, Duration: time.Second}}
	statistics := read(t, req)["statistics"].(map[string]any)
	require.Equal(t, map[string]any{"spans": 2.0, "other_num_requests": 2.0, "other_num_errors": 1.0, "other_duration": 1.0}, statistics)
}

func TestColumns_Statistics_TellLongConnectionsApart(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		attributes attrs
		want       any
	}{
		"upgraded":          {attrs{"http.response.status_code": 101}, "websocket"},
		"upgrade asked for": {attrs{"http.request.header.upgrade": []any{"WebSocket"}, "http.status_code": 200}, "websocket"},
		"refused":           {attrs{"http.request.header.upgrade": []any{"websocket"}, "http.status_code": 403}, nil},
		"by its protocol":   {attrs{"network.protocol.name": "websocket"}, "websocket"},
		"by its scheme":     {attrs{"url.scheme": "wss", "http.scheme": "http"}, "websocket"},
		"by its old scheme": {attrs{"http.scheme": "ws"}, "websocket"},
		"events":            {attrs{"http.response.header.content-type": []any{"text/event-stream; charset=utf-8"}}, "event_stream"},
		"events accepted":   {attrs{"http.request.header.accept": "text/event-stream", "http.status_code": 200}, "event_stream"},
		"HTTP":              {attrs{"http.response.status_code": 200, "url.scheme": "https"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			statistics, _ := readAttributes(t, tt.attributes)["statistics"].(map[string]any)
			require.Equal(t, tt.want, statistics["connection"])
		})
	}
}
