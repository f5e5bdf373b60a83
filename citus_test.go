package canonicallineexporter

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/oteltest"
	"canonicallineexporter/internal/pgtest"
)

func distributed(cfg *Config) { cfg.Database.Distribute = true }

// The exporters of the files, one after the other, share a table: it takes Citus long to make one.
func TestExporter_OnCitus_LinesEqualGolden(t *testing.T) {
	t.Parallel()
	d := pgtest.Citus(t).NewDatabase(t)
	files, err := filepath.Glob("testdata/golden/*.jsonl")
	require.NoError(t, err)
	var want []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		want = append(want, strings.Split(strings.TrimSpace(string(text)), "\n")...)
	}
	for _, recorded := range recordings(t) {
		b := setup(t, d.URL, distributed)
		for _, td := range oteltest.ReadExports(t, recorded) {
			require.NoError(t, b.ConsumeTraces(t.Context(), td))
		}
		b.flush(t)
	}
	got := pgtest.All[string](t, d, golden)
	slices.Sort(want)
	slices.Sort(got)
	require.Equal(t, want, got)
	require.True(t, pgtest.One[bool](t, d, "SELECT count(*) = 1 FROM citus_tables WHERE table_name = 'canonical_api_line'::regclass"))
}

// A worker is killed again and again while lines come in, some of them twice, and a shard moves.
func TestExporter_OnCitus_WorkerKilledUnderLoad_EachLineIsStoredOnce(t *testing.T) {
	t.Parallel()
	pgtest.RequireCitus(t)
	cluster, err := pgtest.StartCitus(2, "fsync=off")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, cluster.Stop()) })
	d := cluster.NewDatabase(t)
	b := setup(t, d.URL, func(cfg *Config) {
		distributed(cfg)
		cfg.TimeoutConfig.Timeout = 10 * time.Second
		cfg.QueueConfig.Get().Batch.Get().FlushTimeout = 10 * time.Millisecond
		cfg.BackOffConfig.InitialInterval, cfg.BackOffConfig.MaxInterval = 10*time.Millisecond, 200*time.Millisecond
	})
	b.gauge(t, "otelcol_canonical_line_partition_last_success")

	var sent atomic.Int64
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
			}
			first := 1 + int(sent.Load())
			if b.ConsumeTraces(t.Context(), requests(first, 20)) != nil {
				continue
			}
			sent.Add(20)
			if first%100 == 1 {
				_ = b.ConsumeTraces(t.Context(), requests(first, 20))
			}
		}
	}()
	stored := func(more int64) {
		before := sent.Load()
		require.Eventually(t, func() bool {
			var n int64
			err := d.Pool.QueryRow(t.Context(), "SELECT count(*) FROM canonical_api_line").Scan(&n)
			return err == nil && n >= before+more
		}, time.Minute, 20*time.Millisecond)
	}
	stored(100)
	for i := range 4 {
		worker := cluster.Workers[i%2]
		require.NoError(t, worker.Kill())
		accepted := sent.Load()
		require.Eventually(t, func() bool { return sent.Load() > accepted+200 }, time.Minute, time.Millisecond)
		require.NoError(t, worker.Restart())
		stored(100)
	}
	// A move takes no line along that a worker does not know to be committed.
	d.Exec(t, "SELECT recover_prepared_transactions()")
	d.Exec(t, fmt.Sprintf(`SELECT citus_move_shard_placement(min(shardid), '127.0.0.1', %d, '127.0.0.1', %d, 'block_writes')
		FROM citus_shards WHERE nodeport = %[1]d AND table_name = 'canonical_api_line'::regclass`, cluster.Workers[0].Port, cluster.Workers[1].Port))
	stored(100)
	close(stop)
	<-ended
	// What a worker that was killed did not hear of is recovered within a minute, or now.
	d.Exec(t, "SELECT recover_prepared_transactions()")
	b.flush(t)
	d.Exec(t, "SELECT recover_prepared_transactions()")
	n := sent.Load()
	require.Equal(t, n, lines(t, d))
	require.Equal(t, n, pgtest.One[int64](t, d, "SELECT count(DISTINCT span_id) FROM canonical_api_line"))
	require.Zero(t, b.sum(t, "otelcol_canonical_line_dropped"))
}
