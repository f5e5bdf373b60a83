package copyrow

import (
	"encoding/binary"
	"math"
	"net/netip"
	"time"
)

// Value is the value of one field. The zero Value is NULL. It is small enough to be
// passed in registers.
type Value struct {
	kind Kind
	// number holds a boolean as 0 or 1, an integer, the bits of a float, the microseconds
	// of an interval or of a timestamp since 1970, or the higher half, big-endian, of a UUID
	// or of an address, with IPv4 mapped into IPv6.
	number int64
	// low holds the lower half of a UUID or of an address.
	low uint64
	// text holds a string or JSON.
	text string
	list *[]string
}

// Null is the value of a field that has none.
var Null Value

// IsNull reports whether the field holds no value.
func (v *Value) IsNull() bool { return v.kind == 0 }

// Kind returns the value's kind, 0 for NULL.
func (v *Value) Kind() Kind { return v.kind }

// Text returns the string of a Text, or the JSON of a JSONB.
func (v *Value) Text() string { return v.text }

// SetText replaces the string of a Text, or the JSON of a JSONB.
func (v *Value) SetText(text string) { v.text = text }

// Number returns an Integer, a BigInt, or a Boolean as 0 or 1. NULL is 0.
func (v *Value) Number() int64 { return v.number }

// List returns the strings of a TextArray, which the caller may change in place.
func (v *Value) List() []string { return *v.list }

// TextValue returns a Text, or NULL if s is empty.
func TextValue(s string) Value {
	if s == "" {
		return Null
	}
	return Value{kind: Text, text: s}
}

// RequiredTextValue returns a Text for a NOT NULL column, where an empty string stands
// for unknown.
func RequiredTextValue(s string) Value { return Value{kind: Text, text: s} }

// BooleanValue returns a Boolean.
func BooleanValue(b bool) Value {
	v := Value{kind: Boolean}
	if b {
		v.number = 1
	}
	return v
}

// IntegerValue returns an Integer; n has to fit into 32 bits.
func IntegerValue(n int64) Value { return Value{kind: Integer, number: n} }

// BigIntValue returns a BigInt.
func BigIntValue(n int64) Value { return Value{kind: BigInt, number: n} }

// DoubleValue returns a DoublePrecision.
func DoubleValue(f float64) Value {
	return Value{kind: DoublePrecision, number: int64(math.Float64bits(f))}
}

// UUIDValue returns a UUID.
func UUIDValue(id [16]byte) Value { return octetsValue(UUID, id) }

// InetValue returns an Inet.
func InetValue(addr netip.Addr) Value { return octetsValue(Inet, addr.As16()) }

func octetsValue(kind Kind, octets [16]byte) Value {
	return Value{
		kind: kind, number: int64(binary.BigEndian.Uint64(octets[:8])), low: binary.BigEndian.Uint64(octets[8:]),
	}
}

// TimestampValue returns a Timestamp, truncated to microseconds.
func TimestampValue(t time.Time) Value { return Value{kind: Timestamp, number: t.UnixMicro()} }

// IntervalValue returns an Interval, truncated to microseconds.
func IntervalValue(d time.Duration) Value { return Value{kind: Interval, number: d.Microseconds()} }

// JSONValue returns a JSONB; text has to be JSON that jsonb accepts.
func JSONValue(text string) Value { return Value{kind: JSONB, text: text} }

// ListValue returns a TextArray, or NULL if the list is empty. It keeps list.
func ListValue(list []string) Value {
	if len(list) == 0 {
		return Null
	}
	return Value{kind: TextArray, list: &list}
}
