package partition

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest"

	"canonicallineexporter/internal/pgtest"
)

// writer inserts one line after another and reads the parent until it is stopped. It fails
// if it has to wait for a lock.
type writer struct {
	stop    atomic.Bool
	written chan time.Duration
	err     error
}

// write starts a writer, whose first line has the time at.
func (k *keeper) write(t *testing.T, at time.Time) *writer {
	t.Helper()
	cfg, err := pgx.ParseConfig(k.URL)
	require.NoError(t, err)
	cfg.RuntimeParams["lock_timeout"] = "1ms"
	conn, err := pgx.ConnectConfig(t.Context(), cfg)
	require.NoError(t, err)
	w := &writer{written: make(chan time.Duration, 1_000_000)}
	go func() {
		defer close(w.written)
		defer conn.Close(context.WithoutCancel(t.Context()))
		for i := 0; !w.stop.Load() && w.err == nil; i++ {
			began := time.Now()
			_, w.err = conn.Exec(t.Context(), "INSERT INTO lines VALUES ($1)", at.Add(time.Duration(i)*time.Microsecond))
			if w.err == nil {
				_, w.err = conn.Exec(t.Context(), "SELECT FROM lines LIMIT 1")
			}
			w.written <- time.Since(began)
		}
	}()
	return w
}

// slowest returns the longest duration of the next n writes.
func (w *writer) slowest(n int) (slowest time.Duration) {
	for range n {
		slowest = max(slowest, <-w.written)
	}
	return slowest
}

// A reader uses the table for the whole test and a writer writes at full speed while
// maintenance creates, detaches and drops partitions.
func TestMaintainer_Maintain_NeitherBlocksNorIsBlocked(t *testing.T) {
	t.Parallel()
	k := keep(t, nil)
	k.round(t, 0)
	k.round(t, 3*24*time.Hour) // the first day is detached
	k.at = k.at.Add(2 * 24 * time.Hour)
	require.NoError(t, k.EnsureAhead(t.Context(), parent))
	k.hold(t, "SELECT count(*) FROM lines")

	w := k.write(t, k.at)
	alone := w.slowest(10_000)
	began := time.Now()
	k.round(t, 0)         // detaches
	k.round(t, claimTime) // finalizes
	took := time.Since(began)
	during := w.slowest(len(w.written))
	w.stop.Store(true)
	status, _ := k.Status()
	require.EqualValues(t, 1, status.Actions[ActionOutcome{Drop, Success}], "the first day")
	require.EqualValues(t, 1, status.Actions[ActionOutcome{Detach, Deferred}], "the reader uses the partition")
	require.EqualValues(t, 1, status.Actions[ActionOutcome{Finalize, Deferred}])
	for range w.written {
	}
	require.NoError(t, w.err)
	t.Logf("two rounds of %s beside a reader that does not end; slowest write %s, without maintenance %s: %.1f times",
		took, during, alone, float64(during)/float64(alone))
}

// collectors returns n maintainers of one parent, each with its own pool.
func (k *keeper) collectors(t *testing.T, n int) []*Maintainer {
	t.Helper()
	all := make([]*Maintainer, n)
	for i := range all {
		cfg, err := pgxpool.ParseConfig(k.URL)
		require.NoError(t, err)
		cfg.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec
		cfg.ConnConfig.RuntimeParams["application_name"] = "collector"
		pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
		require.NoError(t, err)
		t.Cleanup(pool.Close)
		all[i] = New(k.cfg, pool, zaptest.NewLogger(t))
		all[i].clock = stand(func() time.Time { return k.at })
	}
	return all
}

