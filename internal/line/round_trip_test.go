package line

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/database"
	"canonicallineexporter/internal/pgtest"
	"canonicallineexporter/internal/request"
)

// fragments are what hostile values are made of.
var fragments = []string{
	"", "a", "/", "?", "#", "&", "=", "token=s", "://", "@", "\x00", "\xff", "\xed\xa0\x80", "ä", "€", "😀", "\u202e", `"`, `\`, "'", "{", "}", "[", "]",
	`{"a":1}`, `"\u0000"`, `"\ud800"`, "1e999999", "-0", "NaN", "Infinity", "null", "true", "1", "200", "99999999999999999999",
	"4f6b9d1e-1111-4222-8333-444455556666", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "192.0.2.1:80", "[fe80::1%eth0]", "::ffff:1.2.3.4",
	"2023-05-12T13:14:15Z", "9999-12-31T23:59:59.999999999Z", "0001-01-01T00:00:00+23:59", "Bearer x", "GET /a/{id}", "\n", strings.Repeat("x", 250),
	strings.Repeat("ü", 2100), strings.Repeat("[", 500), strings.Repeat("9", 1000),
}

func randomText(random *rand.Rand) string {
	var b strings.Builder
	for range random.IntN(5) {
		b.WriteString(fragments[random.IntN(len(fragments))])
	}
	return b.String()
}

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

// randomRequest has a random value in about a fifth of the attributes that
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
		req.Descendants.Exceptions = []request.Exception{{Type: randomText(random), Message: randomText(random)}}
		req.Descendants.Cost = request.Cost{
			Spans: random.IntN(5), MaxRepeat: random.IntN(3), MaxRepeatQuery: randomText(random),
			Self: time.Duration(random.Int64()), Incomplete: true,
		}
	}
	return req
}

// Nothing that a client can send makes a line unstorable, and Postgres holds what
// the row says.
func TestAHundredThousandHostileLinesAreStored(t *testing.T) {
	t.Parallel()
	cfg := config
	cfg.Retention, cfg.Horizon, cfg.CapturePayload, cfg.MaxPayload = 0, math.MaxInt64, true, 1000
	cfg.Columns = map[string]Source{}
	for _, typ := range []string{"text", "varchar(3)", "boolean", "integer", "bigint", "double precision", "uuid", "inet", "jsonb", "timestamptz"} {
		parsed, err := copyrow.ParseType(typ)
		require.NoError(t, err)
		cfg.Columns["own "+typ] = Source{Type: parsed, From: []string{"own " + typ}}
	}
	mapper := NewMapper(cfg)
	d := pgtest.New(t)
	d.Exec(t, definition(mapper.Columns())+"; ALTER TABLE lines ALTER updated_at SET DEFAULT now()")
	quoted := make([]string, 0, len(mapper.Layout()))
	for _, c := range mapper.Layout() {
		quoted = append(quoted, database.QuoteIdentifier(c.Name))
	}
	columns := strings.Join(quoted, ", ")

	const chunks, chunk = 20, 5000
	random := rand.New(rand.NewPCG(1, 2))
	conn, err := d.Pool.Acquire(t.Context())
	require.NoError(t, err)
	defer conn.Release()
	for range chunks {
		encoder := mapper.Encoder()
		file := append([]byte("PGCOPY\n\xff\r\n\x00"), make([]byte, 8)...)
		var want [][]byte
		for range chunk {
			row, outcome := appendRow(encoder, nil, randomRequest(random, mapper.names))
			require.NotEqual(t, Expired, outcome)
			want = append(want, row)
			file = append(file, row...)
		}
		encoder.Release()
		file = binary.BigEndian.AppendUint16(file, math.MaxUint16)
		tag, err := conn.Conn().PgConn().CopyFrom(t.Context(), bytes.NewReader(file), "COPY lines ("+columns+") FROM STDIN (FORMAT binary)")
		require.NoError(t, err)
		require.EqualValues(t, chunk, tag.RowsAffected())

		rows, err := conn.Query(t.Context(), "SELECT "+columns+" FROM lines ORDER BY n", pgx.QueryResultFormats{pgx.BinaryFormatCode})
		require.NoError(t, err)
		for _, row := range want {
			require.True(t, rows.Next())
			for j, sent := range fields(t, row) {
				c, stored := mapper.Layout()[j], rows.RawValues()[j]
				if c.Type.Kind == copyrow.JSONB {
					// jsonb spells numbers and orders members in its own way.
					require.Equal(t, sent == nil, stored == nil, c.Name)
					if sent != nil {
						require.JSONEq(t, string(sent[1:]), string(stored[1:]), c.Name)
					}
				} else if !bytes.Equal(sent, stored) {
					require.Equal(t, sent, stored, c.Name)
				}
			}
		}
		rows.Close()
		require.NoError(t, rows.Err())
		d.Exec(t, "TRUNCATE lines")
	}
}
