package line

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/request"
	"canonicallineexporter/internal/sanitize"
)

func TestEncoder_Append_OutcomeDependsOnTheArrival(t *testing.T) {
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
			req.Span.SetEndTimestamp(pcommon.NewTimestampFromTime(tt.end))
			encoder := NewMapper(tt.cfg).Encoder()
			require.Equal(t, tt.outcome, encoder.Append(req))
			batch := encoder.Batch()
			switch tt.outcome {
			case Expired:
				require.Zero(t, batch.Len())
				require.Empty(t, batch.Rows)
			case Restamped:
				got := decode(t, batch, 0)
				require.Equal(t, stamped, got["created_at"])
				require.Equal(t, read(t, newRequest(t, nil))["id"], got["id"], "the ID sorts with created_at")
			default:
				require.Equal(t, tt.end.Truncate(time.Microsecond), decode(t, batch, 0)["created_at"])
			}
		})
	}
}

func TestEncoder_Append_KeepsEarlierRows(t *testing.T) {
	t.Parallel()
	encoder := NewMapper(config).Encoder()
	encoder.Append(newRequest(t, nil))
	one := encoder.Batch()
	encoder.Append(newRequest(t, attrs{"url.path": "/a"}))
	two := encoder.Batch()
	require.Equal(t, one.Rows, two.Slice(0, 1).Rows)
	require.Equal(t, "/a", decode(t, two, 1)["http_path"])
	require.Equal(t, 2, encoder.Len())
}

func TestEncoder_Append_DoesNotChangeTheSpan(t *testing.T) {
	t.Parallel()
	req := newRequest(t, attrs{
		"canonical.x_crunchy_headers": []any{"\xff"}, "url.path": "\x00", "http.request.header.x-crunchy-a": []any{"\xff"},
	})
	before := req.Span.Attributes().AsRaw()
	read(t, req)
	require.Equal(t, before, req.Span.Attributes().AsRaw())
}

func TestEncoder_Append_FitsTextToItsColumn(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("/€", 1000)
	got := readAttributes(t, attrs{
		"url.path": long, "url.query": long + long, "http.route": "\xff\x00", "canonical.sso_provider": long,
		"http.request.header.x-crunchy-a": long,
	})
	require.Equal(t, long[:99*4]+"/…", got["http_path"])
	require.Equal(t, long[:999*4]+"/…", got["query_string"].(string)[:999*4+4])
	require.Equal(t, "\uFFFD\uFFFD", got["http_route"])
	require.Equal(t, long[:99*4]+"/…", got["sso_provider"])
	require.Equal(t, 200, utf8.RuneCountInString(got["x_crunchy_headers"].([]string)[0]))
}

func TestEncoder_Append_RedactsBeforeCutting(t *testing.T) {
	t.Parallel()
	query := strings.Repeat("a", 1990) + "=&token=s3cr3t"
	got := readAttributes(t, attrs{"url.query": query})["query_string"]
	require.Equal(t, strings.Repeat("a", 1990)+"=&token=R…", got)
}

func TestEncoder_Repairs_CountsByColumn(t *testing.T) {
	t.Parallel()
	encoder := NewMapper(config).Encoder()
	encoder.Append(newRequest(t, attrs{
		"url.path": "/\x00", "user_agent.original": string(make([]byte, 300)), "canonical.statistics.a": "\xff",
	}))
	got := map[string]sanitize.Repairs{}
	encoder.Repairs(func(column string, repairs sanitize.Repairs) { got[column] = repairs })
	require.Equal(t, map[string]sanitize.Repairs{
		"http_path": {Characters: 1}, "user_agent": {Characters: 1, Length: 1}, "statistics": {Characters: 1},
	}, got)
	encoder.Release()
	encoder.Repairs(func(string, sanitize.Repairs) { require.Fail(t, "released") })
}

func TestEncoder_Repairs_CountsValuesOfAnotherType(t *testing.T) {
	t.Parallel()
	cfg := config
	cfg.Columns = map[string]Source{"team": {Type: copyrow.Type{Kind: copyrow.UUID}, From: []string{"app.team"}}}
	const id = "c667b5d4-064a-1e5f-39f8-736c05428488"
	for name, tt := range map[string]struct {
		attributes attrs
		want       []string
	}{
		"account":                  {attrs{"canonical.account_id": "acct_1MZ"}, []string{"account_id"}},
		"integer":                  {attrs{"user.id": 1234}, []string{"account_id"}},
		"request and idempotency":  {attrs{"http.request.header.x-request-id": "r-1", "http.request.header.idempotency-key": "k-1"}, []string{"idempotency_key", "request_id"}},
		"own":                      {attrs{"app.team": "blue"}, []string{"team"}},
		"boolean":                  {attrs{"canonical.sudo": "maybe"}, []string{"sudo"}},
		"another source fits":      {attrs{"canonical.account_id": "acct_1MZ", "user.id": id}, nil},
		"an ID":                    {attrs{"user.id": id}, nil},
		"empty":                    {attrs{"user.id": ""}, nil},
		"mail address for a user":  {attrs{"enduser.id": "a@example.com"}, nil},
		"host name for an address": {attrs{"net.peer.name": "localhost"}, nil},
		"none":                     {nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			encoder := NewMapper(cfg).Encoder()
			encoder.Append(newRequest(t, tt.attributes))
			var got []string
			encoder.Repairs(func(column string, repairs sanitize.Repairs) {
				require.Equal(t, sanitize.Repairs{Type: 1}, repairs)
				got = append(got, column)
			})
			require.ElementsMatch(t, tt.want, got)
		})
	}
}

