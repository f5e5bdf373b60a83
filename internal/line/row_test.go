package line

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/database"
	"canonicallineexporter/internal/pgtest"
	"canonicallineexporter/internal/request"
	"canonicallineexporter/internal/table"
)

func TestLayoutIsAllColumnsButThatOfTheDatabase(t *testing.T) {
	t.Parallel()
	require.Len(t, Columns(), 39)
	var want []string
	for _, c := range Columns() {
		if c.Name != "updated_at" {
			want = append(want, c.Name)
		}
	}
	require.Equal(t, want, names(NewMapper(config).Layout()))
}

func names(layout []copyrow.Column) []string {
	all := make([]string, len(layout))
	for i, c := range layout {
		all[i] = c.Name
	}
	return all
}

// definition is a table of the columns without anything that fills or refuses a value.
func definition(columns []table.Column) string {
	definitions := make([]string, len(columns))
	for i, c := range columns {
		definitions[i] = database.QuoteIdentifier(c.Name) + " " + c.Type.String()
		if c.NotNull {
			definitions[i] += " NOT NULL"
		}
	}
	return "CREATE TABLE lines (n bigserial, " + strings.Join(definitions, ", ") + ")"
}

// extremes are requests whose values lie at the edges of their types.
func extremes(t *testing.T) []request.Request {
	t.Helper()
	long := strings.Repeat("😀\x00\xff", 5000)
	requests := []request.Request{
		newRequest(t, nil),
		newRequest(t, attrs{
			"http.request.method": "POST", "url.path": "/users/1", "url.query": "a=b&token=c", "http.route": "/users/:id",
			"http.response.status_code": "503", "client.address": "fe80::1%eth0", "error.type": "timeout",
			"http.request.header.x-crunchy-a": []any{`quote "`, "comma ,", "braces {}", `back \ slash`, "NULL", "", "€"},
			"canonical.statistics.rows":       int64(math.MaxInt64), "canonical.statistics.wait": 5e-324,
			"canonical.statistics.\x00\"": "\\u0000\x00\xff\u2028</script>", "canonical.duration": 200_000.000001,
			"canonical.sudo": true, "canonical.account_id": "7ZZZZZZZZZZZZZZZZZZZZZZZZZ",
		}),
		newRequest(t, attrs{
			"client.address": "::ffff:192.0.2.1", "canonical.status": math.MinInt32, "canonical.statistics.max": math.MaxFloat64,
			"canonical.x_crunchy_headers": []any{`{"a","b"}`, `"`, `,`, `\`, "NULL", "", "a\nb"},
		}),
		newRequest(t, attrs{"client.address": "2001:db8::ffff:1", "canonical.status": math.MaxInt32}),
	}
	everything := newRequest(t, nil)
	for _, c := range NewMapper(config).columns {
		everything.Span.Attributes().PutStr("canonical."+c.Name, long)
	}
	everything.Span.Attributes().PutStr("canonical.statistics."+long, long)
	everything.Span.SetName(long)
	requests = append(requests, everything)
	for _, end := range []time.Time{
		time.Unix(0, 1000), time.Date(1999, 12, 31, 23, 59, 59, 999_999_000, time.UTC), time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		req := newRequest(t, nil)
		req.Span.SetEndTimestamp(at(end))
		req.Span.TraceState().FromRaw("ot=th:fffffffffffff")
		requests = append(requests, req)
	}
	return requests
}

func TestPostgresReadsBackWhatARowHolds(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	d.Exec(t, definition(Columns())+"; ALTER TABLE lines ALTER updated_at SET DEFAULT now()")

	unlimited := config
	unlimited.Retention, unlimited.Horizon = 0, 200*365*24*time.Hour
	mapper := NewMapper(unlimited)
	encoder := mapper.Encoder()
	var want []map[string]any
	file := append([]byte("PGCOPY\n\xff\r\n\x00"), make([]byte, 8)...)
	for _, req := range extremes(t) {
		row, outcome := appendRow(encoder, nil, req)
		require.Equal(t, Stored, outcome)
		want = append(want, decode(t, row))
		file = append(file, row...)
	}
	file = binary.BigEndian.AppendUint16(file, math.MaxUint16)

	columns := strings.Join(names(mapper.Layout()), ", ")
	conn, err := d.Pool.Acquire(t.Context())
	require.NoError(t, err)
	defer conn.Release()
	tag, err := conn.Conn().PgConn().CopyFrom(t.Context(), bytes.NewReader(file), "COPY lines ("+columns+") FROM STDIN (FORMAT binary)")
	require.NoError(t, err)
	require.EqualValues(t, len(want), tag.RowsAffected())

	rows, err := conn.Query(t.Context(), "SELECT "+columns+" FROM lines ORDER BY n", pgx.QueryResultFormats{pgx.BinaryFormatCode})
	require.NoError(t, err)
	defer rows.Close()
	types := pgtype.NewMap()
	for i := range want {
		require.True(t, rows.Next())
		for j, c := range mapper.Layout() {
			require.Equal(t, want[i][c.Name], decodeField(t, types, c, rows.RawValues()[j]), "%s of row %d", c.Name, i)
		}
	}
	require.False(t, rows.Next())
	require.NoError(t, rows.Err())

	// Postgres' own reading: pgx could err in the same way on both sides.
	require.Equal(t, []string{
		"0.0.0.0|00:00:01.5|2023-05-12 13:14:15.123456+00|0|1||",
		`fe80::1|55:33:20.000001|2023-05-12 13:14:15.123456+00|503|1|{"x-crunchy-a: quote \", comma ,, braces {}, back \\ slash, NULL, , €"}|9223372036854775807`,
		`192.0.2.1|00:00:01.5|2023-05-12 13:14:15.123456+00|-2147483648|1|{"{\"a\",\"b\"}","\"",",","\\","NULL","","a` + "\n" + `b"}|`,
		"2001:db8::ffff:1|00:00:01.5|2023-05-12 13:14:15.123456+00|2147483647|1||",
	}, pgtest.All[string](t, d, `SELECT concat_ws('|', ip, duration, created_at AT TIME ZONE 'UTC' || '+00', status, adjusted_count,
		coalesce(x_crunchy_headers::text, ''), coalesce(statistics->>'rows', '')) FROM lines WHERE n <= 4 ORDER BY n`))
	require.Equal(t, []string{
		"1970-01-01 00:00:00.000001|4503599627370496", "1999-12-31 23:59:59.999999|4503599627370496",
		"2200-01-01 00:00:00|4503599627370496",
	}, pgtest.All[string](t, d, `SELECT (created_at AT TIME ZONE 'UTC') || '|' || adjusted_count::bigint FROM lines WHERE n > 5 ORDER BY n`))
}

func TestRowsAreAppended(t *testing.T) {
	t.Parallel()
	mapper := NewMapper(config)
	one, _ := appendRow(mapper.Encoder(), nil, newRequest(t, nil))
	two, _ := appendRow(mapper.Encoder(), bytes.Clone(one), newRequest(t, attrs{"url.path": "/a"}))
	require.Equal(t, one, two[:len(one)])
	require.Equal(t, "/a", decode(t, two[len(one):])["http_path"])
}

// sources are attributes that columns are read from, to be filled by the fuzzer.
var sources = []string{
	"http.request.method", "http.method", "http.request.method_original", "url.path", "url.query", "url.full", "http.target",
	"http.url", "http.route", "http.response.status_code", "http.status_code", "client.address", "http.client_ip",
	"net.peer.name", "user_agent.original", "http.request.header.content-type", "http.request.header.x_request_id",
	"http.request.header.authorization", "http.request.header.x-crunchy-a", "http.request.header.x-original-uri",
	"request.id", "user.id", "enduser.id", "error.type", "sentry.event_id", "canonical.http_path", "canonical.status",
	"canonical.duration", "canonical.ip", "canonical.sudo", "canonical.query_string", "canonical.x_crunchy_headers",
	"canonical.account_id", "canonical.statistics.a", "service.name",
}

func FuzzRow(f *testing.F) {
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
		for _, cfg := range []Config{config, {}} {
			row, outcome := appendRow(NewMapper(cfg).Encoder(), nil, req)
			if outcome == Expired {
				require.Empty(t, row)
				continue
			}
			requireWellFormed(t, row)
		}
	})
}

// put sets an attribute in one of the shapes that OTLP has.
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

func requireWellFormed(t *testing.T, row []byte) {
	t.Helper()
	decoded := decode(t, row)
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
	for _, c := range NewMapper(config).Layout() {
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
