package sanitize

import (
	"strings"
	"unicode/utf8"
)

// These end a value without quotes.
const stops = " \t\r\n\"'`(){}]<>,;&"

// Message redacts the secrets that text states by name, in any of the forms in which
// programs write a name and its value, and those that show what they are: credentials in
// URLs and logons, JWTs, private keys, and the values of rows and of parameters that
// databases and their drivers report.
func (s Sanitizer) Message(text string) string {
	return settle(text, func(text string) string { return s.message(text, 0) })
}

func (s Sanitizer) message(text string, depth int) string {
	if plain(text) {
		return text
	}
	text = privateKeys(recognizable(text))
	text = s.urls(text, depth)
	text = bearers(text)
	text = logons(text)
	text = s.details(text)
	text = s.named(text)
	text = s.spoken(text)
	return s.encodedWords(text, depth)
}

// plain reports whether s is ASCII without NUL and without what every secret in text
// needs: a sign before a value, a space, the J of a JWT's eyJ, or the start of a key that
// shows what it is. Most values are, and need no further look.
func plain(s string) bool {
	slash := false
	for i := range len(s) {
		switch signs[s[i]] {
		case noSign:
		case anySecret:
			return false
		case issuedKey:
			if issuedAt(s, i) > 0 {
				return false
			}
		case beforeHost:
			slash = true
		case afterUser:
			if slash {
				return false
			}
		}
	}
	return true
}

// sign says of what a byte of text can be the sign.
type sign uint8

const (
	noSign sign = iota
	// anySecret stands in front of many secrets, or can hide one.
	anySecret
	// issuedKey begins keys that show what they are.
	issuedKey
	// beforeHost and afterUser are those of URLs and logons.
	beforeHost
	afterUser
)

// signs holds the sign that each byte is.
var signs = func() (all [256]sign) {
	for c := range all {
		if c >= utf8.RuneSelf || strings.IndexByte("\x00 :=?%<J,", byte(c)) >= 0 {
			all[c] = anySecret
		} else if forms[c] != nil {
			all[c] = issuedKey
		}
	}
	all['/'], all['@'] = beforeHost, afterUser
	return all
}()

// encodedWords redacts the secrets in words that are percent-encoded.
func (s Sanitizer) encodedWords(text string, depth int) string {
	if strings.IndexByte(text, '%') < 0 {
		return text
	}
	e := edit{text: text}
	for i := 0; i < len(text); i++ {
		word := upTo(text[i:], " \t\r\n\"'`<>")
		if encodesSyntax(word) || strings.Contains(word, "%3D") || strings.Contains(word, "%3d") {
			if decoded := s.encoded(word, depth); decoded != word {
				e.replace(i, i+len(word), decoded)
			}
		}
		i += len(word)
	}
	return e.finish()
}
