package store

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/pgtest"
)

// Lines and their amendments follow each other so closely that writers have both at once,
// in any order.
func TestStore_Write_LinesAndAmendments_DoNotDeadlock(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.write(t, batchOf(t, span{id: 1}))
	const writers, rounds, lines = 4, 10, 200
	for round := range rounds {
		var running sync.WaitGroup
		for writer := range writers {
			random := rand.New(rand.NewPCG(uint64(round), uint64(writer)))
			var spans []span
			var versions []uint32
			for _, n := range random.Perm(lines) {
				spans = append(spans, span{id: uint64(round*lines + n + 2), ago: time.Duration(n%7) * time.Minute, descendants: writer})
				// Each line is new to one of the writers.
				version := uint32(writer)
				if n%writers == writer {
					version = 0
				}
				versions = append(versions, version)
			}
			batch := batchOf(t, spans...)
			batch.Versions = versions
			running.Go(func() {
				if _, err := b.store.Write(t.Context(), batch); err != nil {
					t.Error(err)
				}
			})
		}
		running.Wait()
	}
	require.EqualValues(t, rounds*lines+1, b.count(t))
	b.store.pool.Close() // Sessions report what they saw when they end.
	b.Await(t, "SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
	require.Zero(t, pgtest.One[int64](t, b.Database, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"))
}

// Log records are no spans, but a line that has more of them replaces one that has less,
// whichever is written first.
func TestStore_Write_MoreLogRecords_WinInAnyOrder(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	version := func(id uint64, records int) span {
		s := with(id, []string{"/none", "/one", "/two"}[records], 3)
		s.records = records
		return s
	}
	for id, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 2, 0}, {2, 0, 1}} {
		for _, records := range order {
			b.write(t, batchOf(t, version(uint64(id+1), records)))
		}
	}
	b.write(t, batchOf(t, version(9, 1), version(9, 2), version(9, 0)))
	require.Equal(t, []string{"(5,/two,3,2)"}, pgtest.All[string](t, b.Database, `
		SELECT (count(*), http_route, statistics ->> 'spans', statistics ->> 'log_records')::text FROM canonical_api_line
		GROUP BY http_route, statistics ->> 'spans', statistics ->> 'log_records'`))
}