// sources names attributes that the fuzzer fills.
var sources = []string{
	"http.request.method", "http.method", "http.request.method_original", "url.path", "url.query", "url.full", "http.target",
	"http.url", "http.route", "http.response.status_code", "http.status_code", "client.address", "http.client_ip",
	"net.peer.name", "user_agent.original", "http.request.header.content-type", "http.request.header.x_request_id",
	"http.request.header.authorization", "http.request.header.x-crunchy-a", "http.request.header.x-original-uri",
	"request.id", "user.id", "enduser.id", "error.type", "sentry.event_id", "canonical.http_path", "canonical.status",
	"canonical.duration", "canonical.ip", "canonical.sudo", "canonical.query_string", "canonical.x_crunchy_headers",
	"canonical.account_id", "canonical.statistics.a", "service.name", "http.request.header.x-forwarded-for",
	"http.request.header.forwarded", "rpc.service", "rpc.method", "rpc.jsonrpc.error_code", "grpc.status_code", "faas.name",
	"exception.message", "gin.errors", "error", "outcome", "uri", "status", "guid:x-request-id", "response_flags", "url.scheme",
}

func FuzzEncoder_Append(f *testing.F) {
	f.Add("GET /a", "url.path", "/a?token=b", "", uint64(0), uint64(1), uint8(0), 0.5)
	f.Add("", "canonical.statistics.\xff\x00", "\xff\x00", "ot=th:8", uint64(math.MaxUint64), uint64(math.MaxUint64), uint8(1), math.NaN())
	f.Add("a /b", "http.request.header.x_crunchy_\xff", strings.Repeat("ä", 2001), "ot=p:63", uint64(1)<<62, uint64(1), uint8(2), math.Inf(1))
	f.Add("GET", "canonical.ip", "[::ffff:1.2.3.4%eth0]:1", "ot=th:zz", uint64(1), uint64(math.MaxUint64), uint8(3), -1.0)
	f.Fuzz(func(t *testing.T, name, key, value, state string, start, end uint64, shape uint8, number float64) {
		req := newRequest(t, nil)
		span := req.Span
		span.SetName(name)
		span.SetStartTimestamp(pcommon.Timestamp(start))
		span.SetEndTimestamp(pcommon.Timestamp(end))
		span.TraceState().FromRaw(state)
		span.Status().SetMessage(value)
		span.Status().SetCode(ptrace.StatusCode(start % 3))
		addException(span, name, value)
		for i, source := range append(sources, key) {
			put(t, req, source, value, shape+uint8(i), number)
		}
		for _, cfg := range []Config{config, {}, {TrustedProxies: 2}} {
			if batch := encode(NewMapper(cfg), req); batch.Len() > 0 {
				requireWellFormed(t, batch)
			}
		}
	})
}

// put sets an attribute to a value of one of the types that OTLP has.
func put(t *testing.T, req request.Request, key, value string, shape uint8, number float64) {
	t.Helper()
	attributes := req.Span.Attributes()
	if shape%7 == 6 {
		attributes = req.Resource.Attributes()
	}
	switch shape % 6 {
	case 0:
		attributes.PutDouble(key, number)
	case 1:
		attributes.PutEmptyBytes(key).FromRaw([]byte(value))
	case 2:
		require.NoError(t, attributes.PutEmptySlice(key).FromRaw([]any{value, number, []any{value}, nil}))
	case 3:
		attributes.PutEmptyMap(key).PutStr(value, value)
	default:
		attributes.PutStr(key, value)
	}
}

// requireWellFormed fails the test unless the columns of the first row can hold its
// values.
func requireWellFormed(t *testing.T, b copyrow.Batch) {
	t.Helper()
	decoded := decode(t, b, 0)
	text := func(c copyrow.Column, s string) {
		require.True(t, utf8.ValidString(s), c.Name)
		require.NotContains(t, s, "\x00", c.Name)
		if c.Type.Width > 0 {
			require.LessOrEqual(t, utf8.RuneCountInString(s), c.Type.Width, c.Name)
		}
	}
	required := map[string]bool{}
	for _, c := range Columns() {
		required[c.Name] = c.NotNull
	}
	for _, c := range b.Layout {
		switch v := decoded[c.Name].(type) {
		case nil:
			require.False(t, required[c.Name], c.Name)
		case string:
			text(c, v)
		case []string:
			require.NotEmpty(t, v)
			for _, s := range v {
				text(c, s)
			}
		case map[string]any:
			for name, member := range v {
				text(c, name)
				text(c, fmt.Sprint(member))
			}
		case time.Duration:
			require.GreaterOrEqual(t, v, time.Duration(0), c.Name)
		default:
		}
	}
}
