package index

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap/zaptest"

	"canonicallineexporter/internal/partition"
	"canonicallineexporter/internal/pgtest"
)

// Partitions are created, detached and dropped while they are indexed, and a writer fails if it
// has to wait for a lock.
func TestMaintainer_Maintain_BesidePartitionsThatComeAndGo_HoldsUpNothing(t *testing.T) {
	t.Parallel()
	k := keep(t, "request_id", "trace_id")
	k.Exec(t, "DROP TABLE lines_0, lines_1, lines_2")
	today := time.Now().UTC().Truncate(24 * time.Hour)
	var past []time.Time
	for ago := range 4 {
		past = append(past, today.AddDate(0, 0, -ago))
	}
	kept := partition.New(partition.Config{Interval: partition.Day, CreateAhead: 24 * time.Hour}, k.Pool, zaptest.NewLogger(t))
	require.NoError(t, kept.EnsureFor(t.Context(), parent, past))
	for ago := range past {
		k.fill(t, ago, 2000)
	}
	cfg, err := pgx.ParseConfig(k.URL)
	require.NoError(t, err)
	cfg.RuntimeParams["lock_timeout"] = "1ms"
	conn, err := pgx.ConnectConfig(t.Context(), cfg)
	require.NoError(t, err)
	defer conn.Close(context.WithoutCancel(t.Context()))

	var stop atomic.Bool
	var working sync.WaitGroup
	var failedWrite, failedIndex error
	working.Go(func() {
		for !stop.Load() && failedWrite == nil {
			_, failedWrite = conn.Exec(t.Context(), "INSERT INTO lines VALUES (now(), gen_random_uuid(), 'x', repeat('x', 400))")
		}
	})
	working.Go(func() {
		for !stop.Load() && failedIndex == nil {
			var roots []Root
			attached, err := kept.Attached(t.Context(), parent)
			for _, p := range attached {
				roots = append(roots, Root{OID: p.OID, Until: p.To})
			}
			if failedIndex = err; err == nil {
				_, failedIndex = k.Maintain(t.Context(), parent, roots, true)
			}
		}
	})
	retired := partition.New(partition.Config{
		Interval: partition.Day, CreateAhead: 72 * time.Hour, Retention: time.Hour, Equip: k.Equip,
	}, k.Pool, zaptest.NewLogger(t))
	const left = "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relname ~ '^lines_'"
	for deadline := time.Now().Add(3 * time.Minute); pgtest.One[int64](t, k.Database, left) > 5 && time.Now().Before(deadline); {
		require.NoError(t, retired.Maintain(t.Context(), parent))
	}
	require.LessOrEqual(t, pgtest.One[int64](t, k.Database, left), int64(5), "today and what comes; yesterday may linger")
	stop.Store(true)
	working.Wait()
	require.NoError(t, failedWrite)
	require.NoError(t, failedIndex)
	require.Zero(t, pgtest.One[int64](t, k.Database, "SELECT count(*) FROM pg_index WHERE NOT indisvalid"))
}
