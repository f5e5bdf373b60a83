package line

import (
	"bytes"
	"encoding/binary"
	"flag"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

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

// definition returns the DDL of a table with these columns and without constraints
// other than NOT NULL.
func definition(columns []table.Column) string {
	definitions := make([]string, len(columns))
	for i, c := range columns {
		definitions[i] = database.QuoteIdentifier(c.Name) + " " + c.Type.String()
		if c.NotNull {
			definitions[i] += " NOT NULL"
		}
	}
	return "CREATE TABLE lines (n bigserial, " + strings.Join(definitions, ", ") + ");\n" +
		"ALTER TABLE lines ALTER updated_at SET DEFAULT now()"
}

// store copies the batch into the table and returns the fields of its rows as Postgres
// sends them back.
func store(t *testing.T, d *pgtest.Database, b copyrow.Batch) [][][]byte {
	t.Helper()
	conn, err := d.Pool.Acquire(t.Context())
	require.NoError(t, err)
	defer conn.Release()
	quoted := make([]string, len(b.Layout))
	for i, c := range b.Layout {
		quoted[i] = database.QuoteIdentifier(c.Name)
	}
	columns := strings.Join(quoted, ", ")
	tag, err := conn.Conn().PgConn().CopyFrom(t.Context(), b.Stream(), "COPY lines ("+columns+") FROM STDIN (FORMAT binary)")
	require.NoError(t, err)
	require.EqualValues(t, b.Len(), tag.RowsAffected())

	rows, err := conn.Query(t.Context(), "SELECT "+columns+" FROM lines ORDER BY n", pgx.QueryResultFormats{pgx.BinaryFormatCode})
	require.NoError(t, err)
	stored, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) ([][]byte, error) {
		fields := make([][]byte, len(b.Layout))
		for i, field := range row.RawValues() {
			fields[i] = bytes.Clone(field)
		}
		return fields, nil
	})
	require.NoError(t, err)
	require.Len(t, stored, b.Len())
	return stored
}

// extremes returns requests with values at the limits of their types.
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
		req.Span.SetEndTimestamp(pcommon.NewTimestampFromTime(end))
		req.Span.TraceState().FromRaw("ot=th:fffffffffffff")
		requests = append(requests, req)
	}
	return requests
}

