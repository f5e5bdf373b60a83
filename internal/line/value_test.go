package line

import (
	"math"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"canonicallineexporter/internal/copyrow"
)

func TestConvertReadsAnAttributeAsAnyKind(t *testing.T) {
	t.Parallel()
	id := [16]byte{0x01, 0x88, 0x11, 0x4a, 0x4c, 0x00, 0x7f, 0x00, 0x80, 0x00, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab}
	for _, tt := range []struct {
		kind copyrow.Kind
		set  any
		want copyrow.Value
	}{
		{copyrow.Text, "a", copyrow.TextValue("a")},
		{copyrow.Text, "", copyrow.Null},
		{copyrow.Text, 7, copyrow.TextValue("7")},
		{copyrow.Text, true, copyrow.TextValue("true")},
		{copyrow.Text, []any{"a", int64(1)}, copyrow.TextValue("a, 1")},
		{copyrow.Text, attrs{"a": "b"}, copyrow.TextValue(`{"a":"b"}`)},
		{copyrow.TextArray, "a", copyrow.ListValue([]string{"a"})},
		{copyrow.TextArray, []any{"a", int64(1), nil}, copyrow.ListValue([]string{"a", "1", ""})},
		{copyrow.TextArray, []any{}, copyrow.Null},
		{copyrow.TextArray, "", copyrow.Null},
		{copyrow.UUID, "0188114a-4c00-7f00-8000-0123456789ab", copyrow.UUIDValue(id)},
		{copyrow.UUID, "0188114a", copyrow.Null},
		{copyrow.UUID, 7, copyrow.Null},
		{copyrow.Boolean, true, copyrow.BooleanValue(true)},
		{copyrow.Boolean, false, copyrow.BooleanValue(false)},
		{copyrow.Boolean, "true", copyrow.BooleanValue(true)},
		{copyrow.Boolean, "1", copyrow.BooleanValue(true)},
		{copyrow.Boolean, 1, copyrow.BooleanValue(true)},
		{copyrow.Boolean, "0", copyrow.BooleanValue(false)},
		{copyrow.Boolean, "yes", copyrow.Null},
		{copyrow.Boolean, 2, copyrow.Null},
		{copyrow.Integer, 7, copyrow.IntegerValue(7)},
		{copyrow.Integer, "-7", copyrow.IntegerValue(-7)},
		{copyrow.Integer, 7.0, copyrow.IntegerValue(7)},
		{copyrow.Integer, 7.5, copyrow.Null},
		{copyrow.Integer, math.NaN(), copyrow.Null},
		{copyrow.Integer, math.Inf(1), copyrow.Null},
		{copyrow.Integer, math.MaxInt32, copyrow.IntegerValue(math.MaxInt32)},
		{copyrow.Integer, math.MaxInt32 + 1, copyrow.Null},
		{copyrow.Integer, math.MinInt32 - 1, copyrow.Null},
		{copyrow.Integer, "99999999999999999999", copyrow.Null},
		{copyrow.Integer, true, copyrow.Null},
		{copyrow.DoublePrecision, 0.5, copyrow.DoubleValue(0.5)},
		{copyrow.DoublePrecision, 7, copyrow.DoubleValue(7)},
		{copyrow.DoublePrecision, " 1e3 ", copyrow.DoubleValue(1000)},
		{copyrow.DoublePrecision, "many", copyrow.Null},
		{copyrow.DoublePrecision, true, copyrow.Null},
		{copyrow.Interval, 1.5, copyrow.IntervalValue(1500 * time.Millisecond)},
		{copyrow.Interval, "0.25", copyrow.IntervalValue(250 * time.Millisecond)},
		{copyrow.Interval, 2, copyrow.IntervalValue(2 * time.Second)},
		{copyrow.Interval, -1, copyrow.Null},
		{copyrow.Interval, math.NaN(), copyrow.Null},
		{copyrow.Interval, math.Inf(1), copyrow.Null},
		{copyrow.Interval, 1e10, copyrow.Null},
		{copyrow.Inet, "192.0.2.1:80", copyrow.InetValue(netip.MustParseAddr("192.0.2.1"))},
		{copyrow.Inet, "localhost", copyrow.Null},
		{copyrow.BigInt, math.MaxInt64, copyrow.BigIntValue(math.MaxInt64)},
		{copyrow.BigInt, "many", copyrow.Null},
		{copyrow.Timestamp, "2023-05-12T13:14:15Z", copyrow.TimestampValue(time.Unix(1683897255, 0))},
		{copyrow.Timestamp, "2023-05-12T15:14:15+02:00", copyrow.TimestampValue(time.Unix(1683897255, 0))},
		{copyrow.Timestamp, 1683897255, copyrow.TimestampValue(time.Unix(1683897255, 0))},
		{copyrow.Timestamp, "1683897255000", copyrow.TimestampValue(time.Unix(1683897255, 0))},
		{copyrow.Timestamp, 1683897255000000, copyrow.TimestampValue(time.Unix(1683897255, 0))},
		{copyrow.Timestamp, 1683897255000000000, copyrow.TimestampValue(time.Unix(1683897255, 0))},
		{copyrow.Timestamp, -1, copyrow.Null},
		{copyrow.Timestamp, "0000-01-01T00:00:00Z", copyrow.Null},
		{copyrow.Timestamp, "yesterday", copyrow.Null},
		{copyrow.JSONB, "{}", copyrow.JSONValue("{}")},
		{copyrow.JSONB, attrs{"a": 1}, copyrow.JSONValue(`{"a":1}`)},
	} {
		v := pcommon.NewValueEmpty()
		require.NoError(t, v.FromRaw(tt.set))
		require.Equal(t, tt.want, convert(tt.kind, v), "%v as %v", tt.set, copyrow.Type{Kind: tt.kind})
	}
}

