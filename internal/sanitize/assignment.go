package sanitize

import "strings"

// named redacts the values that stand behind the name of a secret.
func (s Sanitizer) named(text string) string {
	e := edit{text: text}
	tag := -1
	for i := 0; i < len(text); i++ {
		var from, to int
		switch text[i] {
		case '=', ':':
			from, to = s.assigned(text, i)
		case ',', ';':
			from, to = s.paired(text, i)
		case '-':
			from, to = s.flagged(text, i)
		case '<':
			tag = i
		case '>':
			if tag >= 0 {
				from, to = s.tagged(text, tag, i)
			}
			tag = -1
		}
		if to > from && from >= e.kept {
			if text[from:to] != Redacted {
				e.replace(from, to, Redacted)
			}
			i = to - 1
		}
	}
	return e.finish()
}

// nameBefore returns the name that ends at end, and whether it stands in quotes.
func nameBefore(text string, end int) (name string, quoted bool) {
	if end > 1 && text[end-1] == ']' && isQuote(text[end-2]) {
		// params["name"]
		end--
	}
	if end > 0 && isQuote(text[end-1]) {
		quoted = true
		end--
		for end > 0 && text[end-1] == '\\' {
			end--
		}
	}
	start := end
	for start > 0 && end-start < 2*longest && isName(text[start-1]) {
		start--
	}
	return text[start:end], quoted
}

// assigned returns the place of the secret value behind the sign at i, as in name=value,
// name: value, "name": "value" and name => value.
func (s Sanitizer) assigned(text string, i int) (from, to int) {
	next := i + 1
	switch {
	case text[i] == ':' && (strings.HasPrefix(text[next:], "//") || strings.HasPrefix(text[next:], ":") || i > 0 && text[i-1] == ':'):
		return 0, 0
	case text[i] == '=' && i > 0 && strings.IndexByte("=!<>:", text[i-1]) >= 0:
		return 0, 0
	case text[i] == '=' && strings.HasPrefix(text[next:], ">"), text[i] == ':' && strings.HasPrefix(text[next:], "="),
		text[i] == '=' && strings.HasPrefix(text[next:], "="):
		next++
	}
	end := i
	for end > 0 && i-end < 4 && (text[end-1] == ' ' || text[end-1] == '\t') {
		end--
	}
	if blank := strings.TrimRight(text[max(end-longest, 0):end], " \t\r\n"); strings.HasSuffix(blank, `"`) {
		end = max(end-longest, 0) + len(blank)
	}
	name, quoted := nameBefore(text, end)
	if name == "" {
		return 0, 0
	}
	found := s.judge(name)
	if from, to = s.labelled(text, name, next); to > from || found == harmless {
		return from, to
	}
	from = spaceEnd(text, next)
	if value := continued(text, from); quoted || value > from+len("\n") {
		from = value
	}
	attached := end == i && from == next && text[i] == '='
	if last := lastWord(name); last == "authorization" || last == "cookie" {
		return authorization(text, from, last)
	}
	if found == vague && from < len(text) && strings.IndexByte("([{", text[from]) >= 0 {
		return 0, 0
	}
	from, to, bare := valueAt(text, from)
	value := text[from:to]
	switch {
	case empty(value):
		return 0, 0
	case bare && strings.HasSuffix(value, ":") && s.judge(value[:len(value)-1]) != harmless:
		// Another name, whose value follows.
		return 0, 0
	case found == vague && attached && precededBy(text, end-len(name), "?&"):
	case found == vague && (!attached || joined(name) == "code" || joined(name) == "key" || joined(name) == "pass") && !looksSecret(strings.TrimRight(value, ".:")):
		return 0, 0
	case bare && !attached && !quoted && (prose(value) || from > next && s.isColumn(value)):
		return 0, 0
	}
	return from, to
}

