package sanitize

import (
	"regexp"
	"strings"
)

// dialect says how to read a database's SQL.
type dialect struct {
	// quotedIdentifiers says that "a" is a name, not a string, unless only a value can stand
	// there.
	quotedIdentifiers bool
	// brackets says that [a] is a name, backticks that `a` is one.
	brackets, backticks bool
	// escapes says that a backslash escapes in every string, not only in E''.
	escapes bool
	// comments says that # starts a comment, and -- only before a blank.
	comments bool
	// nested says that comments nest.
	nested bool
	// dollars says that $$a$$ is a string, alternatives that q'[a]' is one, triples that
	// '''a''' is one.
	dollars, alternatives, triples bool
	// ambiguous says that nothing of this is known: what depends on it is refused.
	ambiguous bool
}

var (
	standard  = dialect{quotedIdentifiers: true}
	postgres  = dialect{quotedIdentifiers: true, nested: true, dollars: true}
	dollars   = dialect{quotedIdentifiers: true, dollars: true}
	oracle    = dialect{quotedIdentifiers: true, alternatives: true}
	sqlServer = dialect{quotedIdentifiers: true, brackets: true, nested: true}
	lenient   = dialect{backticks: true}
	sqlite    = dialect{brackets: true, backticks: true}
	mysql     = dialect{escapes: true, comments: true, backticks: true}
	escaping  = dialect{escapes: true, backticks: true, dollars: true}
	spanner   = dialect{escapes: true, comments: true, backticks: true, triples: true}
	unknown   = dialect{backticks: true, dollars: true, ambiguous: true}
)

// dialects holds the systems that speak SQL, by their names in either generation of the
// conventions, and some that instrumentations use. The empty name stands for a span
// without a system.
var dialects = map[string]dialect{
	"postgresql": postgres, "postgres": postgres, "cockroachdb": postgres, "cockroach": postgres, "redshift": postgres,
	"aws.redshift": postgres, "edb": postgres, "h2": dollars, "vertica": dollars, "duckdb": dollars,
	"oracle": oracle, "oracle.db": oracle,
	"mssql": sqlServer, "microsoft.sql_server": sqlServer, "sqlserver": sqlServer,
	"db2": standard, "ibm.db2": standard, "hsqldb": standard, "derby": standard, "firebird": standard,
	"firebirdsql": standard, "trino": standard, "cassandra": dollars, "hanadb": standard, "sap.hana": standard,
	"mysql": mysql, "mariadb": mysql, "clickhouse": mysql,
	"spanner": spanner, "gcp.spanner": spanner, "bigquery": spanner, "gcp.bigquery": spanner,
	"hive": escaping, "snowflake": escaping,
	"sqlite": sqlite, "better-sqlite3": sqlite, "teradata": lenient, "informix": lenient,
	"other_sql": unknown, "": unknown,
}

// families holds, by a part of a system's name, the dialects of systems whatever their
// instrumentation calls them: aurora-postgresql, better-sqlite3.
var families = []struct {
	part string
	dialect
}{
	{"postgres", postgres},
	{"pgsql", postgres},
	{"cockroach", postgres},
	{"redshift", postgres},
	{"sqlserver", sqlServer},
	{"sql_server", sqlServer},
	{"mssql", sqlServer},
	{"oracle", oracle},
	{"mysql", mysql},
	{"mariadb", mysql},
	{"sqlite", sqlite},
}

// commandStores holds parts of the names of systems that take commands and documents, some
// of which look like SQL. What asks in a language of its own, as Couchbase and Neo4j do, is not
// among them: its first word says as little as that of SQL.
var commandStores = []string{
	"redis", "valkey", "memcache", "keydb", "dragonfly", "mongo", "documentdb", "etcd", "geode",
}

