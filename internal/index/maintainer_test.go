package index

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap/zaptest"

	"canonicallineexporter/internal/database"
	"canonicallineexporter/internal/partition"
	"canonicallineexporter/internal/pgtest"
)

func TestMaintainer_Maintain_IndexesExistingPartitionsNewestFirst(t *testing.T) {
	t.Parallel()
	k := keep(t, "request_id", "trace_id")
	k.fill(t, 1, 1000)
	require.False(t, k.round(t))
	want := []string{
		"lines_0_request_id_sparse", "lines_0_trace_id_sparse", "lines_1_request_id_sparse", "lines_1_trace_id_sparse",
		"lines_2_request_id_sparse", "lines_2_trace_id_sparse",
	}
	require.Equal(t, want, k.indexes(t))
	require.Equal(t, []string{
		"Whose [canonical_line index lines_0_request_id_sparse]", " [canonical_line index lines_1_request_id_sparse]",
		" [canonical_line index lines_2_request_id_sparse]",
	}, k.comments(t), "the comment of the column stays")
	k.round(t)
	require.Equal(t, want, k.indexes(t))
	require.Equal(t, 6, k.logs.FilterMessage("built the index of a partition").Len())
	status := k.Status()["trace_id"]
	require.EqualValues(t, 3, status.Indexed)
	require.Zero(t, status.Missing)
	require.Positive(t, status.Bytes)
}

func TestMaintainer_Maintain_SummarisesWhatIsFullAndLeavesTheTail(t *testing.T) {
	t.Parallel()
	k := keep(t, "request_id")
	k.round(t)
	k.fill(t, 0, 20_000) // some 1,150 pages
	k.fill(t, 2, 20_000)
	k.round(t)
	pages := pgtest.One[int64](t, k.Database, "SELECT pg_relation_size('lines_0') / 8192")
	full := (pages - tail) / 64
	require.Greater(t, full, int64(5))
	require.Equal(t, (pages-full*64)*8192+(pages-pages/64*64)*8192, k.Status()["request_id"].Unsummarized)
	require.Zero(t, k.unsummarized(t, "lines_0_request_id_sparse", full))
	require.Equal(t, pages/64-full, k.unsummarized(t, "lines_0_request_id_sparse", pages/64), "lines still come for them")
	require.Zero(t, k.unsummarized(t, "lines_2_request_id_sparse", pages/64), "its time is over")

	k.Exec(t, "TRUNCATE lines_2")
	k.round(t)
	k.fill(t, 2, 20_000)
	k.round(t)
	require.Zero(t, k.unsummarized(t, "lines_2_request_id_sparse", pages/64), "and once it is filled again")
}

func TestMaintainer_Maintain_IndexDroppedByHand_StaysDropped(t *testing.T) {
	t.Parallel()
	k := keep(t, "request_id", "trace_id")
	k.round(t)
	k.Exec(t, "DROP INDEX lines_1_request_id_sparse")
	k.round(t)
	require.NotContains(t, k.indexes(t), "lines_1_request_id_sparse")
	require.EqualValues(t, 1, k.Status()["request_id"].Missing)

	k.configure("trace_id")
	k.round(t)
	require.Len(t, k.indexes(t), 5, "those that exist stay")
	k.configure("trace_id", "request_id")
	k.round(t)
	require.Contains(t, k.indexes(t), "lines_1_request_id_sparse", "the configuration asks for it anew")
}

