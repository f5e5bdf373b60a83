package sanitize

import (
	"net/url"
	"strings"
)

// Redacted replaces a secret.
const Redacted = "REDACTED"

// maxDepth is how often text that holds encoded text is decoded.
const maxDepth = 4

// edit copies text with parts of it replaced, front to back.
type edit struct {
	text string
	copy strings.Builder
	// kept is where the text starts that is not copied yet.
	kept int
}

// replace puts by in the place of text[from:to].
func (e *edit) replace(from, to int, by string) {
	if e.kept == 0 {
		e.copy.Grow(len(e.text) + len(by))
	}
	e.copy.WriteString(e.text[e.kept:from])
	e.copy.WriteString(by)
	e.kept = to
}

// finish returns the copy, which is the text itself if nothing was replaced.
func (e *edit) finish() string {
	if e.kept == 0 && e.copy.Len() == 0 {
		return e.text
	}
	e.copy.WriteString(e.text[e.kept:])
	return e.copy.String()
}

// Query redacts the secrets in a query string, and those in URLs, JSON and query strings
// that a value holds encoded. It leaves every other byte alone.
func (s Sanitizer) Query(query string) string {
	return settle(query, func(text string) string { return s.query(text, 0) })
}

func (s Sanitizer) query(query string, depth int) string {
	e := edit{text: query}
	for start := 0; start < len(query); start++ {
		pair := upTo(query[start:], "&;")
		name, value, ok := strings.Cut(pair, "=")
		switch {
		case ok && s.judge(strings.TrimPrefix(name, "?")) != harmless:
			// Few servers still take a semicolon for a separator. To the others it is
			// part of the secret.
			pair = upTo(query[start:], "&")
			from, to := start+len(name)+len("="), start+len(pair)
			if to > from {
				e.replace(from, to, Redacted)
			}
		case ok && !strings.ContainsAny(name, `{[":<`) && !encodesSyntax(name):
			from := start + len(name) + len("=")
			if decoded := s.encoded(value, depth); decoded != value {
				e.replace(from, start+len(pair), decoded)
			}
		default:
			if decoded := s.encoded(pair, depth); decoded != pair {
				e.replace(start, start+len(pair), decoded)
			}
		}
		start += len(pair)
	}
	return e.finish()
}

// encodesSyntax reports whether text holds a percent-encoded brace, quote or colon.
func encodesSyntax(text string) bool {
	for i := 0; i+2 < len(text); i++ {
		if text[i] == '%' {
			switch strings.ToUpper(text[i+1 : i+3]) {
			case "22", "27", "3A", "3C", "7B", "25":
				return true
			}
		}
	}
	return false
}

// encoded redacts the secrets in text that is percent-encoded or plain, and encodes the
// result again. It returns text without secrets as it is.
func (s Sanitizer) encoded(text string, depth int) string {
	if strings.IndexByte(text, '%') < 0 && strings.IndexByte(text, '+') < 0 {
		return s.message(text, depth+1)
	}
	decoded := unescape(text)
	if decoded == text {
		return s.message(text, depth+1)
	}
	if depth >= maxDepth {
		return Redacted
	}
	clear := s.message(decoded, depth+1)
	if clear == decoded {
		return text
	}
	return url.QueryEscape(clear)
}

// upTo returns the part of s before the first separator.
func upTo(s, separators string) string {
	const few = 3
	if len(separators) > few {
		if i := strings.IndexAny(s, separators); i >= 0 {
			return s[:i]
		}
		return s
	}
	// A set would take longer to make than most parts take to read.
	for i := range len(s) {
		if strings.IndexByte(separators, s[i]) >= 0 {
			return s[:i]
		}
	}
	return s
}

// URLs redacts the credentials of the URLs in text and the secrets in their query
// strings.
func (s Sanitizer) URLs(text string) string {
	return settle(text, func(text string) string { return s.urls(text, 0) })
}

func (s Sanitizer) urls(text string, depth int) string {
	const scheme = "://"
	e := edit{text: text}
	for i := 0; ; {
		length := strings.Index(text[i:], scheme)
		if length < 0 {
			return e.finish()
		}
		i += length + len(scheme)
		// The next round reads a URL that is part of this one.
		end := len(text)
		if next := strings.Index(text[i:], scheme); next >= 0 {
			end = i + next
		}
		end = i + len(upTo(text[i:end], " \t\r\n\"'<>`"))
		authority := i + len(upTo(text[i:end], "/?#"))
		if at := strings.LastIndexByte(text[i:authority], '@'); at >= 0 && text[i:i+at] != Redacted {
			e.replace(i, i+at, Redacted)
		}
		host := text[i+strings.LastIndexByte(text[i:authority], '@')+1 : authority]
		path := upTo(text[authority:end], "?#")
		if clear := s.links(host + path)[len(host):]; clear != path {
			e.replace(authority, authority+len(path), clear)
		}
		if mark := strings.IndexByte(text[authority:end], '?'); mark >= 0 {
			from := authority + mark + 1
			to := from + len(upTo(text[from:end], "#"))
			if query := s.query(text[from:to], depth); query != text[from:to] {
				e.replace(from, to, query)
			}
		}
		i = end
	}
}

// form redacts the secrets in a body: a form, in either encoding, or anything else that is
// not JSON.
func (s Sanitizer) form(body string) string {
	const field = `name="`
	if !strings.ContainsAny(body, " \t\r\n") {
		return s.Query(body)
	}
	e := edit{text: body}
	for i := 0; ; {
		length := strings.Index(body[i:], field)
		if length < 0 {
			return e.finish()
		}
		i += length + len(field)
		if !s.Secret(upTo(body[i:], "\"\r\n")) {
			continue
		}
		gap := strings.Index(body[i:], "\n\n")
		if crlf := strings.Index(body[i:], "\n\r\n"); crlf >= 0 && (gap < 0 || crlf < gap) {
			gap = crlf
		}
		if gap < 0 {
			return e.finish()
		}
		from := i + gap
		for from < len(body) && (body[from] == '\r' || body[from] == '\n') {
			from++
		}
		to := len(body)
		if length := strings.Index(body[from:], "\n--"); length >= 0 {
			to = from + length
		}
		if value := strings.TrimRight(body[from:to], "\r\n"); value != "" && value != Redacted {
			e.replace(from, from+len(value), Redacted)
		}
		i = to
	}
}
