package partition

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/pgtest"
)

// Whoever may read the table may read the partition made after that grant, through the same
// policies.
func TestMaintainer_Create_CopiesGrantsAndPolicies(t *testing.T) {
	t.Parallel()
	k := keep(t, nil)
	k.round(t, 0)
	reader, auditor := k.Name+`_"reader"`, k.Name+"_auditor"
	quoted := `"` + strings.ReplaceAll(reader, `"`, `""`) + `"`
	k.Exec(t, "CREATE ROLE "+quoted+"; CREATE ROLE "+auditor)
	k.Exec(t, "GRANT SELECT, INSERT ON lines TO "+quoted+"; GRANT DELETE ON lines TO "+quoted+" WITH GRANT OPTION; GRANT SELECT (note) ON lines TO "+auditor)
	k.Exec(t, "ALTER TABLE lines ENABLE ROW LEVEL SECURITY; ALTER TABLE lines FORCE ROW LEVEL SECURITY")
	k.Exec(t, `CREATE POLICY "their ""own""" ON lines FOR SELECT TO `+quoted+` USING (note = 'it''s' || current_user)`)
	k.Exec(t, "CREATE POLICY everyone ON lines AS RESTRICTIVE FOR UPDATE USING (note <> '') WITH CHECK (note IS NOT NULL)")
	k.round(t, 24*time.Hour)

	const has = `SELECT concat_ws(' ', relrowsecurity, relforcerowsecurity) || COALESCE((
			SELECT string_agg(concat_ws(' ', polname, polcmd, polpermissive, polroles::text,
				pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)), ';' ORDER BY polname)
			FROM pg_policy WHERE polrelid = c.oid), '') || relacl::text || (SELECT string_agg(attacl::text, '') FROM pg_attribute WHERE attrelid = c.oid)
		FROM pg_class c WHERE oid = $1::text::regclass`
	require.Equal(t, pgtest.One[string](t, k.Database, has, "lines"), pgtest.One[string](t, k.Database, has, "lines_20230514"))
	require.True(t, pgtest.One[bool](t, k.Database, "SELECT has_table_privilege($1, 'lines_20230514', 'DELETE WITH GRANT OPTION')", reader))
	require.False(t, pgtest.One[bool](t, k.Database, "SELECT has_table_privilege($1, 'lines_20230513', 'SELECT')", reader), "it was there before")
	require.Empty(t, k.warnings())
}

func TestMaintainer_Create_NamesWhatCannotBeCopied(t *testing.T) {
	t.Parallel()
	k := keep(t, nil)
	k.Exec(t, "ALTER TABLE lines ENABLE ROW LEVEL SECURITY")
	k.Exec(t, "CREATE POLICY known ON lines USING (EXISTS (SELECT FROM pg_roles WHERE rolname = note))")
	k.round(t, 0)
	require.Equal(t, []string{"lines_20230512", "lines_20230513"}, k.attached(t))
	require.True(t, pgtest.One[bool](t, k.Database, "SELECT relrowsecurity FROM pg_class WHERE relname = 'lines_20230512'"))
	require.Len(t, k.warnings(), 1)
	require.Contains(t, k.warnings()[0], "new partitions lack what their table has")
}

func TestMaintainer_Create_TakesTheAccessMethodOfTheNewest(t *testing.T) {
	t.Parallel()
	k := keep(t, nil)
	k.Exec(t, "CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler")
	k.Exec(t, "ALTER DATABASE "+k.Name+" SET default_table_access_method = heap2")
	k.Pool.Reset()
	k.round(t, 0)
	k.Exec(t, "ALTER DATABASE "+k.Name+" RESET default_table_access_method")
	k.Pool.Reset()
	k.round(t, 24*time.Hour)
	require.Equal(t, []string{"heap2"}, pgtest.All[string](t, k.Database,
		"SELECT DISTINCT amname::text FROM pg_class c JOIN pg_am a ON a.oid = c.relam WHERE relname ~ '^lines_2023[0-9]*$'"))
}
