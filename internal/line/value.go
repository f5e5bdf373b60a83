package line

import (
	"encoding/binary"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"canonicallineexporter/schema"
)

// Value is what one column of a line holds. The zero Value is NULL. It is small
// enough to be passed in registers, as it is many times a line.
type Value struct {
	kind schema.Kind
	// number is a boolean (0 or 1), an integer, the bits of a float, the
	// microseconds of an interval or those of a timestamp since 1970, or the
	// higher half of 128 bits, big-endian: a UUID, or an address, where IPv4 is
	// mapped into IPv6; of JSON, jsonWritten.
	number int64
	// low is the lower half of 128 bits.
	low uint64
	// text is a string, or JSON.
	text string
	list *[]string
}

// jsonWritten says that JSON was written here and needs no repair.
const jsonWritten = 1

// null is a column without a value.
var null Value

// IsNull reports whether the column holds no value.
func (v *Value) IsNull() bool { return v.kind == 0 }

func textValue(s string) Value {
	if s == "" {
		return null
	}
	return Value{kind: schema.Text, text: s}
}

// requiredText is for a NOT NULL column, where empty stands for unknown.
func requiredText(s string) Value { return Value{kind: schema.Text, text: s} }

func boolValue(b bool) Value {
	v := Value{kind: schema.Boolean}
	if b {
		v.number = 1
	}
	return v
}

func integerValue(n int64) Value { return Value{kind: schema.Integer, number: n} }

func floatValue(f float64) Value {
	return Value{kind: schema.DoublePrecision, number: int64(math.Float64bits(f))}
}

func uuidValue(id [16]byte) Value { return octetsValue(schema.UUID, id) }

func inetValue(addr netip.Addr) Value { return octetsValue(schema.Inet, addr.As16()) }

func octetsValue(kind schema.Kind, octets [16]byte) Value {
	return Value{
		kind: kind, number: int64(binary.BigEndian.Uint64(octets[:8])), low: binary.BigEndian.Uint64(octets[8:]),
	}
}

func timestampValue(t time.Time) Value {
	return Value{kind: schema.Timestamp, number: t.UnixMicro()}
}

func intervalValue(d time.Duration) Value {
	return Value{kind: schema.Interval, number: d.Microseconds()}
}

func jsonValue(text string) Value { return Value{kind: schema.JSONB, number: jsonWritten, text: text} }

func listValue(list []string) Value {
	if len(list) == 0 {
		return null
	}
	return Value{kind: schema.TextArray, list: &list}
}

// convert reads an attribute as a value of the kind, and NULL where it is none.
func convert(kind schema.Kind, v pcommon.Value) Value {
	switch kind {
	case schema.Text:
		return textValue(textOf(v))
	case schema.TextArray:
		return listValue(stringsOf(v))
	case schema.UUID:
		if id, ok := parseID(textOf(v)); ok {
			return uuidValue(id)
		}
	case schema.Boolean:
		if b, err := strconv.ParseBool(strings.TrimSpace(textOf(v))); err == nil {
			return boolValue(b)
		}
	case schema.Integer:
		if n, ok := integerOf(v); ok && n >= math.MinInt32 && n <= math.MaxInt32 {
			return integerValue(n)
		}
	case schema.BigInt:
		if n, ok := integerOf(v); ok {
			return Value{kind: schema.BigInt, number: n}
		}
	case schema.DoublePrecision:
		if f, ok := floatOf(v); ok {
			return floatValue(f)
		}
	case schema.Interval:
		// Durations of OpenTelemetry are in seconds.
		if f, ok := floatOf(v); ok && f >= 0 && f < math.MaxInt64/1e9 {
			return intervalValue(time.Duration(f * 1e9))
		}
	case schema.Inet:
		if addr, ok := parseAddress(textOf(v)); ok {
			return inetValue(addr)
		}
	case schema.Timestamp:
		if t, ok := timeOf(v); ok {
			return timestampValue(t)
		}
	case schema.JSONB:
		if v.Type() != pcommon.ValueTypeEmpty {
			return Value{kind: schema.JSONB, text: v.AsString()}
		}
	}
	return null
}

// textOf is the value as text; several strings are one, as in a header.
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

// timeOf reads RFC 3339, or a number since 1970: of seconds below 10^11, else of
// milliseconds below 10^14, else of microseconds below 10^17, else of
// nanoseconds. From 1973 to 2262 no unit is taken for another.
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

// integerOf reads an integer from an integer, a whole float or a numeric string.
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
		var err error
		if n, err = strconv.ParseInt(strings.TrimSpace(v.Str()), 10, 64); err != nil {
			return 0, false
		}
	default:
		return 0, false
	}
	return n, true
}

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

// stringsOf reads a list of strings, or a single one as a list.
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
