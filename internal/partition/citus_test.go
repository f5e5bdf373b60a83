package partition

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/pgtest"
)

// keepOnCitus returns a keeper of a distributed table.
func keepOnCitus(t *testing.T, change func(*Config)) *keeper {
	t.Helper()
	return keepIn(t, pgtest.Citus(t).NewDatabase(t), change)
}

// A month of rounds on Citus, with a line for every six hours.
func TestMaintainer_OnCitus_MonthOfRounds(t *testing.T) {
	t.Parallel()
	k := keepOnCitus(t, func(cfg *Config) {
		cfg.CheckInterval, cfg.CreateAhead, cfg.Retention, cfg.KeepDetached = 12*time.Hour, 24*time.Hour, 48*time.Hour, 12*time.Hour
	})
	for start := k.at; k.at.Before(start.AddDate(0, 1, 0)); {
		k.round(t, k.cfg.CheckInterval)
		status, _ := k.Status()
		require.Greater(t, status.Runway, k.cfg.CreateAhead)
		require.Positive(t, status.Bytes)
		k.Exec(t, "INSERT INTO lines SELECT generate_series($1::timestamptz, $2, '6 hours') ON CONFLICT DO NOTHING", k.at, k.at.Add(k.cfg.CreateAhead))
		catalog, err := read(t.Context(), k.Pool, parent, false)
		require.NoError(t, err)
		for _, p := range catalog {
			require.True(t, p.acceptsLines() && p.To.After(k.at.Add(-k.cfg.Retention)) ||
				!p.Attached && k.at.Sub(p.mark.Since) < k.cfg.KeepDetached, "%s at %s", p.Name, k.at)
		}
	}
	require.Empty(t, k.warnings())
	tables := int64(len(k.tables(t)))
	for node := range k.Cluster.Workers {
		var known, shards int64
		err := k.OnWorker(t, node).QueryRow(t.Context(), "SELECT (SELECT count(*) FROM pg_dist_partition), (SELECT count(*) FROM pg_dist_shard)").Scan(&known, &shards)
		require.NoError(t, err)
		require.Equal(t, tables+1, known, "a node knows what is left and the table")
		require.Equal(t, 4*known, shards)
	}
}

// While somebody reads for long, a partition is not retired, and others wait no longer than a lock may.
func TestMaintainer_OnCitus_LongReader_HoldsUpNoOther(t *testing.T) {
	t.Parallel()
	k := keepOnCitus(t, nil)
	k.round(t, 0)
	before := k.attached(t)
	k.at = k.at.Add(4 * 24 * time.Hour)
	require.NoError(t, k.EnsureAhead(t.Context(), parent))
	release := k.hold(t, "SELECT count(*) FROM lines")
	ended := make(chan error, 1)
	go func() { ended <- k.Maintain(t.Context(), parent) }()
	k.Await(t, "EXISTS (SELECT FROM pg_locks WHERE relation = 'lines'::regclass AND mode = 'AccessExclusiveLock' AND NOT granted)")
	// The reader goes on for as long as the test, so only the limit lets this line in.
	k.Exec(t, "INSERT INTO lines VALUES ($1)", k.at)
	require.NoError(t, <-ended)
	require.Subset(t, k.attached(t), before)
	release()
	k.round(t, 0)
	require.NotContains(t, k.attached(t), before[0])
}

// A maintainer that is killed while it retires a partition leaves it as it was, on all nodes.
func TestMaintainer_OnCitus_Killed_LeavesNothingHalfDone(t *testing.T) {
	t.Parallel()
	k := keepOnCitus(t, nil)
	k.round(t, 0)
	oldest := k.attached(t)[0]
	k.at = k.at.Add(4 * 24 * time.Hour)
	require.NoError(t, k.EnsureAhead(t.Context(), parent))
	// The shards of one worker are in use, so that those of the other are detached before it is killed.
	worker := k.OnWorker(t, 0)
	reader, err := worker.Begin(t.Context())
	require.NoError(t, err)
	defer reader.Rollback(context.WithoutCancel(t.Context())) //nolint:errcheck // nothing has changed
	_, err = reader.Exec(t.Context(), "SELECT count(*) FROM lines")
	require.NoError(t, err)
	ended := make(chan error, 1)
	go func() { ended <- k.Maintain(t.Context(), parent) }()
	k.Await(t, "EXISTS (SELECT FROM pg_locks WHERE relation = 'lines'::regclass AND mode = 'AccessExclusiveLock')")
	k.Exec(t, "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE relation = 'lines'::regclass AND mode = 'AccessExclusiveLock'")
	require.Error(t, <-ended)
	require.NoError(t, reader.Rollback(t.Context()))
	for _, db := range []interface {
		QueryRow(context.Context, string, ...any) pgx.Row
	}{k.Pool, worker, k.OnWorker(t, 1)} {
		var attached bool
		require.NoError(t, db.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = $1::text::regclass)", oldest).Scan(&attached))
		require.True(t, attached)
	}
	k.round(t, 0)
	require.NotContains(t, k.attached(t), oldest)
	require.Contains(t, k.tables(t), oldest)
	k.round(t, k.cfg.KeepDetached)
	require.NotContains(t, k.tables(t), oldest)
}