// As behind PgBouncer in transaction mode with `max_connections: 1`.
func TestMaintainer_Maintain_NeedsOneConnectionWithoutSessionState(t *testing.T) {
	t.Parallel()
	k := keep(t, nil)
	m := k.collectors(t, 1)[0]
	cfg := m.pool.Config()
	cfg.MaxConns = 1
	cfg.AfterRelease = func(*pgx.Conn) bool { return false }
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	m.pool = pool
	for range 6 {
		require.NoError(t, m.Maintain(t.Context(), parent))
		k.at = k.at.Add(24 * time.Hour)
	}
	status, _ := m.Status()
	require.Equal(t, map[ActionOutcome]int64{{Create, Success}: 7, {Detach, Success}: 3, {Drop, Success}: 2}, status.Actions)
}

const endState = `
	SELECT concat_ws(' ', c.relname, pg_get_expr(c.relpartbound, c.oid), i.inhdetachpending,
		obj_description(c.oid)::text ~ '"stage":"detached"')
	FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
	WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
	ORDER BY 1`

// The collectors' backends are killed at random while they work. In the end the catalogue
// is as one undisturbed collector would leave it.
func TestMaintainer_KilledCollectors_LeaveTheStateOfOneAlone(t *testing.T) {
	t.Parallel()
	const rounds = 12
	for _, n := range []int{2, 5} {
		t.Run(fmt.Sprintf("%d collectors", n), func(t *testing.T) {
			t.Parallel()
			alone, k := keep(t, nil), keep(t, nil)
			collectors := k.collectors(t, n)
			// pass lets time pass for all and runs a round of the undisturbed one.
			pass := func(d time.Duration) {
				k.at = k.at.Add(d)
				alone.round(t, d)
			}
			random := rand.New(rand.NewPCG(uint64(n), 7)) // reproducible
			kills := 0
			for round := range rounds {
				pass(24 * time.Hour)
				release := func() {}
				if round%4 == 1 {
					release = k.hold(t, "SELECT FROM lines")
					// One attempt that is not killed leaves a partition to finalize.
					_ = collectors[0].Maintain(t.Context(), parent)
				}
				var working sync.WaitGroup
				var running atomic.Int64
				for _, m := range collectors {
					running.Add(1)
					working.Go(func() {
						defer running.Add(-1)
						for range 5 {
							_ = m.Maintain(t.Context(), parent)
						}
					})
				}
				if round%4 == 1 && round > 1 { // from then on there is one to detach
					k.Await(t, "EXISTS (SELECT FROM pg_inherits WHERE inhdetachpending)")
				}
				for running.Load() > 0 && round%4 != 3 {
					killed := pgtest.One[int64](t, k.Database, `
						SELECT count(pg_terminate_backend(pid)) FROM (
							SELECT pid FROM pg_stat_activity
							WHERE datname = current_database() AND application_name = 'collector' AND state <> 'idle'
							ORDER BY hashint8(pid + $1::int) LIMIT 1
						) AS victim`, random.IntN(1_000_000))
					kills += int(killed)
					k.Exec(t, "SELECT pg_sleep($1)", random.Float64()*0.02)
				}
				working.Wait()
				release()
				// However many are killed, the day gets its partition in time.
				for collectors[0].EnsureAhead(t.Context(), parent) != nil {
				}
			}
			// Any collector takes over the claims; then nothing fails any more.
			for settled := range 6 {
				pass(2 * claimTime)
				if settled == 3 {
					pass(10 * 24 * time.Hour)
				}
				for _, m := range collectors {
					if err := m.Maintain(t.Context(), parent); settled > 2 {
						require.NoError(t, err)
					}
				}
			}
			require.Equal(t, pgtest.All[string](t, alone.Database, endState), pgtest.All[string](t, k.Database, endState))
			var finalized int64
			for _, m := range collectors {
				status, _ := m.Status()
				finalized += status.Actions[ActionOutcome{Finalize, Success}]
			}
			require.Positive(t, kills)
			require.Positive(t, finalized)
			t.Logf("%d backends killed, %d partitions finalized", kills, finalized)
		})
	}
}

