package collapse

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFacts_Statement(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]facts{
		"SELECT ?":  {text: "SELECT 1"},
		"GET users": {text: "SELECT 1", summary: "GET users", operation: "x"},
		"find":      {system: "mongodb", text: `{"find": "s3cr3t"}`, operation: "find"},
		"SET":       {system: "redis", text: "SET user:1 s3cr3t"},
		"":          {system: "redis", text: "user:1"},
		"SELECT":    {text: `SELECT 'a\' OR b = 's3cr3t'`},
	} {
		require.Equal(t, want, f.statement())
	}
}

func TestStatementCache_TellsStatementsApart(t *testing.T) {
	t.Parallel()
	c := newStatementCache()
	for range 2 {
		require.Equal(t, `SELECT "a"`, c.of(&facts{system: "postgresql", text: `SELECT "a"`}).Value())
		require.Equal(t, "SELECT ?", c.of(&facts{system: "mysql", text: `SELECT "a"`}).Value())
		require.Equal(t, "s", c.of(&facts{system: "mysql", text: `SELECT "a"`, summary: "s"}).Value())
	}
}
