package history

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap/zaptest"

	"canonicallineexporter/internal/pgtest"
	"canonicallineexporter/internal/table"
)

// columnsOfParts lists the columns of what history consists of.
const columnsOfParts = `
	SELECT format('%s.%s %s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), col_description(c.oid, a.attnum))
	FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
	WHERE c.relname ~ '_(hours|days|marks|built|fence)$' ORDER BY 1`

func TestScript_CreatesWhatTheMaintainerCreates(t *testing.T) {
	t.Parallel()
	script, err := os.ReadFile("../../schema/history.sql")
	require.NoError(t, err)
	require.Equal(t, Script(lines), string(script), "run make generate")
	created, scripted := setup(t, nil), setup(t, nil)
	created.keep(t)
	for range 2 {
		scripted.Exec(t, string(script))
	}
	require.Equal(t, pgtest.All[string](t, created.Database, columnsOfParts), pgtest.All[string](t, scripted.Database, columnsOfParts))
	renamed := pgtest.New(t)
	renamed.Exec(t, `CREATE SCHEMA metrics; CREATE TABLE metrics.lines (created_at timestamptz) PARTITION BY RANGE (created_at)`)
	renamed.Exec(t, strings.ReplaceAll(string(script), `"public"."canonical_api_line`, `"metrics"."lines`))
	absent, err := missing(t.Context(), renamed.Pool, table.Name{Schema: "metrics", Name: "lines"})
	require.NoError(t, err)
	require.Empty(t, absent)
}

// A role without DDL keeps the history of tables that the script has made.
func TestMaintainer_WithoutCreateSchema_BuildsWhatTheScriptMade(t *testing.T) {
	t.Parallel()
	b := setup(t, func(cfg *Config) { cfg.CreateSchema = false })
	b.write(t, sample{id: 1, at: b.present.Add(-50 * time.Hour), route: "/a", duration: time.Second, status: 200})
	b.keep(t)
	require.False(t, pgtest.One[bool](t, b.Database, "SELECT EXISTS (SELECT FROM pg_class WHERE relname = 'canonical_api_line_hours')"))
	b.Exec(t, Script(lines))
	role := b.Name + "_writer"
	b.Exec(t, "CREATE ROLE "+role+" LOGIN")
	b.Exec(t, "GRANT SELECT, INSERT, UPDATE ON canonical_api_line TO "+role)
	b.Exec(t, "GRANT SELECT, INSERT, UPDATE, DELETE ON canonical_api_line_hours, canonical_api_line_days, canonical_api_line_marks, canonical_api_line_built TO "+role)
	b.Exec(t, "GRANT SELECT, UPDATE ON canonical_api_line_fence TO "+role)
	pool, err := pgxpool.New(t.Context(), strings.Replace(b.URL, "postgres@", role+"@", 1))
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	b.Maintainer = New(b.cfg, pool, zaptest.NewLogger(t))
	b.keep(t)
	require.EqualValues(t, 1, b.total(t))
	require.EqualValues(t, 1, pgtest.One[int64](t, b.Database, "SELECT sum(lines)::bigint FROM canonical_api_line_days"))
}

// Who may read lines may read their history, and who may write lines may mark their hours.
func TestMaintainer_GrantsWhatTheTableGrants(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	reader, writer := b.Name+"_reader", b.Name+"_writer"
	b.Exec(t, "CREATE ROLE "+reader+"; CREATE ROLE "+writer)
	b.Exec(t, "GRANT SELECT ON canonical_api_line TO "+reader)
	b.keep(t)
	b.Exec(t, "GRANT SELECT, INSERT, UPDATE ON canonical_api_line TO "+writer)
	b.keep(t)
	for _, part := range []string{"hours", "days", "marks", "built"} {
		for _, role := range []string{reader, writer} {
			require.True(t, pgtest.One[bool](t, b.Database, "SELECT has_table_privilege($1, 'canonical_api_line_"+part+"', 'SELECT')", role), part)
		}
	}
	require.False(t, pgtest.One[bool](t, b.Database, "SELECT has_table_privilege($1, 'canonical_api_line_marks', 'INSERT')", reader))
	require.True(t, pgtest.One[bool](t, b.Database, "SELECT has_table_privilege($1, 'canonical_api_line_marks', 'INSERT')", writer))
	require.True(t, pgtest.One[bool](t, b.Database, "SELECT has_sequence_privilege($1, 'canonical_api_line_fence', 'SELECT')", writer))
}