func TestMaintainer_Maintain_KilledBuild_LeavesNothingBehind(t *testing.T) {
	t.Parallel()
	k := keep(t, "request_id")
	k.fill(t, 0, 1000)
	release := k.hold(t, "INSERT INTO lines VALUES (now(), gen_random_uuid())")
	for range 2 { // the second time it also has to remove what the first left
		maintained := make(chan error)
		go func() {
			_, err := k.Maintain(t.Context(), parent, k.roots(t)[:1], true)
			maintained <- err
		}()
		k.Await(t, "EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query ~ '(CREATE|DROP) INDEX CONC' AND pid <> pg_backend_pid())")
		k.Exec(t, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE datname = current_database() AND query ~ '(CREATE|DROP) INDEX CONC' AND pid <> pg_backend_pid()`)
		require.ErrorContains(t, <-maintained, "57P01")
		require.Equal(t, []string{"lines_0_request_id_sparse invalid"}, k.indexes(t))
	}
	release()
	k.round(t)
	require.Equal(t, []string{"lines_0_request_id_sparse", "lines_1_request_id_sparse", "lines_2_request_id_sparse"}, k.indexes(t))
	require.Equal(t, "Whose [canonical_line index lines_0_request_id_sparse]", k.comments(t)[0])
}

// Killed after the build and before the index was commented on.
func TestMaintainer_Maintain_UncommentedBuild_IsFinished(t *testing.T) {
	t.Parallel()
	k := keep(t, "request_id")
	k.round(t)
	k.Exec(t, `COMMENT ON INDEX lines_0_request_id_sparse IS NULL;
		COMMENT ON COLUMN lines_0.request_id IS 'Whose [canonical_line index begun 2026-01-01T00:00:00Z lines_0_request_id_sparse]'`)
	k.round(t)
	require.Equal(t, "Whose [canonical_line index lines_0_request_id_sparse]", k.comments(t)[0])
	require.Len(t, k.indexes(t), 3)
	require.Equal(t, 3, k.logs.FilterMessage("built the index of a partition").Len())
}

// A writer writes at full speed, and fails if it has to wait for a lock, while its partition
// is indexed and summarised.
func TestMaintainer_Maintain_HoldsUpNoWriter(t *testing.T) {
	t.Parallel()
	k := keep(t, "request_id", "trace_id")
	k.fill(t, 0, 50_000)
	cfg, err := pgx.ParseConfig(k.URL)
	require.NoError(t, err)
	cfg.RuntimeParams["lock_timeout"] = "1ms"
	conn, err := pgx.ConnectConfig(t.Context(), cfg)
	require.NoError(t, err)
	defer conn.Close(context.WithoutCancel(t.Context()))
	var stop atomic.Bool
	written, failed := 0, error(nil)
	var writing sync.WaitGroup
	writing.Go(func() {
		for ; !stop.Load() && failed == nil; written++ {
			_, failed = conn.Exec(t.Context(), "INSERT INTO lines VALUES (now(), gen_random_uuid(), 'x', repeat('x', 400))")
			if failed == nil {
				_, failed = conn.Exec(t.Context(), "SELECT FROM lines LIMIT 1")
			}
		}
	})
	for range 3 {
		k.round(t)
		k.Exec(t, "DROP INDEX CONCURRENTLY lines_0_request_id_sparse; ")
		k.Exec(t, "COMMENT ON COLUMN lines_0.request_id IS NULL")
	}
	k.round(t)
	stop.Store(true)
	writing.Wait()
	require.NoError(t, failed)
	require.Positive(t, written)
	require.Len(t, k.indexes(t), 6)
}

func TestMaintainer_Maintain_PartitionInUse_IsLeftForLater(t *testing.T) {
	t.Parallel()
	k := keep(t, "request_id")
	release := k.hold(t, "LOCK TABLE ONLY lines_0 IN ACCESS EXCLUSIVE MODE; LOCK TABLE ONLY lines_2 IN SHARE UPDATE EXCLUSIVE MODE")
	began := time.Now()
	k.round(t)
	require.Less(t, time.Since(began), 10*time.Second)
	require.Equal(t, []string{"lines_1_request_id_sparse"}, k.indexes(t))
	release()
	k.Await(t, "NOT EXISTS (SELECT FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation = to_regclass('lines_0') AND pid <> pg_backend_pid())")
	k.round(t)
	require.Len(t, k.indexes(t), 3)
}

func TestMaintainer_Maintain_SeveralCollectors_BuildEachIndexOnce(t *testing.T) {
	t.Parallel()
	k := keep(t, "request_id", "trace_id")
	k.fill(t, 0, 20_000)
	var working sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		pool, err := pgxpool.New(t.Context(), k.URL)
		require.NoError(t, err)
		t.Cleanup(pool.Close)
		other := New(k.columns, pool, zaptest.NewLogger(t))
		working.Go(func() {
			for range 3 {
				if _, err := other.Maintain(t.Context(), parent, k.roots(t), true); err != nil {
					errs[i] = err
				}
			}
		})
	}
	working.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	k.round(t)
	require.ElementsMatch(t, []string{
		"lines_0_request_id_sparse", "lines_0_trace_id_sparse", "lines_1_request_id_sparse", "lines_1_trace_id_sparse",
		"lines_2_request_id_sparse", "lines_2_trace_id_sparse",
	}, k.indexes(t))
}

func TestMaintainer_Maintain_PartitionsKeepOrRegainTheirIndexes(t *testing.T) {
	t.Parallel()
	k := keep(t, "request_id")
	k.round(t)
	k.Exec(t, "ALTER TABLE lines_1 RENAME TO other_1; ALTER TABLE lines DETACH PARTITION lines_2")
	k.round(t)
	require.Equal(t, []string{"lines_0_request_id_sparse", "lines_1_request_id_sparse", "lines_2_request_id_sparse"}, k.indexes(t))
	k.Exec(t, `
		DROP TABLE other_1;
		CREATE TABLE lines_1 PARTITION OF lines FOR VALUES FROM ('2020-01-01') TO ('2020-01-02');
		ALTER TABLE lines ATTACH PARTITION lines_2 FOR VALUES FROM ('2020-01-02') TO ('2020-01-03')`)
	k.round(t)
	require.Equal(t, []string{"lines_0_request_id_sparse", "lines_2_request_id_sparse", "lines_1_request_id_sparse"}, k.indexes(t))
}

func TestMaintainer_Maintain_ColumnThatHasAnIndex_GetsNone(t *testing.T) {
	t.Parallel()
	k := keep(t, "request_id", "note", "flag", "missing")
	k.Exec(t, "CREATE INDEX mine ON lines (request_id); CREATE INDEX partial ON lines_0 (note) WHERE note > 'x'")
	k.round(t)
	require.NotContains(t, strings.Join(k.indexes(t), " "), "request_id_sparse")
	require.Contains(t, k.indexes(t), "lines_0_note_sparse", "one that leaves out rows does not do")
	require.Equal(t, 1, k.logs.FilterMessageSnippet("type that no sparse index takes").Len(), "once")
	require.EqualValues(t, 3, k.Status()["request_id"].Indexed)
}

func TestMaintainer_Maintain_AnyName(t *testing.T) {
	t.Parallel()
	k := keep(t)
	long, hostile := strings.Repeat("é", 31), `o'"; DROP ] $$`
	for _, column := range []string{long, hostile} {
		k.Exec(t, "ALTER TABLE lines ADD COLUMN "+database.QuoteIdentifier(column)+" text")
	}
	k.Exec(t, "ALTER TABLE lines_0 RENAME TO "+database.QuoteIdentifier(hostile+"_0")+"; CREATE TABLE lines_1_request_id_sparse ()")
	k.configure("request_id", long, hostile)
	k.round(t)
	require.Len(t, k.indexes(t), 9)
	k.Exec(t, "DROP INDEX "+k.indexes(t)[1])
	k.round(t)
	require.Len(t, k.indexes(t), 8, "the note holds any name")
}

func TestMaintainer_Maintain_OneConnection_BuildsNothing(t *testing.T) {
	t.Parallel()
	k := keep(t, "request_id")
	cfg := k.Pool.Config()
	cfg.MaxConns = 1
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	k.pool = pool
	k.round(t)
	k.round(t)
	require.Empty(t, k.indexes(t))
	require.Equal(t, 1, k.logs.FilterMessageSnippet("max_connections").Len())
}

func TestMaintainer_Maintain_HostileSchemaFirstInThePath_IsNeverCalled(t *testing.T) {
	t.Parallel()
	k := keep(t, "request_id", "trace_id")
	k.fill(t, 2, 20_000)
	roots := k.roots(t)
	k.AddHostileSchema(t)
	poolConfig, err := database.ParsePoolConfig(k.URL, 2)
	require.NoError(t, err)
	poolConfig.ConnConfig.RuntimeParams["search_path"] = pgtest.HostilePath
	k.pool, err = pgxpool.NewWithConfig(t.Context(), poolConfig)
	require.NoError(t, err)
	defer k.pool.Close()
	for range 2 {
		_, err := k.Maintain(t.Context(), parent, roots, true)
		require.NoError(t, err)
	}
	require.NoError(t, pgx.BeginFunc(t.Context(), k.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), "CREATE TABLE public.lines_new (LIKE public.lines)"); err != nil {
			return err
		}
		return k.Equip(t.Context(), tx, parent.Sibling("lines_new"))
	}))
	require.Len(t, k.indexes(t), 8)
}

