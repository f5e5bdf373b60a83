package partition

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/pgtest"
	"canonicallineexporter/internal/table"
)

// made lists the tables that are, or were, partitions, by their days.
const made = "SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relname ~ '^(lines|calls)_' ORDER BY right(relname, 8)"

// A table that is called something else is the same table: what was attached goes in its
// time, and so does what had been detached.
func TestMaintainer_RenamedTable_KeepsItsPartitions(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		sql  string
		into table.Name
	}{
		"renamed":                {"ALTER TABLE lines RENAME TO calls", table.Name{Schema: "public", Name: "calls"}},
		"in another schema":      {"CREATE SCHEMA metrics; ALTER TABLE lines SET SCHEMA metrics", table.Name{Schema: "metrics", Name: "lines"}},
		"schema renamed":         {"ALTER SCHEMA public RENAME TO metrics", table.Name{Schema: "metrics", Name: "lines"}},
		"and replaced":           {"ALTER TABLE lines RENAME TO calls; CREATE TABLE lines (LIKE calls) PARTITION BY RANGE (created_at)", table.Name{Schema: "public", Name: "calls"}},
		"moved with its present": {"CREATE SCHEMA metrics; ALTER TABLE lines SET SCHEMA metrics; ALTER TABLE lines_20230515 SET SCHEMA metrics", table.Name{Schema: "metrics", Name: "lines"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := keep(t, nil)
			k.round(t, 0)
			k.round(t, 3*24*time.Hour)
			k.Exec(t, tt.sql)
			for range 6 {
				k.at = k.at.Add(24 * time.Hour)
				require.NoError(t, k.Maintain(t.Context(), tt.into))
			}
			require.Empty(t, k.warnings())
			left := pgtest.All[string](t, k.Database, made)
			require.Equal(t, tt.into.Name+"_20230518", left[0])
			require.Len(t, left, 5)
		})
	}
}

// restore creates the table with its partitions, attached or not, and their comments in a
// schema of d, as psql does with a dump of k's.
func (k *keeper) restore(t *testing.T, d *pgtest.Database, schema string) {
	t.Helper()
	d.Exec(t, "CREATE SCHEMA IF NOT EXISTS "+schema+"; CREATE TABLE "+schema+".other ()") // other oids
	d.Exec(t, "CREATE TABLE "+schema+".lines (created_at timestamptz, note text, PRIMARY KEY (created_at)) PARTITION BY RANGE (created_at)")
	for _, sql := range pgtest.All[string](t, k.Database, `
		SELECT format('CREATE TABLE %1$I.%2$I (LIKE %1$I.lines INCLUDING ALL);', $1::text, relname)
			|| COALESCE(format('ALTER TABLE %1$I.lines ATTACH PARTITION %1$I.%2$I ', $1::text, relname) || pg_get_expr(relpartbound, oid) || ';', '')
			|| format('COMMENT ON TABLE %1$I.%2$I IS %3$L', $1::text, relname, obj_description(oid, 'pg_class'))
		FROM pg_class
		WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`, schema) {
		d.Exec(t, sql)
	}
}

func TestMaintainer_RestoredDump_IsMaintained(t *testing.T) {
	t.Parallel()
	k := keep(t, nil)
	k.round(t, 0)
	k.round(t, 3*24*time.Hour)
	restored := pgtest.New(t)
	k.restore(t, restored, "public")
	restored.Exec(t, "ALTER TABLE lines RENAME TO calls")
	m := New(k.cfg, restored.Pool, k.logger)
	m.clock = k.clock
	for range 6 {
		k.at = k.at.Add(24 * time.Hour)
		require.NoError(t, m.Maintain(t.Context(), parent.Sibling("calls")))
	}
	require.Empty(t, k.warnings())
	left := pgtest.All[string](t, restored, made)
	require.Equal(t, "calls_20230518", left[0])
	require.Len(t, left, 5)
}

// A copy beside the original does not drop what the original has detached.
func TestMaintainer_CopyOfTheTable_TouchesNothingOfTheOriginal(t *testing.T) {
	t.Parallel()
	k := keep(t, nil)
	k.round(t, 0)
	k.round(t, 3*24*time.Hour)
	k.restore(t, k.Database, "copy")
	k.at = k.at.Add(3 * 24 * time.Hour)
	require.NoError(t, k.Maintain(t.Context(), table.Name{Schema: "copy", Name: "lines"}))
	require.Contains(t, k.tables(t), "lines_20230512")
	k.round(t, 0)
	require.NotContains(t, k.tables(t), "lines_20230512")
}

// as returns a maintainer that runs as a new role with k's clock. sql gives the role its
// rights, with %s for its name.
func (k *keeper) as(t *testing.T, suffix, sql string) (m *Maintainer, role string) {
	t.Helper()
	role = k.Name + suffix
	k.Exec(t, "CREATE ROLE "+role+" LOGIN")
	k.Exec(t, strings.ReplaceAll(sql, "%s", role))
	pool, err := pgxpool.New(t.Context(), strings.Replace(k.URL, "postgres@", role+"@", 1))
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	m = New(k.cfg, pool, k.logger)
	m.clock = k.clock
	return m, role
}

const owners = "SELECT DISTINCT relowner::regrole::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"

