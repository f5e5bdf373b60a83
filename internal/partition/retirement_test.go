package partition

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"canonicallineexporter/internal/pgtest"
)

// keeper is a maintainer of its own table, whose clock the test sets.
type keeper struct {
	*pgtest.Database
	*Maintainer
	at   time.Time
	logs *observer.ObservedLogs
}

// keep returns a keeper at 15:00 on 2023-05-12. Its partitions are days, which it keeps
// attached for two days and detached for another one.
func keep(t *testing.T, change func(*Config)) *keeper {
	t.Helper()
	return keepIn(t, pgtest.New(t), change)
}

// keepIn returns a keeper in a database.
func keepIn(t *testing.T, d *pgtest.Database, change func(*Config)) *keeper {
	t.Helper()
	m := setupIn(t, d, Day)
	k := &keeper{Database: d, Maintainer: m, at: day(12).Add(15 * time.Hour)}
	m.cfg.CreateAhead, m.cfg.Retention, m.cfg.KeepDetached = 24*time.Hour, 48*time.Hour, 24*time.Hour
	if change != nil {
		change(&m.cfg)
	}
	m.clock = stand(func() time.Time { return k.at })
	var core zapcore.Core
	core, k.logs = observer.New(zapcore.InfoLevel)
	m.logger = zap.New(core)
	return k
}

// round lets time pass and runs a round of maintenance.
func (k *keeper) round(t *testing.T, after time.Duration) {
	t.Helper()
	k.at = k.at.Add(after)
	require.NoError(t, k.Maintain(t.Context(), parent))
}

func (k *keeper) attached(t *testing.T) []string {
	t.Helper()
	return pgtest.All[string](t, k.Database, names)
}

func (k *keeper) tables(t *testing.T) []string {
	t.Helper()
	return pgtest.All[string](t, k.Database, "SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1")
}

func (k *keeper) warnings() []string {
	var messages []string
	for _, entry := range k.logs.FilterLevelExact(zapcore.WarnLevel).All() {
		messages = append(messages, entry.Message)
	}
	return messages
}

// hold opens a transaction that has run sql. It ends with release, at the latest after the
// test.
func (k *keeper) hold(t *testing.T, sql string) (release func()) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), k.URL)
	require.NoError(t, err)
	tx, err := conn.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), sql)
	require.NoError(t, err)
	ctx := context.WithoutCancel(t.Context())
	release = func() { conn.Close(ctx) }
	t.Cleanup(release)
	return release
}

func TestMaintainer_Maintain_DetachesThenDrops(t *testing.T) {
	t.Parallel()
	k := keep(t, nil)
	k.round(t, 0)
	require.Equal(t, []string{"lines_20230512", "lines_20230513"}, k.attached(t))
	k.round(t, 57*time.Hour-time.Second) // a second to midnight
	require.Equal(t, []string{"lines_20230512", "lines_20230513", "lines_20230514", "lines_20230515"}, k.attached(t))
	k.round(t, time.Second)
	require.Equal(t, []string{"lines_20230513", "lines_20230514", "lines_20230515", "lines_20230516"}, k.attached(t))
	require.Contains(t, k.tables(t), "lines_20230512")
	k.round(t, 24*time.Hour-time.Second)
	require.Contains(t, k.tables(t), "lines_20230512")
	k.round(t, time.Second)
	require.NotContains(t, k.tables(t), "lines_20230512")
	require.Empty(t, k.warnings())
	require.Len(t, k.logs.FilterMessage("dropped partition").All(), 1)

	status, known := k.Status()
	require.True(t, known)
	require.Equal(t, map[ActionOutcome]int64{{Create, Success}: 6, {Detach, Success}: 2, {Drop, Success}: 1}, status.Actions)
	require.EqualValues(t, 4, status.Partitions)
	require.Equal(t, 48*time.Hour, status.Runway)
	require.Equal(t, k.at, status.LastSuccess)
	require.Positive(t, status.Bytes)
}

func TestMaintainer_WithoutLimit_RetiresNothing(t *testing.T) {
	t.Parallel()
	k := keep(t, func(cfg *Config) { cfg.Retention, cfg.KeepDetached = 0, 0 })
	k.round(t, 0)
	k.round(t, 10*365*24*time.Hour)
	require.Equal(t, []string{"lines_20230512", "lines_20230513", "lines_20330509", "lines_20330510"}, k.attached(t))
}