// A partition that is being created gets its indexes with it, under any owner.
func TestMaintainer_Equip_GivesANewPartitionItsIndexes(t *testing.T) {
	t.Parallel()
	k := keep(t, "request_id", "trace_id", "flag")
	k.Exec(t, "DROP TABLE lines_0, lines_1, lines_2; COMMENT ON COLUMN lines.request_id IS 'Whose'")
	partitions := partition.New(partition.Config{Interval: partition.Day, CreateAhead: time.Minute, Equip: k.Equip}, k.Pool, k.logger)
	require.NoError(t, partitions.EnsureAhead(t.Context(), parent))
	made := k.indexes(t)
	require.Len(t, made, 2*len(pgtest.All[string](t, k.Database, "SELECT inhrelid::text FROM pg_inherits WHERE inhparent = 'lines'::regclass")))
	require.Regexp(t, `^Whose \[canonical_line index lines_\d{8}_request_id_sparse\]$`, k.comments(t)[0])
	k.Exec(t, "INSERT INTO lines VALUES (now(), gen_random_uuid())")
	require.EqualValues(t, 1, k.unsummarized(t, made[0], 1), "the first lines would change the summary of an empty range")
	attached, err := partitions.Attached(t.Context(), parent)
	require.NoError(t, err)
	var roots []Root
	for _, p := range attached {
		roots = append(roots, Root{OID: p.OID, Until: p.To})
	}
	_, err = k.Maintain(t.Context(), parent, roots, true)
	require.NoError(t, err)
	require.Equal(t, made, k.indexes(t), "and no round makes others")
}

