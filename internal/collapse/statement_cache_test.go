package collapse

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/sanitize"
)

func TestFacts_Statement(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		want string
		facts
	}{
		{"SELECT ?", facts{text: "SELECT 1"}},
		{"GET users", facts{text: "SELECT 1", summary: "GET users", operation: "x"}},
		{"find", facts{system: "mongodb", text: `{"find": "s3cr3t"}`, operation: "find"}},
		{"find users", facts{system: "mongodb", text: `{"find": "s3cr3t"}`, operation: "find", collection: "users"}},
		{"findOne users", facts{system: "mssql", text: `{"where": {"token": "s3cr3t"}}`, operation: "findOne", collection: "users"}},
		{"find", facts{system: "nosuch", operation: "find", collection: "token=s3cr3t"}},
		{"GET cache", facts{system: "dynamodb", operation: "GET", collection: "cache"}},
		{"SELECT ?", facts{text: "SELECT 1", operation: "SELECT", collection: "users"}},
		{"SET ?", facts{system: "redis", text: "SET user:1 s3cr3t"}},
		{"get ?", facts{system: "ioredis-cluster", text: "get user:1"}},
		{"", facts{system: "redis", text: "user:1"}},
		{"", facts{system: "neo4j", text: "MATCH (n) RETURN n"}},
		{"SELECT a FROM b WHERE c = ?", facts{system: "couchbase", text: `SELECT a FROM b WHERE c = "s3cr3t"`}},
		{"SELECT a", facts{summary: "SELECT", text: "SELECT a"}},
		{"UPDATE t", facts{text: `UPDATE t SET a = 'b\' OR c = 's3cr3t'`, operation: "UPDATE", collection: "t"}},
		{"", facts{text: `SELECT 'a\' OR b = 's3cr3t'`}},
		{"SELECT t", facts{text: `SELECT 'a\' OR b = 's3cr3t'`, operation: "SELECT", collection: "t"}},
	} {
		require.Equal(t, tt.want, tt.statement())
	}
}

func TestFacts_Statement_IsNoBareWord(t *testing.T) {
	t.Parallel()
	for _, f := range []facts{
		{system: "redis", text: "user:1"},
		{system: "redis", text: "PING"},
		{text: `SELECT 'a\' OR b = 's3cr3t'`},
		{text: `SELECT 'a\' OR b = 's3cr3t'`, operation: "SELECT"},
		{system: "postgresql", operation: "select"},
		{system: "postgresql", summary: "SELECT"},
		{system: "postgresql", text: "BEGIN"},
		{system: "postgresql", text: "COMMIT", operation: "COMMIT"},
		{system: "nosuch", text: "hunter2 hunter2"},
		{system: "nosuch", operation: "find {token: 's3cr3t'}", collection: "users"},
		{system: "postgresql", summary: "SELECT token = 's3cr3t'"},
		{system: "nosuch", text: `{"a": "s3cr3t"}`},
	} {
		require.Empty(t, f.statement(), f)
	}
}

func TestFacts_Statement_SystemsAreKnownHoweverTheyAreSpelt(t *testing.T) {
	t.Parallel()
	const text = `SELECT "a" FROM "t" WHERE "b" = 'c' AND d IN ($1, $2)`
	for _, system := range []string{"postgresql", "postgres", "PostgreSQL", "aurora-postgres", "other.postgresql", "sqlserver", "MSSQL", "cockroach"} {
		f := facts{system: system, text: text}
		require.Equal(t, `SELECT "a" FROM "t" WHERE "b" = ? AND d IN (?)`, f.statement(), system)
	}
	for _, system := range []string{"MySQL", "mysql2", "better-sqlite3", "duckdb", "singlestore", "bigquery", "tidb", "made-up"} {
		f := facts{system: system, text: "select b from t2 where id=?"}
		require.Equal(t, "select b from t2 where id=?", f.statement(), system)
	}
}

func TestStatementCache_TellsStatementsApart(t *testing.T) {
	t.Parallel()
	c := newStatementCache()
	for range 2 {
		require.Equal(t, "find a", c.of(&facts{system: "mongodb", operation: "find", collection: "a"}).Value())
		require.Equal(t, "find b", c.of(&facts{system: "mongodb", operation: "find", collection: "b"}).Value())
		require.Equal(t, `SELECT "a"`, c.of(&facts{system: "postgresql", text: `SELECT "a"`}).Value())
		require.Equal(t, "SELECT ?", c.of(&facts{system: "mysql", text: `SELECT "a"`}).Value())
		require.Equal(t, "find a", c.of(&facts{system: "mongodb", text: "{}", operation: "find", collection: "a"}).Value())
		require.Equal(t, "find b", c.of(&facts{system: "mongodb", text: "{}", operation: "find", collection: "b"}).Value())
		require.Equal(t, "s", c.of(&facts{system: "mysql", text: `SELECT "a"`, summary: "s"}).Value())
	}
}

func TestStatementCache_KeepsNoLongEntry(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", sanitize.MaxStatement)
	for name, f := range map[string]facts{
		"system":     {system: long, text: "SELECT 1"},
		"summary":    {summary: long, text: "SELECT 1"},
		"operation":  {operation: long, text: "SELECT 1"},
		"collection": {collection: long, text: "SELECT 1"},
		"text":       {text: "SELECT " + long},
		"all":        {system: long[:600], summary: long[:600], operation: long[:600], text: long[:600]},
	} {
		c := newStatementCache()
		require.Equal(t, f.statement(), c.of(&f).Value(), name)
		for i := range c.slots {
			require.Nil(t, c.slots[i].Load(), name)
		}
	}
}