func TestMaintainer_EnsureFor_RecreatesNoRetiredPartition(t *testing.T) {
	t.Parallel()
	k := keep(t, func(cfg *Config) { cfg.KeepDetached = 0 })
	k.round(t, 0)
	k.round(t, 5*24*time.Hour)
	require.Equal(t, []string{"lines_20230517", "lines_20230518"}, k.attached(t))
	require.Equal(t, k.attached(t), k.tables(t), "the others are dropped")

	// With a longer retention the days that never had a partition get one.
	k.cfg.Retention = 0
	times := []time.Time{day(13), day(14), day(17)}
	expired, err := k.Expired(t.Context(), parent, times)
	require.NoError(t, err)
	require.Equal(t, []bool{true, false, false}, expired)
	require.NoError(t, k.EnsureFor(t.Context(), parent, times))
	require.Equal(t, []string{"lines_20230514", "lines_20230517", "lines_20230518"}, k.attached(t))

	// A week does not reach back over them either.
	k.cfg.Interval = Week
	require.NoError(t, k.EnsureFor(t.Context(), parent, []time.Time{day(16)}))
	catalog, err := read(t.Context(), k.Pool, parent, false)
	require.NoError(t, err)
	require.Equal(t, Range{day(15), day(17)}, catalog[1].Range)
	require.NoError(t, k.EnsureFor(t.Context(), parent, []time.Time{day(9), day(13)}))
	require.Equal(t, []string{"lines_20230514", "lines_20230515", "lines_20230517", "lines_20230518", "lines_20230519"}, k.attached(t))
}

func TestMaintainer_Expired_BoundsLateLinesWithoutRetention(t *testing.T) {
	t.Parallel()
	k := keep(t, func(cfg *Config) { cfg.Retention = 0 })
	k.round(t, 0)
	earliest := day(12).AddDate(0, 0, -maxLate)
	expired, err := k.Expired(t.Context(), parent, []time.Time{time.Unix(0, 0), earliest.Add(-1), earliest, k.at})
	require.NoError(t, err)
	require.Equal(t, []bool{true, true, false, false}, expired)
	k.Exec(t, "CREATE TABLE past PARTITION OF lines FOR VALUES FROM (MINVALUE) TO ('2000-01-01 00:00+00')")
	expired, err = k.Expired(t.Context(), parent, []time.Time{time.Unix(0, 0)})
	require.NoError(t, err)
	require.Equal(t, []bool{false}, expired, "it has a partition")
}

func TestMaintainer_LeavesOperatorChangesAlone(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		before string // while the partition is attached
		after  string // once it is detached
		keeps  string
		warns  []string
	}{
		"another comment":      {before: "COMMENT ON TABLE lines_20230512 IS 'mine'", keeps: "lines_20230512", warns: []string{"a partition past the retention was not made by this exporter and stays"}},
		"detached by hand":     {before: "ALTER TABLE lines DETACH PARTITION lines_20230512", keeps: "lines_20230512"},
		"renamed":              {after: "ALTER TABLE lines_20230512 RENAME TO keep", keeps: "keep"},
		"another schema":       {after: "CREATE SCHEMA archive; ALTER TABLE lines_20230512 SET SCHEMA archive; CREATE TABLE lines_20230512 ()", keeps: "lines_20230512"},
		"attached again":       {after: "ALTER TABLE lines ATTACH PARTITION lines_20230512 FOR VALUES FROM ('2023-05-12 00:00+00') TO ('2023-05-13 00:00+00')", keeps: "lines_20230512"},
		"its name taken again": {after: "DROP TABLE lines_20230512; CREATE TABLE lines_20230512 (created_at timestamptz)", keeps: "lines_20230512"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := keep(t, nil)
			k.round(t, 0)
			k.Exec(t, tt.before)
			k.round(t, 3*24*time.Hour)
			k.Exec(t, tt.after)
			for range 5 {
				k.round(t, 24*time.Hour)
			}
			require.Contains(t, k.tables(t), tt.keeps)
			require.NotContains(t, k.tables(t), "lines_20230513", "the next one goes")
			require.Equal(t, tt.warns, k.warnings(), "once")
		})
	}
}

