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

func (o *jsonObject) reset() { o.buf, o.names = o.buf[:0], o.names[:0] }

// finish is the object, empty if it has no member.
func (o *jsonObject) finish() string {
	if len(o.names) == 0 {
		return ""
	}
	o.buf = append(o.buf, '}')
	return string(o.buf)
}

// name starts a member; what follows is its value.
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

// float writes a finite number.
func (o *jsonObject) float(f float64) { o.buf = strconv.AppendFloat(o.buf, f, 'g', -1, 64) }

// seconds writes a duration, not negative, exactly.
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

// text writes clean text.
func (o *jsonObject) text(s string) { o.buf = sanitize.AppendJSONString(o.buf, s) }