func TestOverrideOfTheWrongTypeIsIgnored(t *testing.T) {
	t.Parallel()
	got := readAttributes(t, attrs{
		"canonical.duration": "soon", "canonical.sudo": "maybe", "canonical.idempotency_replay": 5,
		"canonical.sudo_account_id": "root", "canonical.ip": true, "canonical.status": []any{int64(200)},
		"canonical.request_id": "1", "http.response.status_code": 204, "client.address": "192.0.2.1",
		"request.id": "0188114a-4c00-7f00-8000-0123456789ab",
	})
	want := attrs{
		"duration": 1500 * time.Millisecond, "sudo": false, "idempotency_replay": false, "sudo_account_id": nil,
		"ip": "192.0.2.1", "status": int32(204), "request_id": "0188114a-4c00-7f00-8000-0123456789ab",
	}
	require.Equal(t, want, keep(got, want))
}

func TestEveryColumnButTheFixedOnesIsSetByItsAttribute(t *testing.T) {
	t.Parallel()
	want := attrs{
		"account_email": "a", "account_id": "0188114a-4c00-7f00-8000-0123456789ab", "api_error_code": "b",
		"api_error_internal_code": "c", "api_error_cause": "d", "api_error_message": "e", "auth_internal_name": "f",
		"auth_type": "g", "content_type": "h", "duration": 2500 * time.Millisecond, "http_method": "i", "http_path": "j",
		"http_path_original": "k", "http_route": "l", "idempotency_key": "0188114a-4c00-7f00-8000-0123456789ac",
		"idempotency_replay": true, "ip": "2001:db8::1", "query_string": "m",
		"request_id": "0188114a-4c00-7f00-8000-0123456789ad", "request_payload_capture_disabled": false,
		"sentry_event_id": "n", "sso_provider": "o", "status": int32(299), "sudo": true, "sudo_account_email": "p",
		"sudo_account_id": "0188114a-4c00-7f00-8000-0123456789ae", "user_agent": "q", "x_crunchy_headers": []string{"r"},
		"service_name": "s", "service_version": "t", "deployment_environment": "u",
	}
	attributes := attrs{}
	for name, v := range want {
		attributes["canonical."+name] = v
	}
	attributes["canonical.duration"], attributes["canonical.status"] = "2.5", 299
	attributes["canonical.x_crunchy_headers"] = []any{"r"}
	got := readAttributes(t, attributes)
	require.Equal(t, want, keep(got, want))
	// request_payload is left out: whether it is kept is not the application's say.
	require.Len(t, got, len(want)+len([]string{
		"id", "created_at", "request_payload", "statistics", "trace_id", "span_id", "adjusted_count",
	}))
}

func TestOverridesOfFixedColumnsAreIgnored(t *testing.T) {
	t.Parallel()
	const id = "0188114a-4c00-7f00-8000-0123456789ab"
	plain := readAttributes(t, nil)
	require.Equal(t, plain, readAttributes(t, attrs{
		"canonical.id": id, "canonical.created_at": "2000-01-01T00:00:00Z", "canonical.updated_at": "2000-01-01T00:00:00Z",
		"canonical.trace_id": "a", "canonical.span_id": "b", "canonical.adjusted_count": 7, "canonical.statistics": "{}",
	}))
}

func TestAttributePrefixIsConfigured(t *testing.T) {
	t.Parallel()
	other := config
	other.AttributePrefix = "acme.line"
	row, _ := appendRow(NewMapper(other).Encoder(), nil, newRequest(t, attrs{
		"acme.line.http_path": "/a", "canonical.http_path": "/b", "acme.line.statistics.n": 1, "canonical.statistics.m": 1,
	}))
	got := decode(t, row)
	require.Equal(t, "/a", got["http_path"])
	require.Equal(t, attrs{"n": 1.0}, got["statistics"])
}
