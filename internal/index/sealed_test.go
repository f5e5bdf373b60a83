package index

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMaintainer_Maintain_Sealed_ReplacesTheSparseIndexOncePartitionsAreOver(t *testing.T) {
	t.Parallel()
	k := keep(t, "request_id")
	k.round(t)
	k.Exec(t, "DROP INDEX lines_2_request_id_sparse")
	k.columns = []Column{{Name: "request_id", Exact: true}, {Name: "trace_id", Exact: true}}
	want := []string{
		"lines_0_request_id_sparse", "lines_0_trace_id_sparse", "lines_1_request_id_exact", "lines_1_trace_id_exact", "lines_2_trace_id_exact",
	}
	for range 2 {
		k.round(t)
		require.ElementsMatch(t, want, k.indexes(t), "one that was dropped by hand stays dropped")
	}
	require.Equal(t, " [canonical_line index lines_1_request_id_exact]", k.comments(t)[1])
	require.EqualValues(t, 2, k.Status()["request_id"].Indexed)
	k.Exec(t, "DROP INDEX lines_1_request_id_exact")
	k.round(t)
	require.NotContains(t, k.indexes(t), "lines_1_request_id_exact")
}

// Killed between the exact index and the end of the sparse one.
func TestMaintainer_Maintain_Sealed_BothIndexes_KeepsTheExactOne(t *testing.T) {
	t.Parallel()
	k := keep(t, "request_id")
	k.round(t)
	k.columns = []Column{{Name: "request_id", Exact: true}}
	k.Exec(t, `CREATE INDEX exact ON lines_1 (request_id);
		COMMENT ON COLUMN lines_1.request_id IS 'Whose [canonical_line index begun 2026-01-01T00:00:00Z exact]'`)
	k.round(t)
	require.ElementsMatch(t, []string{"lines_0_request_id_sparse", "exact", "lines_2_request_id_exact"}, k.indexes(t))
	require.Equal(t, "Whose [canonical_line index exact]", k.comments(t)[1])
}
