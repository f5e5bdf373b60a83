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
