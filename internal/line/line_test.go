package line

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/request"
)

var (
	arrival = time.Date(2023, 5, 12, 13, 14, 15, 123_456_789, time.UTC)
	config  = Config{
		AttributePrefix:  "canonical",
		HeaderPrefixes:   []string{"x-crunchy-"},
		RedactParameters: []string{"Voucher"},
		Horizon:          72 * time.Hour,
		Retention:        336 * time.Hour,
	}
)

// oids are what pgx decodes a kind of column as.
var oids = map[copyrow.Kind]uint32{
	copyrow.Text: pgtype.VarcharOID, copyrow.TextArray: pgtype.VarcharArrayOID, copyrow.UUID: pgtype.UUIDOID,
	copyrow.Boolean: pgtype.BoolOID, copyrow.Integer: pgtype.Int4OID, copyrow.DoublePrecision: pgtype.Float8OID,
	copyrow.Timestamp: pgtype.TimestamptzOID, copyrow.Interval: pgtype.IntervalOID, copyrow.Inet: pgtype.InetOID,
	copyrow.JSONB: pgtype.JSONBOID, copyrow.BigInt: pgtype.Int8OID,
}

type attrs = map[string]any

// newRequest is a SERVER span of 1.5 s with these attributes, which ends as it
// arrives.
func newRequest(t testing.TB, attributes attrs) request.Request {
	t.Helper()
	span := ptrace.NewSpan()
	span.SetName("GET")
	span.SetKind(ptrace.SpanKindServer)
	span.SetTraceID(pcommon.TraceID{0x4b, 0xf9, 0x2f, 0x35, 0x77, 0xb3, 0x4d, 0xa6, 0xa3, 0xce, 0x92, 0x9d, 0x0e, 0x0e, 0x47, 0x36})
	span.SetSpanID(pcommon.SpanID{0x00, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7})
	span.SetStartTimestamp(pcommon.NewTimestampFromTime(arrival.Add(-1500 * time.Millisecond)))
	span.SetEndTimestamp(pcommon.NewTimestampFromTime(arrival))
	require.NoError(t, span.Attributes().FromRaw(attributes))
	return request.Request{Resource: pcommon.NewResource(), Span: span, Arrival: arrival}
}

// read makes the request's row and decodes it by column.
func read(t testing.TB, req request.Request) map[string]any {
	t.Helper()
	row, _ := appendRow(NewMapper(config).Encoder(), nil, req)
	return decode(t, row)
}

// appendRow appends the request's row, as the encoder makes it, to rows.
func appendRow(e *Encoder, rows []byte, req request.Request) ([]byte, Outcome) {
	start := len(e.rows)
	outcome := e.Append(req)
	return append(rows, e.rows[start:]...), outcome
}

func readAttributes(t testing.TB, attributes attrs) map[string]any {
	t.Helper()
	return read(t, newRequest(t, attributes))
}

// cases name what attributes should come to in one column.
type cases map[string]struct {
	attributes attrs
	want       any
}

func (c cases) run(t *testing.T, column string) {
	t.Helper()
	for name, tt := range c {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, readAttributes(t, tt.attributes)[column])
		})
	}
}

// fields splits a row of COPY into its fields, nil for NULL.
func fields(t testing.TB, row []byte) [][]byte {
	t.Helper()
	require.GreaterOrEqual(t, len(row), 2)
	all := make([][]byte, binary.BigEndian.Uint16(row))
	row = row[2:]
	for i := range all {
		require.GreaterOrEqual(t, len(row), 4)
		size := int32(binary.BigEndian.Uint32(row))
		row = row[4:]
		if size < 0 {
			require.EqualValues(t, -1, size)
			continue
		}
		require.GreaterOrEqual(t, len(row), int(size))
		all[i], row = row[:size:size], row[size:]
	}
	require.Empty(t, row)
	return all
}

func decode(t testing.TB, row []byte) map[string]any {
	t.Helper()
	layout := NewMapper(config).Layout()
	all := fields(t, row)
	require.Len(t, all, len(layout))
	types := pgtype.NewMap()
	decoded := make(map[string]any, len(layout))
	for i, c := range layout {
		decoded[c.Name] = decodeField(t, types, c, all[i])
	}
	return decoded
}

// decodeField is a field as pgx reads it, in types that are easily compared.
func decodeField(t testing.TB, types *pgtype.Map, c copyrow.Column, field []byte) any {
	t.Helper()
	oid := oids[c.Type.Kind]
	known, ok := types.TypeForOID(oid)
	require.True(t, ok)
	v, err := known.Codec.DecodeValue(types, oid, pgtype.BinaryFormatCode, field)
	require.NoError(t, err, c.Name)
	switch v := v.(type) {
	case [16]byte:
		return uuid.UUID(v).String()
	case time.Time:
		return v.UTC()
	case pgtype.Interval:
		require.Zero(t, v.Days)
		require.Zero(t, v.Months)
		return time.Duration(v.Microseconds) * time.Microsecond
	case netip.Prefix:
		require.True(t, v.IsSingleIP())
		return v.Addr().String()
	case []any:
		list := make([]string, len(v))
		for i, element := range v {
			list[i] = element.(string)
		}
		return list
	default:
		return v
	}
}
