// Package sanitize makes what clients send fit to be stored. It removes secrets, the
// literals of SQL, bytes and JSON that Postgres refuses, and text beyond a column's
// width.
package sanitize

import "slices"

// Repairs counts the values that had to be changed for Postgres to accept them.
type Repairs struct {
	// Characters counts values with invalid UTF-8 or NUL, which became U+FFFD.
	Characters int
	// Length counts values that were cut to their column's width.
	Length int
	// JSON counts values that became JSON strings because they were not JSON, nested too
	// deeply or had more digits than jsonb holds.
	JSON int
	// Type counts values that were left out because the column's type cannot hold them.
	Type int
}

// Sanitizer removes secrets from text and makes it fit its column. It is safe for
// concurrent use.
type Sanitizer struct {
	// secrets holds the names of secrets, endings the last words of such names, as joined
	// returns them.
	secrets, endings map[string]secrecy
}

// New returns a Sanitizer that knows the built-in names of secrets and those in more,
// regardless of case.
func New(more []string) Sanitizer {
	s := Sanitizer{secrets: map[string]secrecy{}, endings: map[string]secrecy{}}
	for _, name := range slices.Concat(secretParameters, secretEndings, more) {
		s.secrets[joined(name)] = certain
	}
	for _, name := range slices.Concat(secretEndings, more) {
		s.endings[joined(name)] = certain
	}
	for name := range vagueNames {
		s.secrets[name] = vague
		if _, ok := s.endings[name]; ok {
			s.endings[name] = vague
		}
	}
	for _, name := range more {
		s.secrets[joined(name)], s.endings[joined(name)] = certain, certain
	}
	delete(s.secrets, "")
	delete(s.endings, "")
	return s
}

// Text returns text as a varchar of this width holds it, without its secrets. A width of
// 0 means no limit. It counts repairs.
func (s Sanitizer) Text(text string, width int, repairs *Repairs) string {
	if (width == 0 || len(text) <= width) && plain(text) {
		return text
	}
	return Fit(s.Message(readable(text, repairs)), width, repairs)
}

// maxPasses bounds how often a text is redacted.
const maxPasses = 8

// settle redacts a text until nothing changes: what one pass replaces can lay open what the
// next one finds.
func settle(text string, redact func(string) string) string {
	for range maxPasses {
		redacted := redact(text)
		if redacted == text {
			break
		}
		text = redacted
	}
	return text
}

// readable replaces what Postgres cannot hold, lest it hide a secret. It counts repairs.
func readable(text string, repairs *Repairs) string {
	cleaned := clean(text)
	if cleaned != text {
		repairs.Characters++
	}
	return cleaned
}

// Statement returns a statement without literals, or what stands for one, as a varchar of
// this width holds it, without secrets in URLs. A width of 0 means no limit. It counts
// repairs.
func (s Sanitizer) Statement(text string, width int, repairs *Repairs) string {
	return Fit(s.URLs(recognizable(text)), width, repairs)
}

// Fit returns text as a varchar of this width holds it, and does not look for secrets. A
// width of 0 means no limit. It counts repairs.
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