// dialectOf returns the dialect of a system, whatever its case. A name that is not known
// decides nothing, unless it is that of a system without SQL.
func dialectOf(system string) (d dialect, ok bool) {
	if d, ok := dialects[system]; ok {
		return d, true
	}
	name := strings.ToLower(system)
	if d, ok := dialects[name]; ok {
		return d, true
	}
	for _, f := range families {
		if strings.Contains(name, f.part) {
			return f.dialect, true
		}
	}
	return unknown, !IsCommandStore(name)
}

// IsCommandStore reports whether the system takes commands or documents and no SQL.
func IsCommandStore(system string) bool {
	name := strings.ToLower(system)
	for _, part := range commandStores {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
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

// verbs lists the words with which a statement begins.
var verbs = wordSet(`select insert update delete with merge replace upsert create alter drop truncate begin start commit
	rollback savepoint release set reset show explain analyze analyse describe desc use values table copy call exec execute
	do declare fetch close open lock unlock grant revoke vacuum pragma attach detach listen notify unlisten prepare
	deallocate discard refresh reindex cluster comment load optimize kill apply if print end abort import from rename
	checkpoint move security optimize batch`)

// seconds lists, for verbs that other languages have too, the words of which one follows
// in SQL of an unknown dialect. An empty list refuses the verb.
var seconds = map[string]map[string]struct{}{
	"insert": wordSet("into ignore overwrite or all"), "delete": wordSet("from"), "replace": wordSet("into"),
	"merge": wordSet("into"), "set": wordSet("session local transaction names role"), "show": nil, "use": nil, "values": nil,
	"table": nil, "copy": nil, "do": nil, "fetch": nil, "close": nil, "open": nil, "lock": nil, "unlock": nil, "load": nil,
	"kill": nil, "apply": nil, "if": nil, "print": nil, "end": nil, "abort": nil, "import": nil, "from": nil, "rename": nil,
	"move": nil, "security": nil, "batch": nil, "comment": nil, "attach": nil, "detach": nil, "discard": nil, "refresh": nil,
	"reset": nil, "desc": nil, "describe": nil, "listen": nil, "notify": nil, "unlisten": nil, "prepare": nil,
	"exec": nil, "execute": nil, "call": nil, "grant": nil, "revoke": nil, "declare": nil, "cluster": nil, "optimize": nil,
}

// begins reports whether text begins as a statement does.
func (d dialect) begins(text string) bool {
	i := d.gapEnd(text, 0)
	for i < len(text) && text[i] == '(' {
		i = d.gapEnd(text, i+1)
	}
	if i < len(text) && text[i] == '{' {
		// JDBC: {call a(?)} and {? = call a(?)}
		inside := strings.TrimLeft(text[i+1:], "?= ")
		return len(inside) > 5 && strings.EqualFold(inside[:4], "call") && isSpace(inside[4])
	}
	end := wordEnd(text, i)
	if end-i > longest {
		return false
	}
	verb := strings.ToLower(text[i:end])
	if _, ok := verbs[verb]; !ok || end < len(text) && !isSpace(text[end]) && strings.IndexByte("(*;'\"[`@-/$:?+", text[end]) < 0 {
		return false
	}
	next := d.gapEnd(text, end)
	if next < len(text) && (text[next] == '(' && manipulates(verb) || text[next] == '{' && (manipulates(verb) || isDocument(text, next))) {
		return false
	}
	if !d.ambiguous {
		return true
	}
	if verb == "update" {
		return setClause.MatchString(text[next:])
	}
	allowed, limited := seconds[verb]
	if !limited {
		return true
	}
	_, ok := allowed[strings.ToLower(text[next:min(wordEnd(text, next), next+longest)])]
	return ok
}

// setClause is behind the name in an UPDATE.
var setClause = regexp.MustCompile(`(?i)\sset\s`)

// manipulates reports whether SQL has a name or a keyword behind the verb.
func manipulates(verb string) bool {
	switch verb {
	case "insert", "update", "delete", "merge", "replace", "upsert":
		return true
	}
	return false
}
