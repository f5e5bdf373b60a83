package sanitize

import (
	"strings"
)

// This file finds the values that stand behind names in text.

func isQuote(c byte) bool { return c == '"' || c == '\'' || c == '`' }

// quoteStart returns where the quote at i starts, behind backslashes that escape it and
// prefixes such as Python's b, and how many backslashes there are.
func quoteStart(text string, i int) (start, escapes int) {
	start = i
	for start < len(text) && start-i < 2 && text[start]|0x20 >= 'a' && text[start]|0x20 <= 'z' {
		start++
	}
	if start == len(text) || !isQuote(text[start]) {
		start = i
	}
	for start+escapes < len(text) && text[start+escapes] == '\\' {
		escapes++
	}
	if start+escapes < len(text) && isQuote(text[start+escapes]) {
		return start + escapes, escapes
	}
	return start, 0
}

// quotedEnd returns where the quoted text ends whose opening quote is at i, behind so many
// backslashes.
func quotedEnd(text string, i, escapes int) int {
	quote := text[i]
	backslashes := 0
	for j := i + 1; j < len(text); j++ {
		switch {
		case text[j] == '\\':
			backslashes++
			continue
		case text[j] == quote && (backslashes <= escapes || escapes == 0 && backslashes%2 == 0) && (escapes > 0 || backslashes%2 == 0):
			if escapes > 0 || j+1 >= len(text) || text[j+1] != quote {
				return j + 1
			}
			j++
		}
		backslashes = 0
	}
	// The text was cut; the caller takes off a closing quote.
	return len(text) + 1 + escapes
}

// valueAt returns the place of the value at i: quoted, in brackets, or a word. bare says
// that it is a word.
func valueAt(text string, i int) (from, to int, bare bool) {
	if i < len(text) && text[i] == '!' {
		// A tag of YAML.
		if end := i + len(upTo(text[i:], stops)); end < len(text) && text[end] == ' ' {
			i = end + 1
		}
	}
	// Erlang's <<"value">> and PHP's string(5) "value"
	if strings.HasPrefix(text[i:], "<<") {
		i += len("<<")
	} else if strings.HasPrefix(text[i:], "string(") {
		if quote := strings.IndexByte(text[i:min(i+longest, len(text))], '"'); quote > 0 {
			i += quote
		}
	}
	start, escapes := quoteStart(text, i)
	switch {
	case start >= len(text):
		return len(text), len(text), true
	case isQuote(text[start]):
		return start + 1, max(start+1, quotedEnd(text, start, escapes)-1-escapes), false
	case strings.IndexByte("([{", text[start]) >= 0:
		return start, bracketEnd(text, start), false
	}
	end := start + len(upTo(text[start:], stops))
	if end < len(text) && text[end] == '(' && end > start && wordEnd(text, start) == end && text[start:end] != Redacted {
		// Some("value")
		return start, bracketEnd(text, end), false
	}
	return start, end, true
}

// bracketEnd returns where the bracket at i closes, the end of the text if it does not.
func bracketEnd(text string, i int) int {
	depth := 0
	quotes := true
	for ; i < len(text); i++ {
		switch text[i] {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			if depth--; depth == 0 {
				return i + 1
			}
		case '"':
			if !quotes {
				continue
			}
			// A quote that is never closed quotes nothing.
			end := quotedEnd(text, i, 0)
			if quotes = end <= len(text); quotes {
				i = end - 1
			}
		}
	}
	return len(text)
}

// empty reports whether a value says that there is none, or is a placeholder.
func empty(value string) bool {
	value = strings.TrimRight(value, ".:")
	switch {
	case value == "", value == Redacted, value == ellipsis, value == "?", value[0] == '$' && strings.Trim(value[1:], "0123456789") == "",
		value[0] == '%' && len(value) == 2, strings.HasPrefix(value, "%("),
		strings.Trim(value, "*") == "", strings.Trim(value, "xX") == "" && len(value) > 2:
		return true
	}
	const longestEmpty = 12
	if len(value) > longestEmpty {
		return false
	}
	_, ok := emptyValues[strings.ToLower(value)]
	return ok
}

var emptyValues = wordSet("null nil none undefined true false [redacted] [filtered] <redacted> {} [] [null] n/a")

// prose reports whether the word behind a name and a colon goes on with a sentence, as in
// "password: must not be empty" and "token: jwt: expired".
func prose(word string) bool {
	if strings.HasSuffix(word, ":") && !looksSecret(strings.TrimRight(word, ":")) {
		return true
	}
	const longestProse, status = 16, len("404")
	if len(word) == status && strings.Trim(word, "0123456789") == "" && (word[0] == '4' || word[0] == '5') {
		return true
	}
	if len(word) > longestProse {
		return false
	}
	_, ok := proseWords[strings.ToLower(strings.TrimRight(word, ".:!?"))]
	return ok
}
