// Package sanitize makes what clients send fit to be stored. It takes out secrets,
// bytes that Postgres refuses, text beyond a column's width, JSON that jsonb does
// not take and the literals of SQL.
package sanitize

// Repairs counts what had to be changed for Postgres to take it.
type Repairs struct {
	// Characters counts values with invalid UTF-8 or NUL, which became U+FFFD.
	Characters int
	// Length counts values that were cut to their column's width.
	Length int
	// JSON counts values that became JSON strings: what is not JSON, numbers of more
	// digits than jsonb holds, nesting without end.
	JSON int
}

// Sanitizer takes the secrets out of text and makes it fit its column. It is safe
// for concurrent use.
type Sanitizer struct {
	// secrets holds the names of secrets in the form of secretName.
	secrets map[string]struct{}
}

// New returns a Sanitizer that knows the built-in names of secrets and more, in any
// case.
func New(more []string) Sanitizer {
	s := Sanitizer{secrets: map[string]struct{}{}}
	for _, list := range [][]string{secretParameters, more} {
		for _, name := range list {
			s.secrets[secretName(name)] = struct{}{}
		}
	}
	return s
}

// Text returns text as a varchar of this width holds it, without the secrets of the
// URLs in it. A width of 0 is no limit.
func (s Sanitizer) Text(text string, width int, repairs *Repairs) string {
	if (width == 0 || len(text) <= width) && plain(text) {
		return text
	}
	return Fit(s.URLs(text), width, repairs)
}

// Fit returns text as a varchar of this width holds it; it looks for no secrets.
func Fit(text string, width int, repairs *Repairs) string {
	cleaned := clean(text)
	if cleaned != text {
		repairs.Characters++
	}
	fitted := fit(cleaned, width)
	if fitted != cleaned {
		repairs.Length++
	}
	return fitted
}
