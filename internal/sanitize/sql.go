package sanitize

import (
	"regexp"
	"strings"
)

// MaxStatement is how long a normalized statement is at most, in bytes. More of its text is
// read, since a list after IN is longer than what is left of it.
const (
	MaxStatement = 2000
	maxText      = 16 << 10
)

// Statement normalizes a statement for the database that OpenTelemetry calls system. It
// replaces literals with ?, even one that was cut, folds lists of them to one, and lists of
// placeholders after IN, and removes comments and runs of whitespace. ok is false if literals
// cannot be told from the rest, as in text that is not SQL.
func Statement(system, text string) (normal string, ok bool) {
	d, ok := dialectOf(system)
	if !ok || text == "" {
		return "", false
	}
	text = strings.TrimSpace(Truncate(text, maxText))
	if !d.begins(text) {
		return "", false
	}
	if normal, ok = d.normalize(text); ok {
		normal = strings.TrimSpace(Truncate(foldLists(normal), MaxStatement))
	}
	return normal, ok
}

// normalize replaces literals and removes comments and runs of whitespace. It does not
// copy a statement that needs no change.
func (d dialect) normalize(text string) (normal string, ok bool) {
	if strings.Contains(text, "FORMAT") || strings.Contains(text, "format") || strings.Contains(text, "STDIN") || strings.Contains(text, "stdin") {
		text = withoutData(text)
	}
	if d.ambiguous && d.doubtful(text) {
		return "", false
	}
	var b strings.Builder
	copied := 0  // b holds the text before this offset.
	prefix := -1 // The word that starts here ends at i.
	for i := 0; i < len(text); {
		c := text[i]
		end := i + 1
		var by string
		word := prefix
		prefix = -1
		switch {
		case isHex(c) && isUUID(text, i):
			end, by = i+uuidSize, "?"
		case isWord(c) && !isDigit(c), c == '@', c == ':':
			prefix = i
			i = identifierEnd(text, end)
			if d.identifies(text, prefix, i) {
				// What follows may hold the password, old or new, in any form.
				b.WriteString(text[copied:d.gapEnd(text, i)])
				b.WriteString("?")
				return strings.TrimSpace(b.String()), true
			}
			continue
		case c == ' ' && end < len(text) && !isSpace(text[end]) && !d.commentAt(text, end):
			i++
			continue
		case isSpace(c), d.commentAt(text, i):
			end, by = d.gapEnd(text, i), " "
		case d.triples && (strings.HasPrefix(text[i:], "'''") || strings.HasPrefix(text[i:], `"""`)):
			end, by = tripleEnd(text, i), "?"
		case c == '\'' && d.alternatives && word >= 0 && isAlternative(text[word:i]):
			end, by = alternativeEnd(text, i), "?"
		case c == '\'', c == '"' && !d.quotedIdentifiers:
			escapes := d.escapes || word >= 0 && strings.EqualFold(text[word:i], "e")
			end, by = stringEnd(text, i, escapes), "?"
			if end == len(text) && escapes && strings.IndexByte(text, '\\') >= 0 && !closed(text, i) {
				// The backslash escaped nothing, and what seems to be between strings is in one.
				return "", false
			}
		case c == '"', c == '`' && d.backticks, c == '[' && d.brackets:
			end = quoteEnd(text, i, false)
			if c == '[' {
				end = bracketedEnd(text, i)
			}
			// What is never closed may hold anything.
			if text[end-1] != closing(c) || end-i < 2 || c == '"' && isValue(text, i, end) {
				by = "?"
				break
			}
			i = end
			continue
		case isDigit(c), c == '.' && end < len(text) && isDigit(text[end]):
			end, by = numberEnd(text, i), "?"
		case c == '$':
			if end = dollarEnd(text, i); end == 0 || !d.dollars {
				i = wordEnd(text, i+1)
				continue
			}
			by = "?"
		case c == '{' && isDocument(text, i):
			return "", false
		default:
			i++
			continue
		}
		b.WriteString(text[copied:i])
		b.WriteString(by)
		i, copied = end, end
	}
	if copied == 0 {
		return text, true
	}
	b.WriteString(text[copied:])
	return strings.TrimSpace(b.String()), true
}

// withoutData cuts off the data that follows COPY ... FROM STDIN and INSERT ... FORMAT in
// the text of a statement.
func withoutData(text string) string {
	for _, found := range [][]int{copyFrom.FindStringIndex(text), insertFormat.FindStringIndex(text)} {
		if found != nil {
			text = text[:min(found[1], len(text))]
		}
	}
	return text
}

// These match a COPY of Postgres and an INSERT of ClickHouse in front of their data.
var (
	copyFrom     = regexp.MustCompile(`(?is)\bcopy\b[^;]*?\bfrom\s+stdin\b[^;\n]*`)
	insertFormat = regexp.MustCompile(`(?is)^insert\s+into\s.*?\sformat\s+\w+`)
)

// doubtful reports whether dialects read text in different ways.
func (d dialect) doubtful(text string) bool {
	if strings.IndexByte(text, '\\') >= 0 || strings.Contains(text, "'''") || strings.Contains(text, `"""`) {
		return true
	}
	if open := strings.Index(text, "/*"); open >= 0 && strings.Count(text, "/*") != strings.Count(text, "*/") {
		return true
	}
	for i := range len(text) {
		switch text[i] {
		case '\'':
			word := i
			for word > 0 && isWord(text[word-1]) {
				word--
			}
			if isAlternative(text[word:i]) {
				return true
			}
		case '[':
			// A name, or the index of an array.
			if strings.ContainsAny(upTo(text[i:], "]"), "'\"`") {
				return true
			}
		}
	}
	return false
}

// identifies reports whether text[from:to] is BY in IDENTIFIED BY, behind which some
// databases take a password without quotes.
func (d dialect) identifies(text string, from, to int) bool {
	const identified = "identified"
	if to-from != len("by") || !strings.EqualFold(text[from:to], "by") {
		return false
	}
	before := strings.TrimRight(text[:from], " \t\r\n")
	start := len(before) - len(identified)
	return start >= 0 && strings.EqualFold(before[start:], identified)
}

// isValue reports whether only a value can stand at text[from:to]: behind an operator or
// in a list, and not part of a longer name.
func isValue(text string, from, to int) bool {
	if to < len(text) && text[to] == '.' {
		return false
	}
	before := strings.TrimRight(text[:from], " \t\r\n")
	if before == "" {
		return false
	}
	switch before[len(before)-1] {
	case '=', '<', '>', '+':
		return true
	case '(', ',':
		// In a list of values, not of columns.
		open := strings.LastIndexByte(before, '(')
		if open < 0 {
			return false
		}
		before = strings.TrimRight(before[:open], " \t\r\n")
	}
	start := len(before)
	for start > 0 && isWord(before[start-1]) {
		start--
	}
	switch strings.ToLower(before[start:]) {
	case "in", "values", "like":
		return true
	}
	return false
}

// isDocument reports whether the brace at i starts a document with names in it rather
// than an escape of JDBC, a parameter of ClickHouse or a map of Cassandra.
func isDocument(text string, i int) bool {
	i++
	for i < len(text) && isSpace(text[i]) {
		i++
	}
	return i < len(text) && (text[i] == '"' || wordEnd(text, i) > i && strings.HasPrefix(text[wordEnd(text, i):], ": "))
}
