package store

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/history"
	"canonicallineexporter/internal/partition"
	"canonicallineexporter/internal/pgtest"
	"canonicallineexporter/internal/table"
)

// BenchmarkCopy_BeforeFence measures batches of 100 lines of now with and without a look at the
// fence of history, in turns, and reports the ratio of the medians.
func BenchmarkCopy_BeforeFence(b *testing.B) {
	server, err := pgtest.Start()
	require.NoError(b, err)
	d := setupOn(b, server.NewDatabase(b), nil, partition.Config{Interval: partition.Day, CreateAhead: 72 * time.Hour})
	d.write(b, batchOf(b, span{id: 1}))
	_, err = history.New(history.Config{
		MaxSeries: 100, CreateSchema: true, Lines: partition.Config{Interval: partition.Day, CheckInterval: time.Hour},
	}, d.store.pool, d.store.logger).Maintain(b.Context(), table.Name{Schema: "public", Name: "canonical_api_line"})
	require.NoError(b, err)
	d.store.forget()
	target, err := d.store.currentTarget(b.Context())
	require.NoError(b, err)
	require.True(b, target.Fenced)
	conn, err := d.store.pool.Acquire(b.Context())
	require.NoError(b, err)
	defer conn.Release()
	id := uint64(10)
	var took [2][]time.Duration
	copyOnce := func(which int) {
		var spans []span
		for i := range 100 {
			id++
			spans = append(spans, span{id: id, ago: time.Duration(i) * time.Millisecond, descendants: 1, with: map[string]any{"http.route": "/accounts/{id}", "user_agent.original": "curl/8.9.1"}})
		}
		batch := sorted(batchOf(b, spans...))
		sql := target.sql(batch)
		began := time.Now()
		copySQL := sql.copy
		if which == 1 {
			copySQL += sql.beforeFence(whole(batch).first)
		}
		_, err := copyRows(b.Context(), conn.Conn().PgConn(), copySQL, batch)
		require.NoError(b, err)
		took[which] = append(took[which], time.Since(began))
	}
	for n := 0; b.Loop(); n++ {
		copyOnce(n % 2)
		copyOnce(1 - n%2)
	}
	for i := range took {
		slices.Sort(took[i])
	}
	plain, fenced := took[0][len(took[0])/2], took[1][len(took[1])/2]
	b.ReportMetric(float64(fenced)/float64(plain), "x-plain")
	b.ReportMetric(float64(plain.Microseconds()), "plain-us")
}
