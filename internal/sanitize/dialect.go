package sanitize

import (
	"regexp"
	"strings"
)

// families holds, by a part of a system's name, the dialects of systems whatever their
// instrumentation calls them: postgres, PostgreSQL, aurora-postgresql, better-sqlite3.
var families = []struct {
	part string
	dialect
}{
	{"postgres", standard},
	{"pgsql", standard},
	{"cockroach", standard},
	{"redshift", standard},
	{"sqlserver", standard},
	{"sql_server", standard},
	{"mssql", standard},
	{"oracle", standard},
	{"mysql", mysql},
	{"mariadb", mysql},
	{"sqlite", lenient},
}

// commandStores holds parts of the names of systems that take commands and documents, some
// of which look like SQL.
var commandStores = []string{
	"redis", "valkey", "memcache", "keydb", "dragonfly", "mongo", "documentdb", "elastic", "opensearch", "dynamo", "couch",
	"neo4j", "hbase", "influx", "etcd", "geode",
}

// sql matches how a statement begins.
var sql = regexp.MustCompile(`(?is)^(?:\s|\(|--[^\n]*\n|/\*.*?\*/)*(?:` +
	`select|insert\s+(?:into|ignore|overwrite|or\s)|update\s.+\sset|delete\s+from|merge\s+(?:into|\w)|replace\s+into|upsert\s+into|` +
	`with|values|call|exec|execute|explain|declare|fetch|copy|begin|start\s+transaction|commit|rollback|savepoint|release|` +
	`create|alter|drop|truncate|lock\s+table|show|describe|use|pragma|analyze|vacuum|grant|revoke|set\s+(?:local|session|transaction)` +
	`)(?:[\s(*;'"\x60]|$)`)

// dialectOf returns the dialect of a text for the system. A name that is not known decides
// nothing; ok is then whether the text begins as SQL.
func dialectOf(system, text string) (d dialect, ok bool) {
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
	if IsCommandStore(system) {
		return dialect{}, false
	}
	return unknown, sql.MatchString(Truncate(text, MaxStatement))
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

// placeholders matches a list after IN that holds nothing but placeholders, even one that was
// cut.
var placeholders = regexp.MustCompile(`(?i)(\bin ?)\( ?` + placeholder + `(?: ?, ?` + placeholder + `)*(?: ?\)|[ ,]*$)`)

const placeholder = `(?:\?\d*|\$\d+|[:@]\w+|%s|%\(\w+\)s)`
