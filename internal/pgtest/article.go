package pgtest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/oteltest"
)

// CreateArticleTable creates the table with the unchanged DDL of "Fast as a Service".
func CreateArticleTable(t testing.TB, d *Database) {
	t.Helper()
	ddl, err := os.ReadFile(filepath.Join(oteltest.ModuleRoot(t), "testdata", "article.sql"))
	require.NoError(t, err)
	d.Exec(t, "CREATE FUNCTION gen_ulid() RETURNS uuid LANGUAGE sql AS 'SELECT gen_random_uuid()'")
	d.Exec(t, string(ddl))
}
