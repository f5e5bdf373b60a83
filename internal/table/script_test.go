package table_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/line"
	"canonicallineexporter/internal/pgtest"
	"canonicallineexporter/internal/table"
)

// comments lists the comments on the columns of a table.
const comments = "SELECT col_description($1::regclass, n) FROM generate_series(1, 39) AS n"

// ulid returns the definition of gen_ulid() in a schema.
const ulid = "SELECT pg_get_functiondef(($1 || '.gen_ulid()')::regprocedure)"

func TestScript_CreatesWhatApplyCreates(t *testing.T) {
	t.Parallel()
	script, err := os.ReadFile("../../schema/table.sql")
	require.NoError(t, err)
	require.Equal(t, table.Script(table.Name{Schema: "public", Name: lines.Name}, line.Columns()), string(script), "run make generate")
	renamed := strings.NewReplacer(`"public"`, `"metrics"`, `"canonical_api_line"`, `"lines"`).Replace(string(script))

	applied, scripted := pgtest.New(t), pgtest.New(t)
	require.NoError(t, table.Apply(t.Context(), applied.Pool, lines, line.Columns()))
	require.NoError(t, table.Apply(t.Context(), applied.Pool, table.Name{Schema: "metrics", Name: "lines"}, line.Columns()))
	scripted.Exec(t, string(script))
	scripted.Exec(t, "CREATE SCHEMA metrics")
	scripted.Exec(t, renamed)
	for name, schema := range map[string]string{"public.canonical_api_line": "public", "metrics.lines": "metrics"} {
		require.Len(t, pgtest.All[string](t, scripted, definition, name), len(line.Columns()))
		for _, query := range []string{definition, keys, comments} {
			require.Equal(t, pgtest.All[string](t, applied, query, name), pgtest.All[string](t, scripted, query, name))
		}
		require.Equal(t, pgtest.One[string](t, applied, ulid, schema), pgtest.One[string](t, scripted, ulid, schema))
	}
}

func TestScript_KeepsAnExistingGenULID(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	d.Exec(t, "CREATE FUNCTION gen_ulid() RETURNS uuid LANGUAGE sql AS 'SELECT gen_random_uuid()'")
	before := pgtest.One[string](t, d, ulid, "public")
	d.Exec(t, table.Script(table.Name{Schema: "public", Name: lines.Name}, line.Columns()))
	require.Equal(t, before, pgtest.One[string](t, d, ulid, "public"))
}