// pg_dump writes indexes, their comments and those of columns, which pg_restore runs after the
// lines are there.
func TestMaintainer_Maintain_RestoredDump_KeepsItsIndexes(t *testing.T) {
	t.Parallel()
	k := keep(t, "request_id", "trace_id")
	k.round(t)
	k.Exec(t, "DROP INDEX lines_1_trace_id_sparse")
	restored := keep(t, "request_id", "trace_id")
	restored.fill(t, 2, 20_000)
	for _, sql := range pgtest.All[string](t, k.Database, `
		SELECT pg_get_indexdef(x.indexrelid) || format('; COMMENT ON INDEX %s IS %L', x.indexrelid::regclass, obj_description(x.indexrelid, 'pg_class'))
		FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid AND c.relname LIKE 'lines%' WHERE NOT x.indisprimary
		UNION ALL
		SELECT format('COMMENT ON COLUMN %s.%I IS %L', attrelid::regclass, attname, col_description(attrelid, attnum))
		FROM pg_attribute JOIN pg_class c ON c.oid = attrelid AND c.relname LIKE 'lines%' AND c.relkind = 'r' WHERE attnum > 0
		ORDER BY 1 DESC`) {
		restored.Exec(t, sql)
	}
	before := restored.indexes(t)
	require.Len(t, before, 5)
	restored.round(t)
	require.Equal(t, before, restored.indexes(t), "one that was dropped by hand stays dropped")
	require.Zero(t, restored.logs.FilterMessage("built the index of a partition").Len())
}

func TestMaintainer_Maintain_RoleThatOwnsNothing_IsNamedOnce(t *testing.T) {
	t.Parallel()
	k := keep(t, "request_id")
	role := k.Name + "_reader"
	k.Exec(t, "CREATE ROLE "+role+" LOGIN; GRANT SELECT ON lines TO "+role)
	t.Cleanup(func() {
		_, err := k.Pool.Exec(context.WithoutCancel(t.Context()), "DROP OWNED BY "+role+"; DROP ROLE "+role)
		require.NoError(t, err)
	})
	pool, err := pgxpool.New(t.Context(), strings.Replace(k.URL, "postgres@", role+"@", 1))
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	k.pool = pool
	k.round(t)
	k.round(t)
	require.Empty(t, k.indexes(t))
	require.Equal(t, 1, k.logs.FilterMessageSnippet("belongs to another role").Len())
}

// psql runs what \gexec follows once more, each row as a statement.
func TestScript_MakesTheIndexesThatTheMaintainerMakes(t *testing.T) {
	t.Parallel()
	k := keep(t, "request_id", "trace_id")
	k.fill(t, 1, 20_000)
	// What a build that was cut off has left.
	k.Exec(t, `CREATE INDEX cut_off ON lines_0 USING brin (trace_id text_bloom_ops); UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'cut_off'::regclass`)
	for range 2 {
		for _, part := range strings.Split(Script(parent, []string{"request_id", "trace_id"}), `\gexec`) {
			if strings.Contains(part, "SET lock_timeout") {
				k.Exec(t, part)
				continue
			}
			for _, sql := range pgtest.All[string](t, k.Database, part) {
				k.Exec(t, sql)
			}
		}
		require.Len(t, k.indexes(t), 6)
	}
	const definitions = "SELECT regexp_replace(pg_get_indexdef(indexrelid), '^.* ON ', '') FROM pg_index WHERE indrelid::regclass::text LIKE 'lines%' AND NOT indisprimary ORDER BY 1"
	other := keep(t, "request_id", "trace_id")
	other.round(t)
	require.Equal(t, pgtest.All[string](t, other.Database, definitions), pgtest.All[string](t, k.Database, definitions))
}