// labelled returns the place of the secret value whose name is the value, at i, of another
// name: name="token" value="secret".
func (s Sanitizer) labelled(text, name string, i int) (from, to int) {
	if !strings.EqualFold(name, "name") && !strings.EqualFold(name, "key") {
		return 0, 0
	}
	near := text[:min(i+2*longest, len(text))]
	from, to, _ = valueAt(near, spaceEnd(near, i))
	if s.judge(text[from:to]) != certain {
		return 0, 0
	}
	rest := text[to:min(to+longest, len(text))]
	label := strings.Index(strings.ToLower(rest), "value")
	if label < 0 || strings.Trim(rest[:label], " \t\r\n\"'\\,;") != "" {
		return 0, 0
	}
	start := label + len("value")
	value := strings.TrimLeft(rest[start:], "\"'\\ ")
	if value == "" || value[0] != '=' && value[0] != ':' {
		return 0, 0
	}
	from, to, _ = valueAt(text, spaceEnd(text, to+len(rest)-len(value)+1))
	if empty(text[from:to]) {
		return 0, 0
	}
	return from, to
}

// continued returns where the value starts whose name ends the line at i: on the next line.
func continued(text string, i int) int {
	start := i
	if block := strings.IndexAny(text[i:min(i+len(">-\r\n"), len(text))], "\r\n"); block > 0 && strings.Trim(text[i:i+block], "|>+-") == "" {
		// A block of YAML.
		start += block
	}
	end := start
	for end < len(text) && (text[end] == '\r' || text[end] == '\n') {
		end++
	}
	if end == start {
		return i
	}
	return spaceEnd(text, end)
}

func precededBy(text string, i int, any string) bool {
	return i > 0 && strings.IndexByte(any, text[i-1]) >= 0
}

// lastWord returns the last word of a name.
func lastWord(name string) string {
	w := wordsOf(name)
	if w.count == 0 {
		return ""
	}
	return string(w.last(1))
}

// authorization returns the place of the credentials at i, which an Authorization or a
// Cookie header holds.
func authorization(text string, i int, header string) (from, to int) {
	if i < len(text) && (text[i] == '[' || text[i] == '(') {
		from, to, _ = valueAt(text, i)
		return from, to
	}
	from, to = i, len(text)
	if start, escapes := quoteStart(text, i); start < len(text) && isQuote(text[start]) {
		from = start + 1
		to = quotedEnd(text, start, escapes) - 1 - escapes
	} else if header == "authorization" {
		end := wordEnd(text, i)
		if _, ok := schemes[strings.ToLower(text[i:min(end, i+longest)])]; ok && end < len(text) && text[end] == ' ' {
			from = spaceEnd(text, end)
			to = from + len(upTo(text[from:], " \t\r\n'`)}]>,;&"))
			if strings.IndexByte(text[from:to], '"') < 0 {
				return from, max(from, to)
			}
			from = i
			to = len(text)
		}
	}
	// A header ends with its line, or with the quotes around it.
	if length := strings.IndexAny(text[from:max(from, to)], "\r\n'"); length >= 0 {
		to = from + length
	}
	if empty(text[from:max(from, to)]) {
		return 0, 0
	}
	return from, max(from, to)
}

// spaceEnd returns where the blanks at i end.
func spaceEnd(text string, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\t') {
		i++
	}
	return i
}

var proseWords = wordSet(`
	must should is are was were cannot can can't could may might has have had not no invalid required missing expired
	unexpected expected too field value values string str int integer number object array bool boolean date text type
	this that the a an it its it's please length does doesn't did didn't failed wrong incorrect unknown empty found got
	at least only needs minimum maximum min max ensure enter provide contains already revoked mismatch error ok okay
	denied unauthorized forbidden of for in from to and or on by with without before after when if while
	token password signature secret credentials key auth session cookie jwt
	dial get post put patch delete head read write parse parsing open connect connection context eof timeout timed http
	https rpc tls x509 oauth2 json decode decoding encode encoding malformed unsupported bad illegal too unable could
	verification validation illegal base64 crypto unrecognized rejected accepted changed updated deleted created reset`)

