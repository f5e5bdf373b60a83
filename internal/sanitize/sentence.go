package sanitize

import "strings"

// around are the characters around a word of a sentence.
const around = "\"'`()[]{}<>.,;:!?"

// spoken redacts what a sentence calls a secret and what shows by its disorder that it is one:
// "invalid token q8F3kdj38fjKD93jf", "no session with id q8F3kdj38fjKD93jf".
func (s Sanitizer) spoken(text string) string {
	const nearby = 3
	e := edit{text: text}
	var before [nearby]string
	for i := 0; i < len(text); {
		if isSpace(text[i]) {
			i++
			continue
		}
		end := i
		for end < len(text) && !isSpace(text[end]) {
			end++
		}
		word := strings.Trim(text[i:end], around)
		if isDisordered(word) {
			for _, name := range before {
				if found := s.judge(name); found == certain || found == vague && !isUUID(word, 0) {
					from := i + strings.Index(text[i:end], word)
					e.replace(from, from+len(word), Redacted)
					break
				}
			}
		}
		copy(before[1:], before[:])
		before[0] = word
		i = end
	}
	return e.finish()
}

// shortestDisordered is how long a word is at least that counts as disordered, in bytes.
const shortestDisordered = 16

// isDisordered reports whether a word mixes letters and digits as no name does: it is long, and
// goes from one to the other again and again.
func isDisordered(word string) bool {
	const fewest = 3
	if len(word) < shortestDisordered {
		return false
	}
	changes := 0
	for i := range len(word) {
		c := word[i]
		if !isBase64(c) && c != '+' && c != '=' {
			return false
		}
		if i > 0 && isDigit(c) != isDigit(word[i-1]) && isAlphanumeric(c) && isAlphanumeric(word[i-1]) {
			changes++
		}
	}
	return changes >= fewest
}