func TestMaintainer_ReattachedThenDetachedByHand_IsKept(t *testing.T) {
	t.Parallel()
	k := keep(t, nil)
	k.round(t, 0)
	k.round(t, 3*24*time.Hour)
	k.Exec(t, "ALTER TABLE lines ATTACH PARTITION lines_20230512 FOR VALUES FROM ('2023-05-12 00:00+00') TO ('2023-05-13 00:00+00')")
	k.round(t, time.Hour)
	k.Exec(t, "ALTER TABLE lines DETACH PARTITION lines_20230512")
	k.round(t, 10*24*time.Hour)
	require.Contains(t, k.tables(t), "lines_20230512")
}

func TestMaintainer_DefaultPartition_BlocksDetachingAndIsReported(t *testing.T) {
	t.Parallel()
	k := keep(t, nil)
	k.Exec(t, "CREATE TABLE others PARTITION OF lines DEFAULT")
	k.Exec(t, "INSERT INTO lines VALUES ('2023-05-13 12:00+00')")
	k.round(t, 0)
	k.round(t, 0)
	require.Equal(t, []string{"lines_20230512", "others"}, k.attached(t), "a day whose lines lie in DEFAULT cannot be created")
	k.Exec(t, "DELETE FROM lines")
	k.round(t, 0)
	require.Equal(t, []string{"lines_20230512", "lines_20230513", "others"}, k.attached(t))
	k.round(t, 5*24*time.Hour)
	k.round(t, time.Hour)
	require.Contains(t, k.attached(t), "lines_20230512")
	require.Equal(t, []string{
		"a DEFAULT partition holds lines of a partition to be created",
		"a DEFAULT partition keeps others from being detached",
	}, k.warnings())
	k.Exec(t, "DROP TABLE others")
	k.round(t, time.Hour)
	require.NotContains(t, k.attached(t), "lines_20230512")
}

// An interrupted DETACH CONCURRENTLY leaves a partition that accepts no lines and blocks
// the detaching of others.
func TestMaintainer_InterruptedDetach_IsFinalized(t *testing.T) {
	t.Parallel()
	k := keep(t, nil)
	k.round(t, 0)
	k.Exec(t, "INSERT INTO lines VALUES ('2023-05-12 12:00+00')")
	release := k.hold(t, "SELECT FROM lines")
	k.round(t, 4*24*time.Hour)
	require.Equal(t, []string{"lines_20230512"}, pgtest.All[string](t, k.Database,
		"SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhdetachpending"))
	k.round(t, claimTime/2) // the claim still holds
	k.round(t, claimTime)   // FINALIZE is tried and has to wait
	status, _ := k.Status()
	require.EqualValues(t, 1, status.Actions[ActionOutcome{Detach, Deferred}])
	require.EqualValues(t, 1, status.Actions[ActionOutcome{Finalize, Deferred}])
	expired, err := k.Expired(t.Context(), parent, []time.Time{day(12).Add(time.Hour)})
	require.NoError(t, err)
	require.Equal(t, []bool{true}, expired)

	release()
	k.Await(t, "SELECT count(*) = 0 FROM pg_stat_activity WHERE state = 'idle in transaction' AND datname = current_database()")
	k.round(t, claimTime)
	require.NotContains(t, k.attached(t), "lines_20230512")
	require.NotContains(t, k.attached(t), "lines_20230513", "the next one is detached in the same round")
	require.EqualValues(t, 1, pgtest.One[int64](t, k.Database, "SELECT count(*) FROM lines_20230512"))
	k.round(t, 24*time.Hour)
	require.NotContains(t, k.tables(t), "lines_20230512")
}

func TestMaintainer_ForeignInterruptedDetach_IsReported(t *testing.T) {
	t.Parallel()
	k := keep(t, nil)
	k.round(t, 0)
	release := k.hold(t, "SELECT FROM lines")
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := k.Pool.Exec(ctx, "ALTER TABLE lines DETACH PARTITION lines_20230512 CONCURRENTLY")
	require.Error(t, err)
	k.Await(t, "NOT EXISTS (SELECT FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'ALTER TABLE lines DETACH%')")
	require.True(t, pgtest.One[bool](t, k.Database, "SELECT EXISTS (SELECT FROM pg_inherits WHERE inhdetachpending)"))
	release()
	k.round(t, 5*24*time.Hour)
	k.round(t, 5*24*time.Hour)
	require.Contains(t, k.attached(t), "lines_20230512")
	require.Equal(t, []string{"a DETACH CONCURRENTLY that this exporter did not begin keeps others from beginning"}, k.warnings())
	k.Exec(t, "ALTER TABLE lines DETACH PARTITION lines_20230512 FINALIZE")
	k.round(t, 5*24*time.Hour)
	require.Contains(t, k.tables(t), "lines_20230512", "the operator detached it")
	require.NotContains(t, k.attached(t), "lines_20230513")
}

