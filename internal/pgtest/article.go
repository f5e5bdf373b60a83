package pgtest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// CreateArticleTable makes the table by the DDL of "Fast as a Service", to the letter.
func CreateArticleTable(t testing.TB, d *Database) {
	t.Helper()
	ddl, err := os.ReadFile(filepath.Join(moduleRoot(t), "testdata", "article.sql"))
	require.NoError(t, err)
	d.Exec(t, "CREATE FUNCTION gen_ulid() RETURNS uuid LANGUAGE sql AS 'SELECT gen_random_uuid()'")
	d.Exec(t, string(ddl))
}

// moduleRoot returns the folder of go.mod: tests run in the folder of their package.
func moduleRoot(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	require.NoError(t, err)
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		require.NotEqual(t, dir, parent, "no go.mod above the test")
		dir = parent
	}
}
