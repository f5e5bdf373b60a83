package store

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/partition"
	"canonicallineexporter/internal/pgtest"
)

func setupCitus(t *testing.T) *bundle {
	t.Helper()
	return setupOn(t, pgtest.Citus(t).NewDatabase(t), nil, partition.Config{Interval: partition.Day, CreateAhead: 72 * time.Hour, Retention: 14 * 24 * time.Hour})
}

func TestStore_OnCitus_RedeliveryOf100000Lines_WritesNoTuple(t *testing.T) {
	t.Parallel()
	b := setupCitus(t)
	const batches, lines = 20, 5_000
	// Where every row is, and which transactions wrote or locked it.
	const tuples = "SELECT md5(string_agg(concat(id, ctid, xmin, xmax), ',' ORDER BY id)) FROM canonical_api_line"
	var before string
	for redelivered := range 2 {
		var all Outcomes
		for n := range batches {
			spans := make([]span, lines)
			for i := range spans {
				spans[i] = span{id: uint64(n*lines + i + 1), ago: time.Duration(n*lines+i) * time.Millisecond, descendants: i % 3}
			}
			all.add(b.write(t, batchOf(t, spans...)))
		}
		if redelivered == 0 {
			require.Equal(t, Outcomes{Inserted: batches * lines}, all)
			before = pgtest.One[string](t, b.Database, tuples)
		} else {
			require.Equal(t, Outcomes{Unchanged: batches * lines}, all)
		}
	}
	require.Equal(t, before, pgtest.One[string](t, b.Database, tuples))
	require.EqualValues(t, batches*lines, b.count(t))
}

// A worker says neither which constraint nor which table an error is about.
func TestStore_OnCitus_RefusedRow_WaitsForOthersAndIsDroppedAlone(t *testing.T) {
	t.Parallel()
	b := setupCitus(t)
	b.write(t, batchOf(t, span{id: 1}))
	b.Exec(t, "ALTER TABLE canonical_api_line ADD CONSTRAINT no_teapots CHECK (status <> 418)")
	teapot := span{id: 3, with: map[string]any{"http.response.status_code": 418}}
	// A line without a partition is beside the one that is refused, and is not taken for it.
	batch := batchOf(t, span{id: 2}, teapot, span{id: 4}, span{id: 5, ago: 5 * 24 * time.Hour})
	_, err := b.store.Write(t.Context(), batch)
	var partial *PartialError
	require.ErrorAs(t, err, &partial)
	require.Equal(t, 1, partial.Rest.Len())
	require.Equal(t, Outcomes{Inserted: 3}, partial.Stored)
	b.write(t, batchOf(t, span{id: 6}))
	outcomes, err := b.store.Write(t.Context(), partial.Rest)
	require.NoError(t, err)
	require.Equal(t, Outcomes{Rejected: 1}, outcomes)
	require.EqualValues(t, 5, b.count(t))
}

// A table becomes distributed, and is no longer, under a store that writes to it.
func TestStore_OnCitus_TableThatIsDistributedMeanwhile_IsNoticed(t *testing.T) {
	t.Parallel()
	b := setupCitus(t)
	b.store.table.Distribute = false
	b.write(t, batchOf(t, span{id: 1}, span{id: 2}))
	<-b.store.table.Created()
	b.Exec(t, "SELECT create_distributed_table('canonical_api_line', 'id')")
	require.Equal(t, Outcomes{Inserted: 1}, b.write(t, batchOf(t, span{id: 3})))
	<-b.store.table.Created() // for the maintainer of its questions
	require.Equal(t, Outcomes{Inserted: 1, Unchanged: 3}, b.write(t, batchOf(t, span{id: 1}, span{id: 2}, span{id: 3}, span{id: 4})))
	b.Exec(t, "SELECT undistribute_table('canonical_api_line')")
	require.Equal(t, Outcomes{Inserted: 1, Unchanged: 4}, b.write(t, batchOf(t, span{id: 1}, span{id: 2}, span{id: 3}, span{id: 4}, span{id: 5})))
	require.EqualValues(t, 5, b.count(t))
}
