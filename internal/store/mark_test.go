package store

import (
	"testing"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/pgtest"
)

const (
	statistics = "SELECT COALESCE(statistics::text, 'none') FROM canonical_api_line ORDER BY id"
	tuples     = "SELECT string_agg(id::text || xmin || ctid || updated_at, ',' ORDER BY id) FROM canonical_api_line"
)

func TestStore_Write_Marks_OnlyWhatIsStored(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.write(t, batchOf(t, span{id: 1, descendants: 2}, span{id: 2}, span{id: 3, descendants: 2}))
	marks := versionsOf(t, []span{{id: 1}, {id: 2}, {id: 9}}, copyrow.Mark, copyrow.Mark, copyrow.Mark)
	require.Equal(t, Outcomes{}, b.write(t, marks), "marks are no lines")
	require.Equal(t, []string{`{"spans": 2, "incomplete": true}`, `{"incomplete": true}`, `{"spans": 2}`},
		pgtest.All[string](t, b.Database, statistics))
	require.Equal(t, []bool{true, true, false}, pgtest.All[bool](t, b.Database,
		"SELECT updated_at > (SELECT min(updated_at) FROM canonical_api_line) FROM canonical_api_line ORDER BY id"))

	before := pgtest.One[string](t, b.Database, tuples)
	b.write(t, marks)
	require.Equal(t, before, pgtest.One[string](t, b.Database, tuples), "the second time writes no tuple")
}

func TestStore_Write_Mark_ComesAfterTheLinesOfItsBatch(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	batch := versionsOf(t, []span{{id: 1}, {id: 1, descendants: 2}, {id: 2}}, copyrow.Mark, 0, 0)
	require.Equal(t, Outcomes{Inserted: 2}, b.write(t, batch))
	require.Equal(t, []string{`{"spans": 2, "incomplete": true}`, "none"}, pgtest.All[string](t, b.Database, statistics))
}

func TestStore_Write_Mark_TableWithoutStatistics(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.write(t, batchOf(t, span{id: 1}))
	b.store.table.CreateSchema = false
	b.Exec(t, "ALTER TABLE canonical_api_line DROP COLUMN statistics")
	b.store.forget()
	before := pgtest.One[string](t, b.Database, tuples)
	require.Equal(t, Outcomes{Inserted: 1}, b.write(t, versionsOf(t, []span{{id: 1}, {id: 2}}, copyrow.Mark, 0)))
	b.Exec(t, "DELETE FROM canonical_api_line WHERE span_id = '0000000000000002'")
	require.Equal(t, before, pgtest.One[string](t, b.Database, tuples))
}

func TestStore_Write_Mark_TableWithoutUpdatedAt(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.write(t, batchOf(t, span{id: 1}))
	b.store.table.CreateSchema = false
	b.Exec(t, "ALTER TABLE canonical_api_line DROP COLUMN updated_at")
	b.store.forget()
	b.write(t, versionsOf(t, []span{{id: 1}}, copyrow.Mark))
	require.Equal(t, []string{`{"incomplete": true}`}, pgtest.All[string](t, b.Database, statistics))
}

// A line that may be short says so, whichever of its versions comes first.
func TestStore_Write_Incomplete_Stays(t *testing.T) {
	t.Parallel()
	short, whole := span{id: 1, descendants: 2, incomplete: true}, span{id: 1, descendants: 2}
	for name, order := range map[string][]span{"first": {short, whole}, "last": {whole, short}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, nil)
			b.write(t, batchOf(t, order[0]))
			b.write(t, batchOf(t, order[1]))
			require.Equal(t, []string{`{"spans": 2, "incomplete": true}`}, pgtest.All[string](t, b.Database, statistics))
		})
	}
	t.Run("with more spans", func(t *testing.T) {
		t.Parallel()
		b := setup(t, nil)
		b.write(t, batchOf(t, short))
		require.Equal(t, Outcomes{Updated: 1}, b.write(t, batchOf(t, span{id: 1, descendants: 3})))
		require.Equal(t, []string{`{"spans": 3, "incomplete": true}`}, pgtest.All[string](t, b.Database, statistics))
		require.Equal(t, Outcomes{Unchanged: 1}, b.write(t, batchOf(t, short)))
	})
	t.Run("from a version with fewer spans", func(t *testing.T) {
		t.Parallel()
		b := setup(t, nil)
		b.write(t, batchOf(t, span{id: 1, descendants: 3}))
		require.Equal(t, Outcomes{Updated: 1}, b.write(t, batchOf(t, short)))
		require.Equal(t, []string{`{"spans": 3, "incomplete": true}`}, pgtest.All[string](t, b.Database, statistics))
		require.Equal(t, Outcomes{Unchanged: 1}, b.write(t, batchOf(t, span{id: 1, descendants: 3})))
	})
	t.Run("in one batch", func(t *testing.T) {
		t.Parallel()
		b := setup(t, nil)
		b.write(t, versionsOf(t, []span{{id: 1, descendants: 3}, short}, 4, 9))
		require.Equal(t, []string{`{"spans": 3, "incomplete": true}`}, pgtest.All[string](t, b.Database, statistics))
	})
}

func TestStore_Write_Mark_ThatIsRefused_HoldsUpNoOther(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.write(t, batchOf(t, span{id: 1}, span{id: 2}, span{id: 3}))
	b.Exec(t, `
		CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'never'; END $$;
		CREATE TRIGGER refuse BEFORE UPDATE ON canonical_api_line FOR EACH ROW
			WHEN (NEW.span_id = '0000000000000002') EXECUTE FUNCTION refuse()`)
	b.write(t, versionsOf(t, []span{{id: 1}, {id: 2}, {id: 3}}, copyrow.Mark, copyrow.Mark, copyrow.Mark))
	require.Equal(t, []string{`{"incomplete": true}`, "none", `{"incomplete": true}`}, pgtest.All[string](t, b.Database, statistics))
	require.Len(t, b.logs.FilterMessageSnippet("refuses to mark").All(), 1)
}
