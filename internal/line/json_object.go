package line

import (
	"bytes"
	"strconv"
	"time"

	"canonicallineexporter/internal/sanitize"
)

// jsonObject writes a flat JSON object member by member.
type jsonObject struct {
	buf   []byte
	names []string
}

// reset starts a new object.
func (o *jsonObject) reset() { o.buf, o.names = o.buf[:0], o.names[:0] }

// finish returns the object, or an empty string if it has no member.
func (o *jsonObject) finish() string {
	if len(o.names) == 0 {
		return ""
	}
	o.buf = append(o.buf, '}')
	return string(o.buf)
}

// name starts a member; the next call writes its value.
func (o *jsonObject) name(name string) {
	separator := byte(',')
	if len(o.names) == 0 {
		separator = '{'
	}
	o.names = append(o.names, name)
	o.buf = append(o.buf, separator)
	o.buf = append(sanitize.AppendJSONString(o.buf, name), ':')
}

func (o *jsonObject) integer(n int64) { o.buf = strconv.AppendInt(o.buf, n, 10) }

// float writes f, which has to be finite.
func (o *jsonObject) float(f float64) { o.buf = strconv.AppendFloat(o.buf, f, 'g', -1, 64) }

// seconds writes d, which must not be negative, in seconds and without rounding.
func (o *jsonObject) seconds(d time.Duration) {
	o.integer(int64(d / time.Second))
	nanoseconds := int64(d % time.Second)
	if nanoseconds == 0 {
		return
	}
	var digits [10]byte
	digits[0] = '.'
	for i := 9; i > 0; i-- {
		digits[i] = byte('0' + nanoseconds%10)
		nanoseconds /= 10
	}
	o.buf = append(o.buf, bytes.TrimRight(digits[:], "0")...)
}

func (o *jsonObject) boolean(b bool) { o.buf = strconv.AppendBool(o.buf, b) }

// text writes s, which has to be valid UTF-8 without NUL.
func (o *jsonObject) text(s string) { o.buf = sanitize.AppendJSONString(o.buf, s) }