// VACUUM FULL, CLUSTER and the like lock one partition for as long as they take.
func TestMaintainer_LockedPartition_HoldsUpNothing(t *testing.T) {
	t.Parallel()
	k := keep(t, func(cfg *Config) { cfg.MaxSize = 1 << 40 })
	k.round(t, 0)
	k.round(t, 24*time.Hour)
	k.Exec(t, "INSERT INTO lines SELECT '2023-05-13 12:00+00'::timestamptz + i * interval '1 ms' FROM generate_series(1, 5000) i; ANALYZE lines")
	status, _ := k.Status()
	before := status.Bytes
	k.hold(t, "LOCK TABLE ONLY lines_20230513 IN ACCESS EXCLUSIVE MODE")
	began := time.Now()
	k.round(t, 2*24*time.Hour)
	require.Less(t, time.Since(began), lockTimeout)
	require.Equal(t, []string{"lines_20230513", "lines_20230514", "lines_20230515", "lines_20230516"}, k.attached(t))
	status, _ = k.Status()
	require.Greater(t, status.Bytes, before)
	require.Empty(t, k.warnings())
}

func TestMaintainer_ReadersThatOutlastFinalize_AreSaidOnceWithTheStatement(t *testing.T) {
	t.Parallel()
	k := keep(t, nil)
	k.round(t, 0)
	release := k.hold(t, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT FROM lines")
	k.round(t, 3*24*time.Hour)
	oid := pgtest.One[uint32](t, k.Database, "SELECT 'lines_20230512'::regclass::oid")
	for range 2 {
		k.at = k.at.Add(claimTime)
		k.finalizing.oid, k.finalizing.patience = oid, claimTime
		// A minute is too long for a test.
		ctx, cancel := context.WithTimeout(t.Context(), lockTimeout)
		require.Error(t, k.Maintain(ctx, parent))
		cancel()
	}
	said := k.logs.FilterLevelExact(zapcore.WarnLevel).All()
	require.Len(t, said, 1)
	require.Equal(t, "a partition stays half detached, because transactions that run for more than a minute overlap", said[0].Message)
	statement, ok := strings.CutPrefix(said[0].ContextMap()["hint"].(string), "run this, which waits for those that run when it begins: ")
	require.True(t, ok)
	k.Await(t, "NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND query LIKE '%PARTITION% FINALIZE%' AND pid <> pg_backend_pid())")
	release()
	k.Exec(t, statement)
	require.NotContains(t, k.attached(t), "lines_20230512")
}

// Readers of which each takes longer than lockTimeout, and the next begins before the last
// ends.
func TestMaintainer_OverlappingReaders_DoNotStarveFinalize(t *testing.T) {
	t.Parallel()
	k := keep(t, nil)
	k.round(t, 0)
	const read = "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM lines; SELECT pg_sleep(4); COMMIT"
	var stop atomic.Bool
	var reading sync.WaitGroup
	// The latest of them has more than lockTimeout left at any time.
	for i := range 4 {
		conn, err := pgx.Connect(t.Context(), k.URL)
		require.NoError(t, err)
		reading.Go(func() {
			defer conn.Close(context.WithoutCancel(t.Context()))
			_, _ = conn.PgConn().Exec(t.Context(), fmt.Sprintf("SELECT pg_sleep(%d)", i)).ReadAll()
			for !stop.Load() {
				_, _ = conn.PgConn().Exec(t.Context(), read).ReadAll()
			}
		})
	}
	defer reading.Wait()
	defer stop.Store(true)
	k.Await(t, "(SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'BEGIN ISOLATION%') = 4")
	k.round(t, 3*24*time.Hour)
	for range 3 {
		k.round(t, claimTime)
	}
	require.NotContains(t, k.attached(t), "lines_20230512")
	status, _ := k.Status()
	require.EqualValues(t, 1, status.Actions[ActionOutcome{Detach, Deferred}])
	// FINALIZE can end at the moment at which nobody waits for it any more.
	require.Positive(t, status.Actions[ActionOutcome{Finalize, Success}]+status.Actions[ActionOutcome{Finalize, Deferred}])
}
