package sanitize

import "strings"

// foldLists replaces lists of literals that were replaced, and after IN lists of placeholders
// or of rows of them, by (?), even one that was cut.
func foldLists(text string) string {
	const folded = "(?)"
	e := edit{text: text}
	for i := 0; i < len(text); i++ {
		if text[i] != '(' {
			continue
		}
		end := 0
		if afterIn(text, i) {
			end = listEnd(text, i, true)
		}
		if end == 0 {
			end = literalsEnd(text, i)
		}
		if end > 0 {
			if text[i:end] != folded {
				e.replace(i, end, folded)
			}
			i = end - 1
		}
	}
	return e.finish()
}

// afterIn reports whether IN stands in front of the bracket at i.
func afterIn(text string, i int) bool {
	if i > 0 && text[i-1] == ' ' {
		i--
	}
	return i >= 2 && strings.EqualFold(text[i-2:i], "in") && (i == 2 || !isWord(text[i-3]))
}

// listEnd returns where the list of placeholders, or of rows of them, at i ends, 0 if it holds
// anything else.
func listEnd(text string, i int, rows bool) int {
	for entries := 0; ; entries++ {
		i = blankEnd(text, i+1)
		end := placeholderEnd(text, i)
		if end == 0 && rows && i < len(text) && text[i] == '(' {
			end = listEnd(text, i, false)
		}
		if end == 0 {
			if entries > 0 && cut(text[i:]) {
				return len(text)
			}
			return 0
		}
		i = blankEnd(text, end)
		switch {
		case i < len(text) && text[i] == ')':
			return i + 1
		case i == len(text):
			return i
		case text[i] != ',':
			return 0
		}
	}
}

// literalsEnd returns where the list of at least two replaced literals at i ends, 0 if there
// is none.
func literalsEnd(text string, i int) int {
	if !strings.HasPrefix(text[i:], "(?") {
		return 0
	}
	i += len("(?")
	for entries := 1; ; entries++ {
		comma := blankEnd(text, i)
		next := blankEnd(text, comma+1)
		if comma < len(text) && text[comma] == ',' && next < len(text) && text[next] == '?' {
			i = next + 1
			continue
		}
		switch {
		case entries == 1:
			return 0
		case i < len(text) && text[i] == ')':
			return i + 1
		case cut(text[i:]):
			return len(text)
		default:
			return 0
		}
	}
}

// cut reports whether a list may have been cut where the rest of its text begins.
func cut(rest string) bool { return strings.Trim(rest, " ,") == "" }

// blankEnd returns where the blank at i, if there is one, ends: normalized text has no more.
func blankEnd(text string, i int) int {
	if i < len(text) && text[i] == ' ' {
		return i + 1
	}
	return i
}

// placeholderEnd returns where the placeholder at i ends, 0 if there is none: ?, ?1, $1, :name,
// @name, %s and %(name)s.
func placeholderEnd(text string, i int) int {
	if i >= len(text) {
		return 0
	}
	digits := i + 1
	for digits < len(text) && isDigit(text[digits]) {
		digits++
	}
	switch rest := text[i+1:]; text[i] {
	case '?':
		if strings.HasPrefix(rest, "?") {
			// The number of ?1 was taken for a literal.
			return i + len("??")
		}
		return digits
	case '$':
		if digits > i+1 {
			return digits
		}
	case ':', '@':
		if end := wordEnd(text, i+1); end > i+1 {
			return end
		}
	case '%':
		if strings.HasPrefix(rest, "s") {
			return i + len("%s")
		}
		if strings.HasPrefix(rest, "(") {
			if end := wordEnd(text, i+2); end > i+2 && strings.HasPrefix(text[end:], ")s") {
				return end + len(")s")
			}
		}
	}
	return 0
}
