package sanitize

import (
	"strings"
	"unicode/utf8"
)

// ellipsis marks the end of text that was cut.
const ellipsis = "…"

// clean replaces invalid UTF-8 and NUL, which text in Postgres cannot hold, with U+FFFD.
func clean(s string) string {
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	return strings.ReplaceAll(s, "\x00", "\uFFFD")
}

// fit cuts valid UTF-8 to at most width characters, as varchar(n) counts them, with an
// ellipsis at the end. A width of 0 means no limit.
func fit(s string, width int) string {
	if width == 0 || len(s) <= width || utf8.RuneCountInString(s) <= width {
		return s
	}
	end := 0
	for range width - 1 {
		_, size := utf8.DecodeRuneInString(s[end:])
		end += size
	}
	return s[:end] + ellipsis
}

// Truncate cuts s to at most size bytes at the boundary of a character. The result of a
// cut does not keep s in memory.
func Truncate(s string, size int) string {
	if len(s) <= size {
		return s
	}
	for size > 0 && !utf8.RuneStart(s[size]) {
		size--
	}
	return strings.Clone(s[:size])
}
