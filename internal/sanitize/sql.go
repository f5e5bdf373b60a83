package sanitize

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// MaxStatement is how much of a statement is read, in bytes.
const MaxStatement = 2000

// dialect says how to read a database's SQL.
type dialect struct {
	// quotedIdentifiers says that "a" is a name, not a string.
	quotedIdentifiers bool
	// escapes says that a backslash escapes in every string, not only in E''.
	escapes bool
	// comments says that # starts a comment.
	comments bool
	// ambiguous says that a backslash may or may not escape.
	ambiguous bool
}

var (
	standard = dialect{quotedIdentifiers: true}
	lenient  = dialect{}
	mysql    = dialect{escapes: true, comments: true}
	escaping = dialect{escapes: true}
	unknown  = dialect{ambiguous: true}
)

// dialects holds the systems that speak SQL, by their names in either generation of the
// conventions. The empty name stands for a span without a system.
var dialects = map[string]dialect{
	"postgresql": standard, "cockroachdb": standard, "redshift": standard, "aws.redshift": standard,
	"edb": standard, "oracle": standard, "oracle.db": standard, "mssql": standard, "microsoft.sql_server": standard,
	"db2": standard, "ibm.db2": standard, "h2": standard, "hsqldb": standard, "derby": standard, "firebird": standard,
	"firebirdsql": standard, "trino": standard, "vertica": standard, "cassandra": standard,
	"hanadb": standard, "sap.hana": standard,
	"mysql": mysql, "mariadb": mysql, "clickhouse": mysql,
	"spanner": escaping, "gcp.spanner": escaping, "hive": escaping, "snowflake": escaping,
	"sqlite": lenient, "teradata": lenient, "informix": lenient, "other_sql": unknown, "": unknown,
}

// literals matches a list of replaced literals, even one that was cut.
var literals = regexp.MustCompile(`\(\?(?: ?, ?\?)+(?:\)|[ ,]*$)`)

// Statement normalizes a statement for the database that OpenTelemetry calls system. It
// replaces literals with ?, even one that was cut, folds lists of them to one, and
// removes comments and runs of whitespace. It folds lists of placeholders after IN, too. It reads at most MaxStatement bytes. ok is
// false if literals cannot be told from the rest, as in text that is not SQL.
func Statement(system, text string) (normal string, ok bool) {
	d, ok := dialectOf(system, text)
	if !ok || text == "" {
		return "", false
	}
	if normal, ok = d.normalize(text); ok && strings.Contains(normal, "(?") {
		normal = literals.ReplaceAllString(normal, "(?)")
	}
	if ok {
		normal = placeholders.ReplaceAllString(normal, "$1(?)")
	}
	return normal, ok
}

// normalize replaces literals and removes comments and runs of whitespace. It does not
// copy a statement that needs no change.
func (d dialect) normalize(text string) (normal string, ok bool) {
	text = strings.TrimSpace(Truncate(text, MaxStatement))
	if d.ambiguous && strings.IndexByte(text, '\\') >= 0 {
		return "", false
	}
	var b strings.Builder
	copied := 0 // b holds the text before this offset.
	for i := 0; i < len(text); {
		c := text[i]
		end := i + 1
		var by string
		switch {
		case isWord(c) && !isDigit(c), c == '@', c == ':':
			i = wordEnd(text, end)
			continue
		case c == ' ' && end < len(text) && !isSpace(text[end]) && !d.commentAt(text, end):
			i++
			continue
		case isSpace(c), d.commentAt(text, i):
			end, by = d.gapEnd(text, i), " "
		case c == '\'', c == '"' && !d.quotedIdentifiers:
			escapes := d.escapes || i > 0 && text[i-1]|0x20 == 'e'
			end, by = quoteEnd(text, i, escapes), "?"
		case c == '"', c == '`':
			i = quoteEnd(text, i, false)
			continue
		case isDigit(c), c == '.' && end < len(text) && isDigit(text[end]):
			end, by = numberEnd(text, i), "?"
		case c == '$':
			if end = dollarEnd(text, i); end == 0 {
				i = wordEnd(text, i+1)
				continue
			}
			by = "?"
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

// commentAt reports whether a comment starts at i.
func (d dialect) commentAt(s string, i int) bool {
	return s[i] == '#' && d.comments || strings.HasPrefix(s[i:], "--") || strings.HasPrefix(s[i:], "/*")
}

// gapEnd returns where the whitespace and comments at i end.
func (d dialect) gapEnd(s string, i int) int {
	for i < len(s) {
		switch {
		case isSpace(s[i]):
			i++
		case d.commentAt(s, i):
			terminator := "\n"
			if s[i] == '/' {
				terminator = "*/"
			}
			length := strings.Index(s[i:], terminator)
			if length < 0 {
				return len(s)
			}
			i += length + len(terminator)
		default:
			return i
		}
	}
	return i
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

// Command returns the first word of s if it looks like the name of a command, and
// otherwise an empty string. Anything else may be a key or a value.
func Command(s string) string {
	word, _, _ := strings.Cut(strings.TrimSpace(Truncate(s, MaxStatement)), " ")
	const longest = 32
	if len(word) > longest || strings.ContainsFunc(word, func(r rune) bool {
		return r != '_' && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}) {
		return ""
	}
	return word
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' || c == '\v'
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isWord(c byte) bool {
	return c == '_' || isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= utf8.RuneSelf
}
