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
		{"findOne users", facts{system: "mssql", text: `{"where": {"token": "s3cr3t"}}`, operation: "findOne", collection: "users"}},
		{"SELECT ?", facts{text: "SELECT 1", operation: "SELECT", collection: "users"}},
		{"", facts{system: "redis", text: "SET user:1 s3cr3t"}},
		{"", facts{system: "redis", text: "user:1"}},
		{"", facts{text: `SELECT 'a\' OR b = 's3cr3t'`}},
		{"SELECT t", facts{text: `SELECT 'a\' OR b = 's3cr3t'`, operation: "SELECT", collection: "t"}},
	} {
		require.Equal(t, tt.want, tt.statement())
	}
}

func TestStatementCache_TellsStatementsApart(t *testing.T) {
	t.Parallel()
	c := newStatementCache()
	for range 2 {
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