// Roles that come and go leave partitions to the owner of the table, so that the next role
// can retire them, and who may read what the owner makes reads them too.
func TestMaintainer_RolesThatComeAndGo_LeavePartitionsToTheOwner(t *testing.T) {
	t.Parallel()
	k := keep(t, nil)
	owner, reader := k.Name+"_owner", k.Name+"_reader"
	k.Exec(t, "CREATE ROLE "+owner+"; CREATE ROLE "+reader+"; GRANT USAGE, CREATE ON SCHEMA public TO "+owner)
	k.Exec(t, "ALTER TABLE lines OWNER TO "+owner)
	k.Exec(t, "ALTER DEFAULT PRIVILEGES FOR ROLE "+owner+" GRANT SELECT ON TABLES TO "+reader)
	first, _ := k.as(t, "_first", "GRANT "+owner+" TO %s")
	require.NoError(t, first.Maintain(t.Context(), parent))
	require.Equal(t, []string{owner}, pgtest.All[string](t, k.Database, owners))
	require.True(t, pgtest.One[bool](t, k.Database, "SELECT has_table_privilege($1, 'lines_20230512', 'SELECT')", reader))

	second, _ := k.as(t, "_second", "GRANT "+owner+" TO %s")
	k.at = k.at.Add(4 * 24 * time.Hour)
	require.NoError(t, second.Maintain(t.Context(), parent))
	require.NotContains(t, k.attached(t), "lines_20230512")
	require.Empty(t, k.warnings())
}

func TestMaintainer_PartitionsOfAnotherRole_NameTheStatement(t *testing.T) {
	t.Parallel()
	k := keep(t, nil)
	k.round(t, 0)
	m, role := k.as(t, "_new", "GRANT USAGE, CREATE ON SCHEMA public TO %s; ALTER TABLE lines OWNER TO %s")
	k.at = k.at.Add(4 * 24 * time.Hour)
	for range 2 {
		require.NoError(t, m.Maintain(t.Context(), parent))
	}
	require.Contains(t, k.attached(t), "lines_20230512")
	require.Equal(t, []string{"a partition that has to go belongs to another role and stays"}, k.warnings())
	hint := k.logs.FilterMessageSnippet("belongs to another role").All()[0].ContextMap()["hint"].(string)
	require.Equal(t, "its owner or a superuser has to run, for each of its partitions: ALTER TABLE public.lines_20230512 OWNER TO "+role, hint)
	_, statement, _ := strings.Cut(hint, ": ")
	k.Exec(t, statement+"; "+strings.ReplaceAll(statement, "0512", "0513"))
	require.NoError(t, m.Maintain(t.Context(), parent))
	require.NotContains(t, k.attached(t), "lines_20230512")
	require.NotContains(t, k.attached(t), "lines_20230513")
}

func TestMaintainer_TableOfAnotherRole_NamesTheStatement(t *testing.T) {
	t.Parallel()
	k := keep(t, nil)
	owner := k.Name + "_owner"
	k.Exec(t, "CREATE ROLE "+owner+"; ALTER TABLE lines OWNER TO "+owner+"; GRANT USAGE, CREATE ON SCHEMA public TO "+owner)
	stranger, role := k.as(t, "_stranger", "GRANT USAGE, CREATE ON SCHEMA public TO %s")
	err := stranger.Maintain(t.Context(), parent)
	require.ErrorContains(t, err, `"public"."lines" belongs to the role "`+owner+`"; as that role or as a superuser, run: GRANT `+owner+" TO "+role)
	_, statement, _ := strings.Cut(err.Error(), "run: ")
	k.Exec(t, statement)
	require.NoError(t, stranger.Maintain(t.Context(), parent))
	require.Equal(t, []string{owner}, pgtest.All[string](t, k.Database, owners))
}

func TestMaintainer_MemberWithoutInheritance_NamesTheStatement(t *testing.T) {
	t.Parallel()
	k := keep(t, nil)
	owner := k.Name + "_owner"
	k.Exec(t, "CREATE ROLE "+owner+"; ALTER TABLE lines OWNER TO "+owner+"; GRANT USAGE, CREATE ON SCHEMA public TO "+owner)
	member, _ := k.as(t, "_member", "ALTER ROLE %s NOINHERIT; GRANT "+owner+" TO %s")
	err := member.Maintain(t.Context(), parent)
	require.ErrorContains(t, err, "INHERIT")
	_, statement, _ := strings.Cut(err.Error(), "run: ")
	k.Exec(t, statement)
	require.NoError(t, member.Maintain(t.Context(), parent))
}

// Lines have their partitions all the same.
func TestMaintainer_OwnerThatMayNotCreate_IsNamedWithTheStatement(t *testing.T) {
	t.Parallel()
	k := keep(t, nil)
	owner := k.Name + "_owner"
	k.Exec(t, "CREATE ROLE "+owner+"; ALTER TABLE lines OWNER TO "+owner+"; REVOKE CREATE ON SCHEMA public FROM PUBLIC")
	member, role := k.as(t, "_member", "GRANT USAGE, CREATE ON SCHEMA public TO %s; GRANT "+owner+" TO %s")
	require.NoError(t, member.Maintain(t.Context(), parent))
	require.Equal(t, []string{role}, pgtest.All[string](t, k.Database, owners))
	require.Equal(t, []string{"the owner of the table may not create its partitions: they belong to the role of this exporter"}, k.warnings())
	k.Exec(t, k.logs.FilterMessageSnippet("may not create").All()[0].ContextMap()["hint"].(string))
	k.at = k.at.Add(24 * time.Hour)
	require.NoError(t, member.Maintain(t.Context(), parent))
	require.Equal(t, []string{role, owner}, pgtest.All[string](t, k.Database, owners))
}