func TestMaintainer_PartitionInUse_IsDroppedLater(t *testing.T) {
	t.Parallel()
	k := keep(t, nil)
	k.round(t, 0)
	k.round(t, 3*24*time.Hour)
	release := k.hold(t, "SELECT FROM lines_20230512")
	k.round(t, 24*time.Hour)
	require.Contains(t, k.tables(t), "lines_20230512")
	release()
	k.Await(t, "SELECT count(*) = 0 FROM pg_stat_activity WHERE state = 'idle in transaction' AND datname = current_database()")
	k.round(t, time.Hour)
	require.NotContains(t, k.tables(t), "lines_20230512")
}

// A partition that a view needs stays, and the others go.
func TestMaintainer_FailedDrop_DoesNotStopTheOthers(t *testing.T) {
	t.Parallel()
	k := keep(t, nil)
	k.round(t, 0)
	k.Exec(t, "CREATE VIEW theirs AS SELECT * FROM lines_20230512")
	k.round(t, 3*24*time.Hour)
	for range 2 {
		k.at = k.at.Add(2 * 24 * time.Hour)
		require.ErrorContains(t, k.Maintain(t.Context(), parent), "drop partition")
	}
	require.NotContains(t, k.tables(t), "lines_20230513")
	k.Exec(t, "DROP VIEW theirs")
	k.round(t, 0)
	require.NotContains(t, k.tables(t), "lines_20230512")
}

func TestMaintainer_Create_CopiesStorageParametersOfTheNewest(t *testing.T) {
	t.Parallel()
	k := keep(t, nil)
	k.Exec(t, "CREATE INDEX ON lines (note) WITH (fillfactor = 60)")
	k.round(t, 0)
	k.Exec(t, "ALTER TABLE lines_20230513 SET (fillfactor = 70, toast.autovacuum_enabled = false, autovacuum_analyze_scale_factor = 0.01)")
	k.round(t, 24*time.Hour)
	const parameters = `SELECT c.reloptions::text || t.reloptions::text FROM pg_class c JOIN pg_class t ON t.oid = c.reltoastrelid WHERE c.oid = 'lines_20230514'::regclass`
	require.Equal(t, "{fillfactor=70,autovacuum_analyze_scale_factor=0.01}{autovacuum_enabled=false}", pgtest.One[string](t, k.Database, parameters))
	require.EqualValues(t, 1, pgtest.One[int64](t, k.Database,
		"SELECT count(*) FROM pg_indexes WHERE tablename = 'lines_20230514' AND indexdef LIKE '%(note)%fillfactor=''60''%'"))
}

func TestMaintainer_Create_NumbersATakenName(t *testing.T) {
	t.Parallel()
	k := keep(t, nil)
	k.Exec(t, "CREATE TABLE lines_20230512 (theirs int); CREATE TYPE lines_20230512_2 AS ENUM ()")
	k.round(t, 0)
	require.Equal(t, []string{"lines_20230512_3", "lines_20230513"}, k.attached(t))
	require.Equal(t, []string{"the name of a partition was taken by another table"}, k.warnings())
	k.round(t, 10*24*time.Hour)
	require.NotContains(t, k.attached(t), "lines_20230512_3")
	require.Contains(t, k.tables(t), "lines_20230512")
}

// Somebody else's lock keeps partitions from being retired, which is no success.
func TestMaintainer_HeldLock_IsNoSuccess(t *testing.T) {
	t.Parallel()
	k := keep(t, nil)
	k.round(t, 0)
	succeeded := k.at
	k.at = k.at.Add(3*24*time.Hour - 15*time.Hour)
	require.NoError(t, k.EnsureAhead(t.Context(), parent))
	release := k.hold(t, `SELECT pg_advisory_xact_lock(1667329647, hashtext('"public"."lines"'))`)
	require.ErrorContains(t, k.Maintain(t.Context(), parent), "lock table definition")
	status, _ := k.Status()
	require.Equal(t, succeeded, status.LastSuccess)
	require.Contains(t, k.attached(t), "lines_20230512")
	release()
	k.round(t, 0)
	require.NotContains(t, k.attached(t), "lines_20230512")
}
