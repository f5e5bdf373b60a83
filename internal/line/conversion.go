package line

import (
	"encoding/hex"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/oklog/ulid/v2"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"canonicallineexporter/internal/copyrow"
)

// convert returns v as a value of the kind, NULL if the kind cannot hold it.
func convert(kind copyrow.Kind, v pcommon.Value) copyrow.Value {
	switch kind {
	case copyrow.Text:
		return copyrow.TextValue(textOf(v))
	case copyrow.TextArray:
		return copyrow.ListValue(stringsOf(v))
	case copyrow.UUID:
		if id, ok := parseID(textOf(v)); ok {
			return copyrow.UUIDValue(id)
		}
	case copyrow.Boolean:
		if b, err := strconv.ParseBool(strings.TrimSpace(textOf(v))); err == nil {
			return copyrow.BooleanValue(b)
		}
	case copyrow.Integer:
		if n, ok := integerOf(v); ok && n >= math.MinInt32 && n <= math.MaxInt32 {
			return copyrow.IntegerValue(n)
		}
	case copyrow.BigInt:
		if n, ok := integerOf(v); ok {
			return copyrow.BigIntValue(n)
		}
	case copyrow.DoublePrecision:
		if f, ok := floatOf(v); ok {
			return copyrow.DoubleValue(f)
		}
	case copyrow.Interval:
		// OpenTelemetry states durations in seconds.
		if f, ok := floatOf(v); ok && f >= 0 && f < math.MaxInt64/1e9 {
			return copyrow.IntervalValue(time.Duration(f * 1e9))
		}
	case copyrow.Inet:
		if addr, ok := parseAddress(textOf(v)); ok {
			return copyrow.InetValue(addr)
		}
	case copyrow.Timestamp:
		if t, ok := timeOf(v); ok {
			return copyrow.TimestampValue(t)
		}
	case copyrow.JSONB:
		if v.Type() != pcommon.ValueTypeEmpty {
			return copyrow.JSONValue(v.AsString())
		}
	}
	return copyrow.Null
}

// textOf returns the value as text. It joins a list with commas, as HTTP does with a
// repeated header.
func textOf(v pcommon.Value) string {
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return v.Str()
	case pcommon.ValueTypeSlice:
		if v.Slice().Len() == 1 {
			return v.Slice().At(0).AsString()
		}
		return strings.Join(stringsOf(v), ", ")
	default:
		return v.AsString()
	}
}

// timeOf returns the time that v gives in RFC 3339 or as a number since 1970: seconds
// below 10^11, milliseconds below 10^14, microseconds below 10^17, else nanoseconds.
// From 1973 to 2262 no unit is mistaken for another.
func timeOf(v pcommon.Value) (time.Time, bool) {
	n, ok := integerOf(v)
	switch {
	case !ok:
		t, err := time.Parse(time.RFC3339, strings.TrimSpace(textOf(v)))
		return t, err == nil && t.Year() > 0
	case n < 0:
		return time.Time{}, false
	case n < 1e11:
		return time.Unix(n, 0), true
	case n < 1e14:
		return time.UnixMilli(n), true
	case n < 1e17:
		return time.UnixMicro(n), true
	default:
		return time.Unix(0, n), true
	}
}

// integerOf returns the integer that v holds as an integer, a whole float or a numeric
// string.
func integerOf(v pcommon.Value) (int64, bool) {
	var n int64
	switch v.Type() {
	case pcommon.ValueTypeInt:
		n = v.Int()
	case pcommon.ValueTypeDouble:
		if f := v.Double(); f != math.Trunc(f) || math.Abs(f) >= 1<<53 {
			return 0, false
		}
		n = int64(v.Double())
	case pcommon.ValueTypeStr:
		return parseInteger(v.Str())
	default:
		return 0, false
	}
	return n, true
}

// parseInteger returns the integer that s spells, which may have a fraction of zeros.
func parseInteger(s string) (int64, bool) {
	whole, fraction, _ := strings.Cut(strings.TrimSpace(s), ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	return n, err == nil && strings.Trim(fraction, "0") == ""
}

// floatOf returns the number that v holds as a number or a numeric string.
func floatOf(v pcommon.Value) (float64, bool) {
	switch v.Type() {
	case pcommon.ValueTypeInt:
		return float64(v.Int()), true
	case pcommon.ValueTypeDouble:
		return v.Double(), true
	case pcommon.ValueTypeStr:
		f, err := strconv.ParseFloat(strings.TrimSpace(v.Str()), 64)
		return f, err == nil
	default:
		return 0, false
	}
}

// stringsOf returns the elements of a list as strings, and any other value as a list of
// one.
func stringsOf(v pcommon.Value) []string {
	if v.Type() != pcommon.ValueTypeSlice {
		if s := v.AsString(); s != "" {
			return []string{s}
		}
		return nil
	}
	list := make([]string, 0, v.Slice().Len())
	for _, element := range v.Slice().All() {
		list = append(list, element.AsString())
	}
	return list
}

// parseID returns the 128-bit ID that s spells as a UUID, as 32 hex digits or as a ULID
// of 26 characters (https://github.com/ulid/spec). s may stand in double quotes, as an
// Idempotency-Key should
// (https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header).
func parseID(s string) (id [16]byte, ok bool) {
	s = strings.Trim(strings.TrimSpace(s), `"`)
	switch len(s) {
	case 26:
		parsed, err := ulid.ParseStrict(strings.ToUpper(s))
		return parsed, err == nil
	case 32:
		_, err := hex.Decode(id[:], []byte(s))
		return id, err == nil
	case 36:
		parsed, err := uuid.Parse(s)
		return parsed, err == nil
	default:
		return id, false
	}
}

// unknownAddress stands for the address of a client without a usable one.
var unknownAddress = netip.IPv4Unspecified()

// parseAddress returns the IP address that s holds in any form that instrumentations
// write: alone, with a port, in brackets, mapped into IPv6 or with a zone. It rejects
// host names and socket paths.
func parseAddress(s string) (netip.Addr, bool) {
	s = strings.TrimSpace(s)
	addr, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		withPort, err := netip.ParseAddrPort(s)
		if err != nil {
			return netip.Addr{}, false
		}
		addr = withPort.Addr()
	}
	// inet has no zones, and an operator looks for 127.0.0.1, not ::ffff:127.0.0.1.
	return addr.Unmap().WithZone(""), true
}
