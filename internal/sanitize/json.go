package sanitize

import (
	"encoding/json"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// AppendJSONString appends s, which has to be valid UTF-8 without NUL, as a JSON string.
func AppendJSONString(buf []byte, s string) []byte {
	const digits = "0123456789abcdef"
	buf = append(buf, '"')
	start := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		buf = append(buf, s[start:i]...)
		start = i + 1
		if c < ' ' {
			buf = append(buf, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		} else {
			buf = append(buf, '\\', c)
		}
	}
	return append(append(buf, s[start:]...), '"')
}

// These limits lie far below those of jsonb: numeric holds exponents up to 131072, and
// only the stack of Postgres limits nesting.
const (
	maxNesting  = 128
	maxNumber   = 400
	maxExponent = 1000
)

// Document returns text as JSON that jsonb accepts, without secrets: the same document,
// or a JSON string if text is not JSON or longer than size bytes. The content of a JSON
// string has at most size bytes, or the length of an ellipsis. A size of 0 means no
// limit. It counts repairs.
func (s Sanitizer) Document(text string, size int, repairs *Repairs) string {
	w := jsonRewriter{sanitizer: s, repairs: repairs, decoder: json.NewDecoder(strings.NewReader(text))}
	w.decoder.UseNumber()
	whole := w.rewrite()
	out := string(w.buf)
	switch first := strings.TrimLeft(text, " \t\r\n"); {
	case whole:
	case strings.HasPrefix(first, "{"), strings.HasPrefix(first, "["):
		// The rest cannot be parsed, so its secrets cannot be found.
		out += ellipsis
	default:
		out = s.Message(s.form(readable(text, repairs)))
	}
	if whole && w.deepest <= maxNesting && (size == 0 || len(out) <= size) {
		return out
	}
	if !whole || w.deepest > maxNesting {
		repairs.JSON++
	}
	cleaned := clean(out)
	if cleaned != out {
		repairs.Characters++
	}
	if size > 0 && len(cleaned) > size {
		repairs.Length++
		cleaned = Truncate(cleaned, max(size-len(ellipsis), 0)) + ellipsis
	}
	return string(AppendJSONString(nil, cleaned))
}

// jsonRewriter copies a document without secrets and without what jsonb refuses.
type jsonRewriter struct {
	sanitizer Sanitizer
	repairs   *Repairs
	decoder   *json.Decoder
	buf       []byte
	stack     []jsonContainer
	deepest   int
}

// jsonContainer is an object or an array that is still open.
type jsonContainer struct {
	object bool
	// elements counts values; in an object it counts names too.
	elements int
	// secret says that the next value is a secret.
	secret bool
	// naming says that the next value names another, as in {"name": "token", "value": 1};
	// named says that it is the name of a secret.
	naming, named bool
}

// rewrite writes the document. It reports whether the text is one JSON document; if
// not, it has written the part before the fault.
func (w *jsonRewriter) rewrite() bool {
	for {
		token, err := w.decoder.Token()
		if err != nil {
			return false
		}
		if delimiter, ok := token.(json.Delim); ok && (delimiter == '}' || delimiter == ']') {
			w.buf = append(w.buf, byte(delimiter))
			w.stack = w.stack[:len(w.stack)-1]
		} else if !w.element(token) {
			return false
		}
		if len(w.stack) == 0 {
			_, err := w.decoder.Token()
			return errors.Is(err, io.EOF)
		}
	}
}

// element writes a name, a value or the start of a container. It reports whether the
// decoder could read it to its end.
func (w *jsonRewriter) element(token json.Token) bool {
	secret := false
	if n := len(w.stack); n > 0 {
		c := &w.stack[n-1]
		name := c.object && c.elements%2 == 0
		switch {
		case c.object && !name:
			w.buf = append(w.buf, ':')
		case c.elements > 0:
			w.buf = append(w.buf, ',')
		}
		c.elements++
		secret, c.secret = c.secret, false
		if s, ok := token.(string); ok && name {
			c.secret = w.sanitizer.Secret(s) || c.named && strings.EqualFold(s, "value")
			c.naming = strings.EqualFold(s, "name") || strings.EqualFold(s, "key")
		} else if ok && c.object && c.naming {
			c.named = w.sanitizer.judge(s) == certain
		}
	}
	if secret {
		w.buf = AppendJSONString(w.buf, Redacted)
		return w.skip(token)
	}
	switch v := token.(type) {
	case json.Delim:
		w.buf = append(w.buf, byte(v))
		w.stack = append(w.stack, jsonContainer{object: v == '{'})
		w.deepest = max(w.deepest, len(w.stack))
	case string:
		// The decoder has replaced invalid UTF-8 and lone surrogates.
		cleaned := clean(v)
		if cleaned != v || strings.ContainsRune(v, utf8.RuneError) {
			w.repairs.Characters++
		}
		w.buf = AppendJSONString(w.buf, w.sanitizer.Message(cleaned))
	case json.Number:
		w.number(string(v))
	case bool:
		w.buf = strconv.AppendBool(w.buf, v)
	case nil:
		w.buf = append(w.buf, "null"...)
	}
	return true
}

// number writes a number as it is spelt, and as a string if numeric may not hold it.
func (w *jsonRewriter) number(s string) {
	exponent := 0
	if e := strings.IndexAny(s, "eE"); e >= 0 {
		var err error
		if exponent, err = strconv.Atoi(s[e+1:]); err != nil {
			exponent = math.MaxInt32
		}
	}
	if len(s) <= maxNumber && exponent >= -maxExponent && exponent <= maxExponent {
		w.buf = append(w.buf, s...)
		return
	}
	w.repairs.JSON++
	w.buf = AppendJSONString(w.buf, s)
}

// skip reads to the end of the value that starts with the token. It reports whether the
// decoder could read it.
func (w *jsonRewriter) skip(token json.Token) bool {
	for depth := 0; ; {
		if delimiter, ok := token.(json.Delim); ok {
			if delimiter == '{' || delimiter == '[' {
				depth++
			} else {
				depth--
			}
		}
		if depth == 0 {
			return true
		}
		var err error
		if token, err = w.decoder.Token(); err != nil {
			return false
		}
	}
}
