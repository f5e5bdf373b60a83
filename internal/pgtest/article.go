package pgtest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// CreateArticleTable creates the table with the unchanged DDL of "Fast as a Service".
func CreateArticleTable(t testing.TB, d *Database) {
	t.Helper()
	ddl, err := os.ReadFile(filepath.Join(moduleRoot(t), "testdata", "article.sql"))
	require.NoError(t, err)
	d.Exec(t, "CREATE FUNCTION gen_ulid() RETURNS uuid LANGUAGE sql AS 'SELECT gen_random_uuid()'")
	d.Exec(t, string(ddl))
}

// moduleRoot returns the folder of go.mod, which is above that of the running test.
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
