package sanitize

import (
	"strings"
	"unicode/utf8"
)

// ellipsis ends text that was cut.
const ellipsis = "…"

// plain reports whether s is ASCII without NUL and without the colon of a URL. Most
// values are, and stay as they are.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c == 0 || c == ':' || c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// clean replaces invalid UTF-8 and NUL, which Postgres' text cannot hold, with
// U+FFFD.
func clean(s string) string {
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	return strings.ReplaceAll(s, "\x00", "\uFFFD")
}

// fit cuts clean text to at most width characters, as varchar(n) counts them, and
// ends what it cut in an ellipsis. A width of 0 is no limit.
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

// Truncate cuts s to at most size bytes, not inside a character. What it cuts does
// not keep s in memory.
func Truncate(s string, size int) string {
	if len(s) <= size {
		return s
	}
	for size > 0 && !utf8.RuneStart(s[size]) {
		size--
	}
	return strings.Clone(s[:size])
}