// isColumn reports whether a word is that of a column with the name of a secret, as in
// a.session_id = b.session_id.
func (s Sanitizer) isColumn(word string) bool {
	dot := strings.LastIndexByte(word, '.')
	return dot > 0 && wordEnd(word, 0) == dot && wordEnd(word, dot+1) == len(word) && s.judge(word[dot+1:]) != harmless
}

// paired returns the place of the secret value behind the comma at i, as in
// ["name", "value"].
func (s Sanitizer) paired(text string, i int) (from, to int) {
	name, quoted := nameBefore(text, i)
	open := i - len(name)
	if quoted {
		open -= len(`""`)
	} else if precededBy(text, open, ":") {
		open--
	}
	// Elixir and Erlang have {:name, "value"}, PHP s:4:"name";s:5:"value"
	serialized := quoted && text[i] == ';' && strings.HasPrefix(text[i+1:], "s:")
	listed := text[i] == ',' && (precededBy(text, open, "{") || quoted && precededBy(text, open, "[("))
	if name == "" || open < 1 || quoted && !isQuote(text[open]) || !serialized && !listed || s.judge(name) != certain {
		return 0, 0
	}
	if serialized {
		i += len(upTo(text[i:min(i+longest, len(text))], `"`)) - 1
	}
	start := spaceEnd(text, i+1)
	if strings.HasPrefix(text[start:], "<<") {
		start += len("<<")
	}
	if quote, _ := quoteStart(text, start); quote >= len(text) || !isQuote(text[quote]) {
		return 0, 0
	}
	from, to, _ = valueAt(text, start)
	if empty(text[from:to]) {
		return 0, 0
	}
	return from, to
}

// flagged returns the place of the secret value of the flag at i, as in --name value.
func (s Sanitizer) flagged(text string, i int) (from, to int) {
	if i > 0 && !strings.ContainsRune(" \t\n\"'`([", rune(text[i-1])) || !strings.HasPrefix(text[i:], "--") {
		return 0, 0
	}
	end := i + len("--")
	for end < len(text) && end-i < longest && (isWord(text[end]) || text[end] == '-') {
		end++
	}
	if end >= len(text) || text[end] != ' ' || s.judge(text[i+2:end]) != certain {
		return 0, 0
	}
	from, to, bare := valueAt(text, spaceEnd(text, end))
	if empty(text[from:to]) || bare && prose(text[from:to]) || strings.HasPrefix(text[from:to], "-") {
		return 0, 0
	}
	return from, to
}

// tagged returns the place of the secret content of the XML element whose start tag is
// text[open:end+1].
func (s Sanitizer) tagged(text string, open, end int) (from, to int) {
	name := upTo(text[open+1:end], " \t\r\n/")
	name = name[strings.LastIndexByte(name, ':')+1:]
	if name == "" || len(name) > longest || text[end-1] == '/' || text[end-1] == '=' || text[end-1] == '-' || s.judge(name) == harmless {
		return 0, 0
	}
	from = end + 1
	to = len(text)
	// CDATA may hold what looks like a tag.
	from += len(text[from:]) - len(strings.TrimLeft(text[from:], " \t\r\n"))
	if strings.HasPrefix(text[from:], "<![CDATA[") {
		if length := strings.Index(text[from:], "]]>"); length >= 0 {
			to = from + length + len("]]>")
		}
		return from, to
	}
	if length := strings.IndexByte(text[from:], '<'); length >= 0 {
		to = from + len(strings.TrimRight(text[from:from+length], " \t\r\n"))
	} else {
		to = from + len(upTo(text[from:], " \t\r\n"))
		if strings.HasSuffix(text[from:to], ":") {
			// It is the name of something else.
			return 0, 0
		}
	}
	if empty(text[from:to]) {
		return 0, 0
	}
	return from, to
}
