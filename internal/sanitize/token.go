package sanitize

import (
	"strings"
	"unicode/utf8"
)

// commentAt reports whether a comment starts at i.
func (d dialect) commentAt(s string, i int) bool {
	switch s[i] {
	case '#':
		return d.comments
	case '-':
		return strings.HasPrefix(s[i:], "--") && (!d.comments || i+2 >= len(s) || s[i+2] <= ' ')
	default:
		return strings.HasPrefix(s[i:], "/*")
	}
}

// gapEnd returns where the whitespace and comments at i end.
func (d dialect) gapEnd(s string, i int) int {
	for i < len(s) {
		switch {
		case isSpace(s[i]):
			i++
		case d.commentAt(s, i) && s[i] == '/':
			i = d.commentEnd(s, i)
		case d.commentAt(s, i):
			length := strings.IndexByte(s[i:], '\n')
			if length < 0 {
				return len(s)
			}
			i += length + 1
		default:
			return i
		}
	}
	return i
}

// commentEnd returns where the comment in /* and */ at i ends.
func (d dialect) commentEnd(s string, i int) int {
	depth := 0
	for ; i < len(s); i++ {
		switch {
		case strings.HasPrefix(s[i:], "/*") && (d.nested || depth == 0):
			depth++
			i++
		case strings.HasPrefix(s[i:], "*/"):
			i++
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(s)
}

// quoteEnd returns where the quoted text at i ends. It skips doubled quotes.
func quoteEnd(s string, i int, escapes bool) int {
	quote := s[i]
	for i++; i < len(s); i++ {
		switch {
		case s[i] == '\\' && escapes:
			i++
		case s[i] == quote && i+1 < len(s) && s[i+1] == quote:
			i++
		case s[i] == quote:
			return i + 1
		}
	}
	return len(s)
}

// stringEnd returns where the string at i ends, which goes on if the next line starts with
// a quote.
func stringEnd(s string, i int, escapes bool) int {
	end := quoteEnd(s, i, escapes)
	for {
		next := end
		for next < len(s) && isSpace(s[next]) {
			next++
		}
		if next >= len(s) || s[next] != s[i] || s[i] != '\'' || strings.IndexByte(s[end:next], '\n') < 0 {
			return end
		}
		end = quoteEnd(s, next, escapes)
	}
}

// closed reports whether the string at i, in which a backslash escapes, has an end.
func closed(s string, i int) bool { return quoteEnd(s+" ", i, true) <= len(s) }

// closing returns the quote that closes what c opens.
func closing(c byte) byte {
	if c == '[' {
		return ']'
	}
	return c
}

// bracketedEnd returns where the name in brackets at i ends. It skips doubled brackets.
func bracketedEnd(s string, i int) int {
	for i++; i < len(s); i++ {
		if s[i] == ']' {
			if i+1 == len(s) || s[i+1] != ']' {
				return i + 1
			}
			i++
		}
	}
	return len(s)
}

// tripleEnd returns where the string in triple quotes at i ends.
func tripleEnd(s string, i int) int {
	quotes := s[i : i+3]
	for i += len(quotes); i < len(s); i++ {
		if s[i] == '\\' {
			i++
		} else if strings.HasPrefix(s[i:], quotes) {
			return i + len(quotes)
		}
	}
	return len(s)
}

// isAlternative reports whether a word in front of a quote is q or nq.
func isAlternative(word string) bool {
	return strings.EqualFold(word, "q") || strings.EqualFold(word, "nq")
}

// alternativeEnd returns where the string '[a]' behind a q ends, whose delimiter can be
// any character.
func alternativeEnd(s string, i int) int {
	if i+1 >= len(s) {
		return len(s)
	}
	_, size := utf8.DecodeRuneInString(s[i+1:])
	delimiter := s[i+1 : i+1+size]
	start := i + 1 + size
	if close := strings.Index("[({<", delimiter); close >= 0 {
		delimiter = "])}>"[close : close+1]
	}
	if length := strings.Index(s[start:], delimiter+"'"); length >= 0 {
		return start + length + len(delimiter) + 1
	}
	return len(s)
}

// uuidSize is the length of a UUID with its hyphens.
const uuidSize = 36

// isUUID reports whether a UUID without quotes stands at i.
func isUUID(s string, i int) bool {
	if i+uuidSize > len(s) || i+uuidSize < len(s) && isWord(s[i+uuidSize]) || i > 0 && isWord(s[i-1]) {
		return false
	}
	for n := range uuidSize {
		switch n {
		case 8, 13, 18, 23:
			if s[i+n] != '-' {
				return false
			}
		default:
			if !isHex(s[i+n]) {
				return false
			}
		}
	}
	return true
}

func isHex(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }

// identifierEnd returns where the name at i ends, which can have dollar signs in it.
func identifierEnd(s string, i int) int {
	for i < len(s) && (isWord(s[i]) || s[i] == '$') {
		i++
	}
	return i
}

// dollarEnd returns where the dollar-quoted text at i ends, or 0 if there is none, as
// in the parameter $1.
func dollarEnd(s string, i int) int {
	tag := i + 1
	if tag < len(s) && isDigit(s[tag]) {
		return 0
	}
	tag = wordEnd(s, tag)
	if tag >= len(s) || s[tag] != '$' {
		return 0
	}
	delimiter := s[i : tag+1]
	if length := strings.Index(s[tag+1:], delimiter); length >= 0 {
		return tag + 1 + length + len(delimiter)
	}
	return len(s)
}

// numberEnd returns where the number at i ends: 1, 1.5, 1e-5, 0xff.
func numberEnd(s string, i int) int {
	for ; i < len(s); i++ {
		sign := (s[i] == '-' || s[i] == '+') && (s[i-1] == 'e' || s[i-1] == 'E') && i+1 < len(s) && isDigit(s[i+1])
		if !isWord(s[i]) && s[i] != '.' && !sign {
			break
		}
	}
	return i
}

// wordEnd returns where the word at i ends.
func wordEnd(s string, i int) int {
	for i < len(s) && isWord(s[i]) {
		i++
	}
	return i
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' || c == '\v'
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isWord(c byte) bool {
	return c == '_' || isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= utf8.RuneSelf
}
