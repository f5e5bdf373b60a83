package store

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/partition"
	"canonicallineexporter/internal/pgtest"
)

// hourly returns a store with this many hourly partitions and 100 lines in the latest.
func hourly(t testing.TB, partitions int) (*bundle, copyrow.Batch) {
	t.Helper()
	b := setupPartitions(t, nil, partition.Config{Interval: partition.Hour})
	var spans []span
	for i := range 100 {
		spans = append(spans, span{id: uint64(i), with: map[string]any{"http.route": fmt.Sprintf("/%d", i)}, descendants: 1})
	}
	batch := batchOf(t, spans...)
	b.write(t, batch)
	b.Exec(t, fmt.Sprintf(`DO $$ BEGIN
		FOR i IN 2..%d LOOP
			EXECUTE format('CREATE TABLE more_%%s PARTITION OF canonical_api_line FOR VALUES FROM (%%L) TO (%%L)',
				i, date_trunc('hour', now()) - i * interval '1 hour', date_trunc('hour', now()) - (i - 1) * interval '1 hour');
		END LOOP;
	END $$`, partitions))
	return b, batch
}

// redeliver returns the median time that it takes to write the batch once more.
func (b *bundle) redeliver(t testing.TB, batch copyrow.Batch, times int) time.Duration {
	t.Helper()
	took := make([]time.Duration, times)
	for i := range took {
		began := time.Now()
		outcomes, err := b.store.Write(t.Context(), batch)
		require.NoError(t, err)
		require.Equal(t, Outcomes{Unchanged: batch.Len()}, outcomes)
		took[i] = time.Since(began)
	}
	slices.Sort(took)
	return took[times/2]
}

func TestStore_Write_Redelivery_LeavesOtherPartitionsAlone(t *testing.T) {
	t.Parallel()
	b, batch := hourly(t, 60)
	late := batchOf(t, span{id: 7777, ago: 50 * time.Hour})
	b.write(t, late)
	batch.Append(late)
	b.redeliver(t, batch, 1)

	// Whoever holds a partition and its indexes locks out only those that look at it.
	holder, err := b.Pool.Begin(t.Context())
	require.NoError(t, err)
	defer holder.Rollback(t.Context()) //nolint:errcheck // nothing to keep
	_, err = holder.Exec(t.Context(), `DO $$ DECLARE p regclass; BEGIN
		FOR p IN SELECT c.oid FROM pg_class c WHERE c.relkind = 'r' AND c.relname ~ '^more_' AND c.relname <> 'more_50' AND c.relname <> 'more_51' LOOP
			EXECUTE 'LOCK TABLE ' || p || ' IN ACCESS EXCLUSIVE MODE';
		END LOOP; END $$`)
	require.NoError(t, err)
	b.redeliver(t, batch, 1)
	b.write(t, versionsOf(t, []span{{id: 1}}, copyrow.Mark))
}

func TestStore_Write_Redelivery_TakesTimeInProportionToTheLines(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	linesOf := func(n int) copyrow.Batch {
		var spans []span
		for i := range n {
			spans = append(spans, span{id: uint64(i)})
		}
		return batchOf(t, spans...)
	}
	few, many := linesOf(1000), linesOf(8000)
	b.write(t, many)
	// Time in the square of the number makes this 64.
	require.Less(t, b.redeliver(t, many, 3).Seconds()/b.redeliver(t, few, 3).Seconds(), 24.0)
}

func TestStore_Write_Redelivery_TakesNoLockAndLeavesTheCatalogueAlone(t *testing.T) {
	t.Parallel()
	b, batch := hourly(t, 4)
	b.redeliver(t, batch, 8)
	holder, err := b.Pool.Begin(t.Context())
	require.NoError(t, err)
	defer holder.Rollback(t.Context()) //nolint:errcheck // nothing to keep
	_, err = holder.Exec(t.Context(), "SELECT FROM canonical_api_line FOR UPDATE")
	require.NoError(t, err)

	const columns = "SELECT pg_stat_get_tuples_inserted('pg_attribute'::regclass) + pg_stat_get_xact_tuples_inserted('pg_attribute'::regclass)"
	before := pgtest.One[int64](t, b.Database, columns)
	var stages []string
	for range 10 {
		b.redeliver(t, batch, 1)
		stages = append(stages, pgtest.All[string](t, b.Database,
			"SELECT oid::text FROM pg_class WHERE relname LIKE 'canonical\\_line\\_staging\\_%' ORDER BY oid")...)
	}
	require.LessOrEqual(t, len(slices.Compact(slices.Sorted(slices.Values(stages)))), int(b.store.pool.Config().MaxConns), "one for each connection")
	b.store.pool.Close() // Sessions report what they did when they end.
	b.Await(t, "SELECT count(*) = 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'canonical_line' OR pid = pg_backend_pid()")
	require.Less(t, pgtest.One[int64](t, b.Database, columns)-before, int64(400))
}

func BenchmarkStore_Redelivery(b *testing.B) {
	few, fewBatch := hourly(b, 4)
	many, manyBatch := hourly(b, 400)
	few.redeliver(b, fewBatch, 10)
	many.redeliver(b, manyBatch, 10)
	const position = "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn"
	before := pgtest.One[float64](b, few.Database, position)
	var at4, at400 time.Duration
	for b.Loop() {
		at4, at400 = at4+few.redeliver(b, fewBatch, 1), at400+many.redeliver(b, manyBatch, 1)
	}
	b.ReportMetric(float64(at400)/float64(at4), "400/4")
	b.ReportMetric((pgtest.One[float64](b, few.Database, position)-before)/float64(b.N*(fewBatch.Len()+manyBatch.Len())), "WAL-bytes/line")
	b.ReportMetric(float64(at4.Milliseconds())/float64(b.N), "ms@4")
}
