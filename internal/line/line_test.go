package line

import (
	"maps"
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

type attrs = map[string]any

// newRequest returns a request with a SERVER span of 1.5 s that has these attributes and
// ends as it arrives.
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

// addException adds an exception event to the span, without the attributes that are
// empty.
func addException(span ptrace.Span, kind, message string) {
	event := span.Events().AppendEmpty()
	event.SetName("exception")
	if kind != "" {
		event.Attributes().PutStr("exception.type", kind)
	}
	if message != "" {
		event.Attributes().PutStr("exception.message", message)
	}
}

// below returns an attribute of a descendant that ended this long before the request.
func below(t *testing.T, key string, value any, internal bool, before time.Duration) request.Attribute {
	t.Helper()
	v := pcommon.NewValueEmpty()
	require.NoError(t, v.FromRaw(value))
	return request.Attribute{Key: key, Value: v, Internal: internal, Ended: pcommon.NewTimestampFromTime(arrival.Add(-before))}
}

// encode returns a batch with the request's row, or without rows if the request is
// expired.
func encode(m *Mapper, req request.Request) copyrow.Batch {
	encoder := m.Encoder()
	defer encoder.Release()
	encoder.Append(req)
	return encoder.Batch()
}

// read returns the request's line by column.
func read(t testing.TB, req request.Request) map[string]any {
	t.Helper()
	return decode(t, encode(NewMapper(config), req), 0)
}

// readAttributes returns the line, by column, of a request with these attributes.
func readAttributes(t testing.TB, attributes attrs) map[string]any {
	t.Helper()
	return read(t, newRequest(t, attributes))
}

// decode returns the i-th row by column.
func decode(t testing.TB, b copyrow.Batch, i int) map[string]any {
	t.Helper()
	require.NoError(t, b.Validate())
	types := pgtype.NewMap()
	decoded := make(map[string]any, len(b.Layout))
	for j, c := range b.Layout {
		decoded[c.Name] = decodeField(t, types, c, b.Value(i, j))
	}
	return decoded
}

// decodeField returns a field as pgx decodes it, in types that compare easily.
func decodeField(t testing.TB, types *pgtype.Map, c copyrow.Column, field []byte) any {
	t.Helper()
	known, ok := types.TypeForOID(c.Type.OID())
	require.True(t, ok)
	v, err := known.Codec.DecodeValue(types, c.Type.OID(), pgtype.BinaryFormatCode, field)
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

// keep returns the columns of the line that names holds.
func keep(line, names map[string]any) map[string]any {
	line = maps.Clone(line)
	maps.DeleteFunc(line, func(name string, _ any) bool {
		_, ok := names[name]
		return !ok
	})
	return line
}

// cases holds, by name, the value of one column for each set of attributes.
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

// userTypes names every type that the configuration can give to a column.
var userTypes = []string{
	"text", "varchar(3)", "boolean", "integer", "bigint", "double precision", "uuid", "inet", "jsonb", "timestamptz",
}

// userColumns returns a column "own <type>" for each of userTypes, which reads the
// attribute "app <type>" after one that is missing.
func userColumns(t testing.TB) map[string]Source {
	t.Helper()
	sources := map[string]Source{}
	for _, name := range userTypes {
		parsed, err := copyrow.ParseType(name)
		require.NoError(t, err)
		require.Equal(t, name, parsed.String())
		sources["own "+name] = Source{Type: parsed, From: []string{"app.missing", "app " + name}}
	}
	return sources
}
