package maintenance

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest"
	"go.uber.org/zap/zaptest/observer"

	"canonicallineexporter/internal/database"
	"canonicallineexporter/internal/history"
	"canonicallineexporter/internal/line"
	"canonicallineexporter/internal/partition"
	"canonicallineexporter/internal/pgtest"
	"canonicallineexporter/internal/questions"
	"canonicallineexporter/internal/store"
	"canonicallineexporter/internal/table"
)

// bundle is a loop with its own database.
type bundle struct {
	*pgtest.Database
	loop *Loop
	logs *observer.ObservedLogs
}

func setup(t *testing.T, createSchema bool) *bundle {
	t.Helper()
	d := pgtest.New(t)
	core, logs := observer.New(zapcore.InfoLevel)
	logger := zap.New(zapcore.NewTee(core, zaptest.NewLogger(t).Core()))
	poolConfig, err := database.ParsePoolConfig(d.URL, 4)
	require.NoError(t, err)
	pool, err := pgxpool.NewWithConfig(t.Context(), poolConfig)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	tables := table.NewMaintainer(table.Config{
		Name: table.Name{Name: "canonical_api_line"}, Columns: line.Columns(), CreateSchema: createSchema,
	}, pool, logger)
	partitions := partition.New(partition.Config{Interval: partition.Day, CreateAhead: 72 * time.Hour}, pool, logger)
	return &bundle{Database: d, logs: logs, loop: &Loop{
		Config: Config{Interval: time.Hour, Timeout: time.Minute},
		Table:  tables, Partitions: partitions, Questions: questions.NewMaintainer(pool, logger),
		Store: store.New(pool, tables, partitions, logger), Logger: logger,
	}}
}

const (
	functions  = "SELECT function FROM canonical_api_line_questions()"
	partitions = "SELECT count(*) FROM pg_inherits WHERE inhparent = to_regclass('canonical_api_line')"
)

func TestLoop_CreatesTableThenPartitionsThenQuestions(t *testing.T) {
	t.Parallel()
	b := setup(t, true)
	for range 3 {
		require.NoError(t, b.loop.runOnce(t.Context(), false))
	}
	require.Equal(t, 1, b.logs.FilterMessage("created functions that answer questions").Len())
	require.Len(t, pgtest.All[string](t, b.Database, functions), len(questions.Names()))
	require.GreaterOrEqual(t, pgtest.One[int64](t, b.Database, partitions), int64(4), "today and three ahead")
}

func TestLoop_Run_FollowsATableThatTheStoreCreated(t *testing.T) {
	t.Parallel()
	b := setup(t, true)
	ctx, stop := context.WithCancel(t.Context())
	rounds := make(chan error, 10)
	b.loop.Report = func(err error) { rounds <- err }
	var running sync.WaitGroup
	running.Go(func() { b.loop.Run(ctx) })
	defer running.Wait()
	defer stop()
	require.NoError(t, <-rounds)

	b.Exec(t, "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
	_, err := b.loop.Table.Maintain(t.Context())
	require.NoError(t, err)
	require.NoError(t, <-rounds, "without waiting for the interval")
	require.NotEmpty(t, pgtest.All[string](t, b.Database, functions))
	require.GreaterOrEqual(t, pgtest.One[int64](t, b.Database, partitions), int64(4))
}

func TestLoop_OnlyWarnsOfAQuestionItCannotCreate(t *testing.T) {
	t.Parallel()
	b := setup(t, true)
	b.Exec(t, "CREATE FUNCTION canonical_api_line_rate() RETURNS int LANGUAGE sql AS 'SELECT 1'")
	for range 2 {
		require.NoError(t, b.loop.runOnce(t.Context(), false))
	}
	require.Equal(t, 1, b.logs.FilterField(zap.String("function", "rate")).Len(), "once")
	require.Len(t, pgtest.All[string](t, b.Database, functions), len(questions.Names())-1)
}

func TestLoop_WithoutCreateSchema_CreatesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t, false)
	require.ErrorIs(t, b.loop.runOnce(t.Context(), true), table.ErrNoTable)
	require.NoError(t, table.Apply(t.Context(), b.Pool, b.loop.Table.Name, line.Columns()))
	require.NoError(t, b.loop.runOnce(t.Context(), true))
	require.Zero(t, pgtest.One[int64](t, b.Database, "SELECT count(*) FROM pg_proc WHERE proname LIKE 'canonical%'"))
	require.Zero(t, pgtest.One[int64](t, b.Database, partitions))
}

// An hour that is missing is built without waiting for the interval, as soon as there is a table.
func TestLoop_Run_BuildsHistory(t *testing.T) {
	t.Parallel()
	b := setup(t, true)
	b.loop.History = history.New(history.Config{
		MaxSeries: 10, CreateSchema: true, Lines: partition.Config{Interval: partition.Day, CheckInterval: time.Hour},
	}, b.Pool, b.loop.Logger)
	require.NoError(t, b.loop.runOnce(t.Context(), true))
	b.Exec(t, `
		INSERT INTO canonical_api_line (created_at, duration, http_method, http_path, ip, request_id, status, sudo)
		VALUES (date_bin('1 day', now(), 'epoch'), '1 s', 'GET', '/', '::1', gen_random_uuid(), 200, false)`)
	ctx, stop := context.WithCancel(t.Context())
	b.loop.Report = func(error) {}
	var running sync.WaitGroup
	running.Go(func() { b.loop.Run(ctx) })
	defer running.Wait()
	defer stop()
	b.Await(t, "SELECT count(*) = 1 FROM canonical_api_line_built WHERE until = date_bin('1 hour', now(), 'epoch')")
	want := int64(1)
	if pgtest.One[bool](t, b.Database, "SELECT date_bin('1 day', now(), 'epoch') = date_bin('1 hour', now(), 'epoch')") {
		want = 0 // the first hour of the day has not ended
	}
	require.Equal(t, want, pgtest.One[int64](t, b.Database, "SELECT coalesce(sum(lines), 0)::bigint FROM canonical_api_line_hours"))
}
