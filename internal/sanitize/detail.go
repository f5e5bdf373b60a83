package sanitize

import "strings"

// maxEntry is how far a message can name the key behind its value.
const maxEntry = 4096

// details redacts the values that databases and their drivers report: the parameters of a
// statement, the values of a row, and those of a key with the name of a secret.
func (s Sanitizer) details(text string) string {
	e := edit{text: text}
	for i := 0; i < len(text); i++ {
		from, to := 0, 0
		switch text[i] {
		case '[':
			// SQLAlchemy: [parameters: {...}]
			if strings.HasPrefix(text[i:], "[parameters: ") {
				from = i + len("[parameters: ")
				to = max(bracketEnd(text, i)-1, from)
				if text[len(text)-1] != ']' && to == len(text)-1 {
					to = len(text)
				}
			}
		case ' ':
			from, to = assignedInSQL(text, i)
		case '$':
			// Postgres: parameters: $1 = 'value', ...
			if strings.HasPrefix(text[i:], "$1 = ") && strings.HasSuffix(text[:i], "arameters: ") {
				from, to = i, i+len(upTo(text[i:], "\r\n"))
			}
		case '(':
			from, to = s.group(text, i)
		case '\'':
			if s.compared(text, i) {
				from, to = i+1, max(i+1, quotedEnd(text, i, 0)-1)
				break
			}
			const duplicate, key = "uplicate entry '", "' for key '"
			if strings.HasSuffix(text[:i+1], duplicate) {
				// MySQL: Duplicate entry 'value' for key 'table.index'
				if length := strings.Index(text[i:min(i+maxEntry, len(text))], key); length > 0 {
					name := upTo(text[i+length+len(key):], "'")
					if s.mentions(name) {
						from, to = i+1, i+length
					}
				}
			}
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

// assignedInSQL returns the place of the password behind the blank at i, which SQL assigns
// without a sign: IDENTIFIED BY value, and PASSWORD 'value'.
func assignedInSQL(text string, i int) (from, to int) {
	const identified, password = "identified by", "password"
	follows := func(words string) bool {
		start := i - len(words)
		return start >= 0 && strings.EqualFold(text[start:i], words) && (start == 0 || !isWord(text[start-1]))
	}
	switch {
	case follows(identified):
		from, to, _ = valueAt(text, i+1)
		if value := text[from:to]; empty(value) || strings.EqualFold(value, "values") {
			return 0, 0
		}
	case follows(password) && i+1 < len(text) && text[i+1] == '\'':
		from, to, _ = valueAt(text, i+1)
		if empty(text[from:to]) {
			return 0, 0
		}
	}
	return from, to
}

// group returns the place of the values in the parenthesis at i if they are secret.
func (s Sanitizer) group(text string, i int) (from, to int) {
	before := text[max(i-2*longest, 0):i]
	switch {
	case strings.HasSuffix(before, ")="):
		// Postgres: Key (name, ...)=(value, ...) already exists.
		open := strings.LastIndex(before, "Key (")
		if open < 0 || !s.mentions(before[open+len("Key "):]) {
			return 0, 0
		}
		line := upTo(text[i:], "\r\n")
		to = i + max(strings.LastIndexByte(line, ')'), 0)
		if to <= i {
			to = i + len(line)
		}
		return i + 1, to
	case strings.HasSuffix(before, "row contains "):
		// Postgres: Failing row contains (value, ...).
		line := upTo(text[i:], "\r\n")
		to = i + strings.LastIndexByte(line, ')')
		if to <= i {
			to = i + len(line)
		}
		return i + 1, to
	case strings.HasSuffix(before, "key value is "):
		// SQL Server names the constraint or the index in front.
		before = text[max(i-maxEntry, 0):i]
		named := false
		for start := strings.IndexByte(before, '\''); start >= 0 && !named; start = strings.IndexByte(before, '\'') {
			name := upTo(before[start+1:], "'")
			named = s.mentions(name)
			before = before[min(start+len(name)+len("''"), len(before)):]
		}
		if !named {
			return 0, 0
		}
		return i + 1, bracketEnd(text, i) - 1
	}
	before = strings.TrimRight(before, " \t\r\n")
	if end := len(before) - len("values"); end >= 0 && strings.EqualFold(before[end:], "values") {
		to = bracketEnd(text, i)
		if strings.Trim(text[i+1:max(to-1, i+1)], "?,.: $%()sREDACT0123456789") == "" {
			return 0, 0
		}
		if to == len(text) && text[to-1] != ')' {
			return i + 1, to
		}
		return i + 1, to - 1
	}
	return 0, 0
}

// mentions reports whether one of the names in text is that of a secret.
func (s Sanitizer) mentions(text string) bool {
	w := wordsOf(text)
	for w.count > 0 {
		if s.exact(&w) != harmless || s.ending(&w) != harmless {
			return true
		}
		w.count--
		w.size = int(w.starts[w.count])
	}
	return false
}

// compared reports whether the literal at i is compared with a column that has the name of
// a secret: token LIKE 'value', token IN ('value'), token <> 'value'.
func (s Sanitizer) compared(text string, i int) bool {
	before := strings.TrimRight(text[max(i-2*longest, 0):i], " (\t\r\n")
	operator := false
	for _, sign := range []string{"<>", "!=", " LIKE", " like", " ILIKE", " ilike", " IN", " in", " FROM", " from"} {
		if strings.HasSuffix(before, sign) {
			before, operator = strings.TrimRight(before[:len(before)-len(sign)], " \t\r\n"), true
			break
		}
	}
	if !operator {
		return false
	}
	for _, word := range []string{" DISTINCT", " distinct", " NOT", " not", " IS", " is", " NOT", " not"} {
		before = strings.TrimSuffix(before, word)
	}
	name, _ := nameBefore(before, len(before))
	return name != "" && s.judge(name) == certain
}