func TestEncoder_Batch_IsWhatPostgresReadsBack(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	d.Exec(t, definition(Columns()))

	unlimited := config
	unlimited.Retention, unlimited.Horizon = 0, 200*365*24*time.Hour
	mapper := NewMapper(unlimited)
	encoder := mapper.Encoder()
	for _, req := range extremes(t) {
		require.Equal(t, Stored, encoder.Append(req))
	}
	batch := encoder.Batch()
	types := pgtype.NewMap()
	for i, fields := range store(t, d, batch) {
		want := decode(t, batch, i)
		for j, c := range batch.Layout {
			require.Equal(t, want[c.Name], decodeField(t, types, c, fields[j]), "%s of row %d", c.Name, i)
		}
	}

	// Postgres formats these values itself, since pgx could make the same mistake on both
	// sides.
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

// fragments holds the parts of hostile values.
var fragments = []string{
	"", "a", "/", "?", "#", "&", "=", "token=s", "://", "@", "\x00", "\xff", "\xed\xa0\x80", "ä", "€", "😀", "\u202e", `"`, `\`, "'", "{", "}", "[", "]",
	`{"a":1}`, `"\u0000"`, `"\ud800"`, "1e999999", "-0", "NaN", "Infinity", "null", "true", "1", "200", "99999999999999999999",
	"4f6b9d1e-1111-4222-8333-444455556666", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "192.0.2.1:80", "[fe80::1%eth0]", "::ffff:1.2.3.4",
	"2023-05-12T13:14:15Z", "9999-12-31T23:59:59.999999999Z", "0001-01-01T00:00:00+23:59", "Bearer x", "GET /a/{id}", "\n", strings.Repeat("x", 250),
	strings.Repeat("ü", 2100), strings.Repeat("[", 500), strings.Repeat("9", 1000),
}

// randomText returns up to four fragments in a row.
func randomText(random *rand.Rand) string {
	var b strings.Builder
	for range random.IntN(5) {
		b.WriteString(fragments[random.IntN(len(fragments))])
	}
	return b.String()
}

// randomValue sets v to a random value of a random type.
func randomValue(random *rand.Rand, v pcommon.Value, depth int) {
	switch random.IntN(9) {
	case 0:
		numbers := []float64{0, -0.5, math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, 5e-324, 1e18, 404}
		v.SetDouble(numbers[random.IntN(len(numbers))])
	case 1:
		numbers := []int64{0, 1, -1, 200, 404, math.MaxInt32 + 1, math.MinInt64, math.MaxInt64, 1683897255}
		v.SetInt(numbers[random.IntN(len(numbers))])
	case 2:
		v.SetBool(random.IntN(2) == 0)
	case 3:
		v.SetEmptyBytes().FromRaw([]byte(randomText(random)))
	case 4:
		list := v.SetEmptySlice()
		for range random.IntN(3) * (1 - depth) {
			randomValue(random, list.AppendEmpty(), 1)
		}
	case 5:
		if depth == 0 {
			randomValue(random, v.SetEmptyMap().PutEmpty(randomText(random)), 1)
		}
	default:
		v.SetStr(randomText(random))
	}
}

// randomRequest returns a request with random values in a fourth of the attributes that
// columns read.
func randomRequest(random *rand.Rand, names []string) request.Request {
	span := ptrace.NewSpan()
	span.SetKind(ptrace.SpanKindServer)
	var id [8]byte
	binary.BigEndian.PutUint64(id[:], random.Uint64())
	span.SetSpanID(id)
	span.SetTraceID(pcommon.TraceID(append(id[:], id[:]...)))
	span.SetName(randomText(random))
	span.TraceState().FromRaw(randomText(random))
	times := []uint64{0, 1, random.Uint64(), math.MaxUint64, uint64(arrival.UnixNano()), uint64(arrival.UnixNano()) - random.Uint64N(1e12)}
	span.SetStartTimestamp(pcommon.Timestamp(times[random.IntN(len(times))]))
	span.SetEndTimestamp(pcommon.Timestamp(times[random.IntN(len(times))]))
	span.Status().SetCode(ptrace.StatusCode(random.Int32N(3)))
	span.Status().SetMessage(randomText(random))
	req := request.Request{Resource: pcommon.NewResource(), Span: span, Arrival: arrival}
	for _, name := range names {
		switch random.IntN(15) {
		case 0, 1:
			randomValue(random, span.Attributes().PutEmpty(name), 0)
		case 2:
			randomValue(random, req.Resource.Attributes().PutEmpty(name), 0)
		case 3:
			v := pcommon.NewValueEmpty()
			randomValue(random, v, 0)
			req.Descendants.Attributes = append(req.Descendants.Attributes, request.Attribute{Key: name, Value: v, Internal: true})
		}
	}
	for _, prefix := range []string{"canonical.statistics.", "http.request.header.x-crunchy-"} {
		randomValue(random, span.Attributes().PutEmpty(prefix+randomText(random)), 0)
	}
	if random.IntN(3) == 0 {
		req.Descendants.Failures = []request.Failure{{Exception: request.Exception{Type: randomText(random), Message: randomText(random)}, Code: randomText(random)}}
		req.Descendants.Cost = request.Cost{
			Spans: random.IntN(5), MaxRepeat: random.IntN(3), MaxRepeatQuery: randomText(random),
			Self: time.Duration(random.Int64()), Incomplete: true,
		}
	}
	return req
}

var long = flag.Bool("long", false, "store 100,000 hostile lines instead of 5,000")

func TestEncoder_Append_HostileLinesAreStored(t *testing.T) {
	t.Parallel()
	cfg := config
	cfg.Retention, cfg.Horizon, cfg.CapturePayload, cfg.MaxPayload = 0, math.MaxInt64, true, 1000
	cfg.Columns = userColumns(t)
	mapper := NewMapper(cfg)
	d := pgtest.New(t)
	d.Exec(t, definition(mapper.Columns()))

	const size = 5_000
	batches := 1
	if *long {
		batches = 20
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range batches {
		encoder := mapper.Encoder()
		for range size {
			require.NotEqual(t, Expired, encoder.Append(randomRequest(random, mapper.names)))
		}
		batch := encoder.Batch()
		encoder.Release()
		for i, fields := range store(t, d, batch) {
			for j, c := range batch.Layout {
				sent, stored := batch.Value(i, j), fields[j]
				switch {
				case bytes.Equal(sent, stored) && (sent == nil) == (stored == nil):
				case c.Type.Kind == copyrow.JSONB && sent != nil && stored != nil:
					// jsonb has its own order of members and its own spelling of numbers. The first
					// byte is the version of the format.
					require.JSONEq(t, string(sent[1:]), string(stored[1:]), c.Name)
				default:
					require.Equal(t, sent, stored, c.Name)
				}
			}
		}
		d.Exec(t, "TRUNCATE lines")
	}
}
