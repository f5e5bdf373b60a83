package line

import (
	"math"
	"net/netip"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"canonicallineexporter/internal/copyrow"
)

func TestConvert_EveryKind(t *testing.T) {
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

func TestParseID_ReadsThreeSpellings(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"01563e3a-b5d3-d676-4c61-efb99302bd5b":   "01563e3a-b5d3-d676-4c61-efb99302bd5b",
		"01563E3A-B5D3-D676-4C61-EFB99302BD5B":   "01563e3a-b5d3-d676-4c61-efb99302bd5b",
		" 01563e3a-b5d3-d676-4c61-efb99302bd5b ": "01563e3a-b5d3-d676-4c61-efb99302bd5b", //nolint:gocritic // the spaces are what is tested
		"01563e3ab5d3d6764c61efb99302bd5b":       "01563e3a-b5d3-d676-4c61-efb99302bd5b",
		"01563E3AB5D3D6764C61EFB99302BD5B":       "01563e3a-b5d3-d676-4c61-efb99302bd5b",
		"01ARZ3NDEKTSV4RRFFQ69G5FAV":             "01563e3a-b5d3-d676-4c61-efb99302bd5b",
		"01arz3ndektsv4rrffq69g5fav":             "01563e3a-b5d3-d676-4c61-efb99302bd5b",
		`"01563e3a-b5d3-d676-4c61-efb99302bd5b"`: "01563e3a-b5d3-d676-4c61-efb99302bd5b",
		`"01ARZ3NDEKTSV4RRFFQ69G5FAV"`:           "01563e3a-b5d3-d676-4c61-efb99302bd5b",
		"00000000-0000-0000-0000-000000000000":   "00000000-0000-0000-0000-000000000000",
		"7ZZZZZZZZZZZZZZZZZZZZZZZZZ":             "ffffffff-ffff-ffff-ffff-ffffffffffff",
	} {
		id, ok := parseID(s)
		require.True(t, ok, s)
		require.Equal(t, want, uuid.UUID(id).String(), s)
	}
}

func TestParseID_RefusesOtherText(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"", "42", "acme", "01563e3a-b5d3-d676-4c61-efb99302bd5", "01563e3a-b5d3-d676-4c61-efb99302bd5bb",
		"01563e3a-b5d3-d676-4c61-efb99302bd5g", "01563e3ab5d3d6764c61efb99302bd5g", "01563e3ab5d3d6764c61efb99302bd5",
		"01563e3a-b5d3-d676-4c61-efb99302bd5b, 01563e3a-b5d3-d676-4c61-efb99302bd5b",
		"x01563e3a-b5d3-d676-4c61-efb99302bd5bx",
		"81ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FAU", "0\u0131ARZ3NDEKTSV4RRFFQ69G5FA", "\x00\xff",
	} {
		_, ok := parseID(s)
		require.False(t, ok, s)
	}
}

func TestParseAddress_ReadsEveryForm(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"192.0.2.1":               "192.0.2.1",
		" 192.0.2.1 ":             "192.0.2.1", //nolint:gocritic // the spaces are what is tested
		"192.0.2.1:8080":          "192.0.2.1",
		"2001:db8::1":             "2001:db8::1",
		"2001:DB8:0:0::1":         "2001:db8::1",
		"[2001:db8::1]":           "2001:db8::1",
		"[2001:db8::1]:8080":      "2001:db8::1",
		"::1":                     "::1",
		"fe80::1%eth0":            "fe80::1",
		"[fe80::1%eth0]:8080":     "fe80::1",
		"::ffff:127.0.0.1":        "127.0.0.1",
		"[::ffff:127.0.0.1]:8080": "127.0.0.1",
		"::ffff:7f00:1":           "127.0.0.1",
	} {
		addr, ok := parseAddress(s)
		require.True(t, ok, s)
		require.Equal(t, want, addr.String(), s)
	}
}

func TestParseAddress_RefusesOtherText(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"", " ", "[]", "localhost", "localhost:8080", "example.com", "/run/app.sock", "@", "unix", "unknown", "192.0.2",
		"192.0.2.256", "192.0.2.0/24", "192.0.2.1:port", "192.0.2.1:99999", "192.0.2.1, 192.0.2.2", "3232235777", ":8080",
		"192.0.2.1\x00",
	} {
		_, ok := parseAddress(s)
		require.False(t, ok, s)
	}
}
