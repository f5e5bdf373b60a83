package store

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/pgtest"
)

// versionsOf returns a batch of these spans, with their versions.
func versionsOf(t *testing.T, spans []span, versions ...uint32) copyrow.Batch {
	t.Helper()
	batch := batchOf(t, spans...)
	batch.Versions = versions
	require.NoError(t, batch.Validate())
	return batch
}

// described returns the span id, the version and the descendants that each row has.
func described(b copyrow.Batch) (rows []string) {
	for i := range b.Len() {
		id := b.Value(i, copyrow.Index(b.Layout, "id"))
		rows = append(rows, fmt.Sprintf("%d v%d %s", binary.BigEndian.Uint64(id[8:]), b.Version(i),
			b.Value(i, copyrow.Index(b.Layout, "http_route"))))
	}
	return rows
}

// with returns a span with this route and number of descendants.
func with(id uint64, route string, descendants int) span {
	return span{id: id, with: map[string]any{"http.route": route}, descendants: descendants}
}

func TestFold_LeavesTheNewestOfEveryLine(t *testing.T) {
	t.Parallel()
	spans := []span{with(1, "/a", 0), with(2, "/b", 0), with(1, "/c", 0), with(3, "/d", 0), with(1, "/e", 0), with(4, "/f", 0), with(4, "/g", 0), with(5, "/h", 0)}
	lines, marks := fold(versionsOf(t, spans, 0, 0, 7, copyrow.Mark, 4, 2, 2, copyrow.Mark))
	require.Equal(t, []string{"2 v0 /b", "1 v7 /c", "4 v2 /g"}, described(lines))
	require.Equal(t, []string{"3 v4294967295 /d", "5 v4294967295 /h"}, described(marks))
}

// A collector that was killed leaves versions in its queue; the next one, which knows only what
// is sent again, adds others.
func TestFold_VersionsOfTwoCollectors_LeavesTheRichest(t *testing.T) {
	t.Parallel()
	recorded := with(3, "/recorded", 2)
	recorded.records = 1
	spans := []span{
		with(1, "/rich", 3), with(1, "/poor", 2), with(2, "/poor", 0), with(2, "/first and rich", 4), recorded, with(3, "/poor", 2), with(4, "/former", 1), with(4, "/newest", 1),
	}
	lines, _ := fold(versionsOf(t, spans, 4, 9, 6, 0, 3, 8, 2, 5))
	require.Equal(t, []string{"1 v4 /rich", "2 v0 /first and rich", "3 v3 /recorded", "4 v5 /newest"}, described(lines))
}

func TestFold_FirstLines_AreTheBatchItself(t *testing.T) {
	t.Parallel()
	batch := batchOf(t, span{id: 1}, span{id: 1}, span{id: 2})
	lines, marks := fold(batch)
	require.Equal(t, 3, lines.Len(), "the richest of them is for the upsert to find")
	require.Same(t, &batch.Rows[0], &lines.Rows[0])
	require.Zero(t, marks.Len())
}

func TestStore_Write_FoldedVersions_AreUnchanged(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	spans := []span{with(1, "/first", 0), with(1, "/third", 3), with(1, "/second", 2), with(2, "/other", 0)}
	require.Equal(t, Outcomes{Inserted: 2, Unchanged: 2}, b.write(t, versionsOf(t, spans, 0, 5, 3, 0)))
	require.Equal(t, []string{"/third", "/other"}, pgtest.All[string](t, b.Database, "SELECT http_route FROM canonical_api_line ORDER BY id"))
}

// attemptedRows counts the rows that are inserted into the table, those of statements that
// fail too.
const attemptedRows = `
	CREATE SEQUENCE attempted_rows;
	CREATE FUNCTION count_row() RETURNS trigger LANGUAGE plpgsql AS
		$$ BEGIN PERFORM nextval('attempted_rows'); RETURN NEW; END $$;
	CREATE TRIGGER attempted_rows BEFORE INSERT ON canonical_api_line FOR EACH ROW EXECUTE FUNCTION count_row()`

func TestStore_Write_Amendments_GoBesideTheCopy(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.write(t, batchOf(t, with(1, "/stored", 1)))
	b.Exec(t, attemptedRows)
	batch := versionsOf(t, []span{with(2, "/new", 0), with(1, "/amended", 2), with(3, "/new", 0)}, 0, 4, 0)
	require.Equal(t, Outcomes{Inserted: 2, Updated: 1}, b.write(t, batch))
	require.EqualValues(t, 3, pgtest.One[int64](t, b.Database, "SELECT last_value FROM attempted_rows"), "each row once")
	require.Equal(t, []string{"/amended", "/new", "/new"}, pgtest.All[string](t, b.Database, "SELECT http_route FROM canonical_api_line ORDER BY id"))

	// An amendment alone, of a line that is not stored yet, and one that changes nothing.
	require.Equal(t, Outcomes{Inserted: 1, Unchanged: 1},
		b.write(t, versionsOf(t, []span{with(4, "/early", 1), with(1, "/amended", 2)}, 9, 4)))
}

func TestStore_Write_DuplicateBesideAmendments_UpsertsAll(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.write(t, batchOf(t, with(1, "/stored", 1), with(2, "/stored", 1)))
	batch := versionsOf(t, []span{with(3, "/new", 0), with(1, "/amended", 2), with(2, "/again", 0)}, 0, 4, 0)
	require.Equal(t, Outcomes{Inserted: 1, Updated: 1, Unchanged: 1}, b.write(t, batch))
	require.Equal(t, []string{"/amended", "/stored", "/new"}, pgtest.All[string](t, b.Database, "SELECT http_route FROM canonical_api_line ORDER BY id"))
}

func TestStore_Write_RefusedAmendment_IsDroppedAlone(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.write(t, batchOf(t, with(1, "/stored", 1)))
	b.Exec(t, "ALTER TABLE canonical_api_line ADD CONSTRAINT no_teapots CHECK (status <> 418)")
	teapot := with(1, "/amended", 2)
	teapot.with["http.status_code"] = 418
	batch := versionsOf(t, []span{with(2, "/new", 0), teapot, with(3, "/late", 1)}, 0, 4, 2)
	require.Equal(t, Outcomes{Inserted: 2, Rejected: 1}, b.write(t, batch))
	require.Equal(t, []string{"/stored", "/new", "/late"}, pgtest.All[string](t, b.Database, "SELECT http_route FROM canonical_api_line ORDER BY id"))
}
