package line

import (
	"math"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"canonicallineexporter/schema"
)

func TestConvertReadsAnAttributeAsAnyKind(t *testing.T) {
	t.Parallel()
	id := [16]byte{0x01, 0x88, 0x11, 0x4a, 0x4c, 0x00, 0x7f, 0x00, 0x80, 0x00, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab}
	for _, tt := range []struct {
		kind schema.Kind
		set  any
		want Value
	}{
		{schema.Text, "a", textValue("a")},
		{schema.Text, "", null},
		{schema.Text, 7, textValue("7")},
		{schema.Text, true, textValue("true")},
		{schema.Text, []any{"a", int64(1)}, textValue("a, 1")},
		{schema.Text, attrs{"a": "b"}, textValue(`{"a":"b"}`)},
		{schema.TextArray, "a", listValue([]string{"a"})},
		{schema.TextArray, []any{"a", int64(1), nil}, listValue([]string{"a", "1", ""})},
		{schema.TextArray, []any{}, null},
		{schema.TextArray, "", null},
		{schema.UUID, "0188114a-4c00-7f00-8000-0123456789ab", uuidValue(id)},
		{schema.UUID, "0188114a", null},
		{schema.UUID, 7, null},
		{schema.Boolean, true, boolValue(true)},
		{schema.Boolean, false, boolValue(false)},
		{schema.Boolean, "true", boolValue(true)},
		{schema.Boolean, "1", boolValue(true)},
		{schema.Boolean, 1, boolValue(true)},
		{schema.Boolean, "0", boolValue(false)},
		{schema.Boolean, "yes", null},
		{schema.Boolean, 2, null},
		{schema.Integer, 7, integerValue(7)},
		{schema.Integer, "-7", integerValue(-7)},
		{schema.Integer, 7.0, integerValue(7)},
		{schema.Integer, 7.5, null},
		{schema.Integer, math.NaN(), null},
		{schema.Integer, math.Inf(1), null},
		{schema.Integer, math.MaxInt32, integerValue(math.MaxInt32)},
		{schema.Integer, math.MaxInt32 + 1, null},
		{schema.Integer, math.MinInt32 - 1, null},
		{schema.Integer, "99999999999999999999", null},
		{schema.Integer, true, null},
		{schema.DoublePrecision, 0.5, floatValue(0.5)},
		{schema.DoublePrecision, 7, floatValue(7)},
		{schema.DoublePrecision, " 1e3 ", floatValue(1000)},
		{schema.DoublePrecision, "many", null},
		{schema.DoublePrecision, true, null},
		{schema.Interval, 1.5, intervalValue(1500 * time.Millisecond)},
		{schema.Interval, "0.25", intervalValue(250 * time.Millisecond)},
		{schema.Interval, 2, intervalValue(2 * time.Second)},
		{schema.Interval, -1, null},
		{schema.Interval, math.NaN(), null},
		{schema.Interval, math.Inf(1), null},
		{schema.Interval, 1e10, null},
		{schema.Inet, "192.0.2.1:80", inetValue(netip.MustParseAddr("192.0.2.1"))},
		{schema.Inet, "localhost", null},
		{schema.BigInt, math.MaxInt64, Value{kind: schema.BigInt, number: math.MaxInt64}},
		{schema.BigInt, "many", null},
		{schema.Timestamp, "2023-05-12T13:14:15Z", timestampValue(time.Unix(1683897255, 0))},
		{schema.Timestamp, "2023-05-12T15:14:15+02:00", timestampValue(time.Unix(1683897255, 0))},
		{schema.Timestamp, 1683897255, timestampValue(time.Unix(1683897255, 0))},
		{schema.Timestamp, "1683897255000", timestampValue(time.Unix(1683897255, 0))},
		{schema.Timestamp, 1683897255000000, timestampValue(time.Unix(1683897255, 0))},
		{schema.Timestamp, 1683897255000000000, timestampValue(time.Unix(1683897255, 0))},
		{schema.Timestamp, -1, null},
		{schema.Timestamp, "0000-01-01T00:00:00Z", null},
		{schema.Timestamp, "yesterday", null},
		{schema.JSONB, "{}", Value{kind: schema.JSONB, text: "{}"}},
		{schema.JSONB, attrs{"a": 1}, Value{kind: schema.JSONB, text: `{"a":1}`}},
	} {
		v := pcommon.NewValueEmpty()
		require.NoError(t, v.FromRaw(tt.set))
		require.Equal(t, tt.want, convert(tt.kind, v), "%v as %v", tt.set, schema.Type{Kind: tt.kind})
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
