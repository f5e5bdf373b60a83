package copyrow

import (
	"encoding/binary"
	"math"
	"net/netip"
	"time"
)

// Value is what one field of a row holds. The zero Value is NULL. It is small
// enough to be passed in registers.
type Value struct {
	kind Kind
	// number is a boolean (0 or 1), an integer, the bits of a float, the
	// microseconds of an interval, those of a timestamp since 1970, or the higher
	// half of 128 bits, big-endian: a UUID, or an address, where IPv4 is mapped into
	// IPv6.
	number int64
	// low is the lower half of 128 bits.
	low uint64
	// text is a string, or JSON.
	text string
	list *[]string
}

// Null is a field without a value.
var Null Value

// IsNull reports whether the field holds no value.
func (v *Value) IsNull() bool { return v.kind == 0 }

// Kind returns the value's kind, 0 for NULL.
func (v *Value) Kind() Kind { return v.kind }

// Text returns the string of a Text, or the JSON of a JSONB.
func (v *Value) Text() string { return v.text }

// SetText replaces the string of a Text, or the JSON of a JSONB.
func (v *Value) SetText(text string) { v.text = text }

// Number returns an Integer, a BigInt, or a Boolean as 0 or 1.
func (v *Value) Number() int64 { return v.number }

// List returns the strings of a TextArray; they can be changed in place.
func (v *Value) List() []string { return *v.list }

// TextValue returns a string, NULL if it is empty.
func TextValue(s string) Value {
	if s == "" {
		return Null
	}
	return Value{kind: Text, text: s}
}

// RequiredTextValue returns a string for a NOT NULL column, where the empty one
// stands for unknown.
func RequiredTextValue(s string) Value { return Value{kind: Text, text: s} }

// BooleanValue returns a boolean.
func BooleanValue(b bool) Value {
	v := Value{kind: Boolean}
	if b {
		v.number = 1
	}
	return v
}

// IntegerValue returns an integer; n has to fit 32 bits.
func IntegerValue(n int64) Value { return Value{kind: Integer, number: n} }

// BigIntValue returns an integer of 64 bits.
func BigIntValue(n int64) Value { return Value{kind: BigInt, number: n} }

// DoubleValue returns a double precision number.
func DoubleValue(f float64) Value {
	return Value{kind: DoublePrecision, number: int64(math.Float64bits(f))}
}

// UUIDValue returns a UUID.
func UUIDValue(id [16]byte) Value { return octetsValue(UUID, id) }

// InetValue returns an address.
func InetValue(addr netip.Addr) Value { return octetsValue(Inet, addr.As16()) }

func octetsValue(kind Kind, octets [16]byte) Value {
	return Value{
		kind: kind, number: int64(binary.BigEndian.Uint64(octets[:8])), low: binary.BigEndian.Uint64(octets[8:]),
	}
}

// TimestampValue returns a point in time, cut to microseconds.
func TimestampValue(t time.Time) Value { return Value{kind: Timestamp, number: t.UnixMicro()} }

// IntervalValue returns a stretch of time, cut to microseconds.
func IntervalValue(d time.Duration) Value { return Value{kind: Interval, number: d.Microseconds()} }

// JSONValue returns JSON, which has to be such as jsonb takes.
func JSONValue(text string) Value { return Value{kind: JSONB, text: text} }

// ListValue returns a list of strings, NULL if it has none. It keeps list.
func ListValue(list []string) Value {
	if len(list) == 0 {
		return Null
	}
	return Value{kind: TextArray, list: &list}
}
