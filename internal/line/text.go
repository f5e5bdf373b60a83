package line

import (
	"strings"
	"unicode/utf8"
)

// ellipsis ends a text that was cut.
const ellipsis = "…"

// plain reports whether the text is ASCII without NUL and without a colon, which
// a URL would have: nothing has to be changed of most values.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c == 0 || c == ':' || c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// clean replaces what Postgres text cannot hold, invalid UTF-8 and NUL, with
// U+FFFD.
func clean(s string) string {
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	return strings.ReplaceAll(s, "\x00", "\uFFFD")
}

// fit cuts clean text to at most width characters, as varchar(n) counts them;
// what is cut ends in an ellipsis. 0 is no limit.
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
