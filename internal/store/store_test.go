package store

import (
	"bytes"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/partition"
	"canonicallineexporter/internal/pgtest"
	"canonicallineexporter/internal/table"
)

func TestStore_Write_CreatesTableAndPartitions(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	require.Equal(t, Outcomes{Inserted: 2}, b.write(t, batchOf(t, span{id: 1}, span{id: 2, ago: 72 * time.Hour})))
	require.EqualValues(t, 2, b.count(t))
	require.EqualValues(t, 2, pgtest.One[int64](t, b.Database,
		"SELECT count(*) FROM pg_inherits WHERE inhparent = 'canonical_api_line'::regclass"), "one partition for each line")
}

func TestStore_Write_ConcurrentFirstWrites(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	outcomes := make([]Outcomes, 6)
	errs := make([]error, len(outcomes))
	var wg sync.WaitGroup
	for i := range outcomes {
		other := New(b.store.pool, b.store.table, b.store.partitions, b.store.logger)
		batch := batchOf(t, span{id: uint64(i)})
		wg.Go(func() { outcomes[i], errs[i] = other.Write(t.Context(), batch) })
	}
	wg.Wait()
	for i := range outcomes {
		require.NoError(t, errs[i])
		require.Equal(t, Outcomes{Inserted: 1}, outcomes[i])
	}
	require.EqualValues(t, len(outcomes), b.count(t))
}

func TestStore_Write_RedeliveredLines_WriteNoTuple(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.write(t, batchOf(t, span{id: 1}, span{id: 2}))
	before := pgtest.One[string](t, b.Database, tuples)
	require.Equal(t, Outcomes{Inserted: 1, Unchanged: 3}, b.write(t, batchOf(t, span{id: 1}, span{id: 2}, span{id: 3}, span{id: 3})))
	b.Exec(t, "DELETE FROM canonical_api_line WHERE span_id = '0000000000000003'")
	require.Equal(t, before, pgtest.One[string](t, b.Database, tuples))
}

func TestStore_Write_StoredLine_OnlyGains(t *testing.T) {
	t.Parallel()
	rich := map[string]any{"user.email": "a@example.com", "http.route": "/rich", "canonical.sso_provider": "idp"}
	poor := map[string]any{"canonical.auth_internal_name": "job", "http.route": "/poor"}
	const columns = `SELECT concat_ws(' ', statistics ->> 'spans', account_email, http_route, sso_provider, auth_internal_name,
		CASE WHEN updated_at > created_at THEN 'later' END) FROM canonical_api_line`
	const merged = "9 a@example.com /rich idp job"

	t.Run("a poorer version fills NULLs", func(t *testing.T) {
		t.Parallel()
		b := setup(t, nil)
		b.write(t, batchOf(t, span{id: 1, with: rich, descendants: 9}))
		require.Equal(t, Outcomes{Updated: 1}, b.write(t, batchOf(t, span{id: 1, with: poor, descendants: 1})))
		require.Equal(t, merged+" later", pgtest.One[string](t, b.Database, columns))
		require.Equal(t, Outcomes{Unchanged: 1}, b.write(t, batchOf(t, span{id: 1, with: poor, descendants: 1})))
	})
	t.Run("a richer version takes over", func(t *testing.T) {
		t.Parallel()
		b := setup(t, nil)
		b.write(t, batchOf(t, span{id: 1, with: poor, descendants: 1}))
		require.Equal(t, Outcomes{Updated: 1}, b.write(t, batchOf(t, span{id: 1, with: rich, descendants: 9})))
		require.Equal(t, merged+" later", pgtest.One[string](t, b.Database, columns))
	})
	t.Run("a version without statistics is the poorest", func(t *testing.T) {
		t.Parallel()
		b := setup(t, nil)
		b.write(t, batchOf(t, span{id: 1, with: rich, descendants: 9}))
		require.Equal(t, Outcomes{Unchanged: 1}, b.write(t, batchOf(t, span{id: 1})))
	})
	t.Run("within one batch the richest is kept", func(t *testing.T) {
		t.Parallel()
		b := setup(t, nil)
		outcomes := b.write(t, batchOf(t, span{id: 1, with: poor, descendants: 1}, span{id: 1, with: rich, descendants: 9}, span{id: 1}))
		require.Equal(t, Outcomes{Inserted: 1, Unchanged: 2}, outcomes)
		require.Equal(t, "/rich", pgtest.One[string](t, b.Database, "SELECT http_route FROM canonical_api_line"))
	})
}

func TestStore_Write_ConcurrentWritersOfTheSameLines(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	var spans, reversed []span
	for i := range 200 {
		spans = append(spans, span{id: uint64(i)})
		reversed = append(reversed, span{id: uint64(199 - i), with: map[string]any{"canonical.sso_provider": "idp"}})
	}
	var wg sync.WaitGroup
	for i := range 8 {
		batch := batchOf(t, spans...)
		if i%2 == 1 {
			batch = batchOf(t, reversed...)
		}
		wg.Go(func() {
			for range 5 {
				_, err := b.store.Write(t.Context(), batch)
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 200, b.count(t))
}

func TestStore_Write_RefusedRow_IsDroppedAloneAndNamed(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.write(t, batchOf(t, span{id: 1000}))
	b.Exec(t, "ALTER TABLE canonical_api_line ADD CONSTRAINT no_teapots CHECK (status <> 418)")
	var spans []span
	for i := range 100 {
		spans = append(spans, span{id: uint64(i)})
	}
	spans[37].with = map[string]any{"http.status_code": 418, "user.email": "secret@example.com"}
	spans[99].with = spans[37].with
	require.Equal(t, Outcomes{Inserted: 98, Rejected: 2}, b.write(t, batchOf(t, spans...)))
	require.EqualValues(t, 99, b.count(t))

	b.store.Close()
	dropped := b.logs.FilterMessage("dropped lines that Postgres refuses").All()
	require.Len(t, dropped, 2)
	logged := fmt.Sprint(dropped[0].ContextMap())
	require.Contains(t, logged, "SQLSTATE 23514")
	require.Contains(t, logged, "no_teapots")
	require.Contains(t, logged, "0000000000000025", "the id ends with the span id")
	require.NotContains(t, logged, "secret")
	require.NotContains(t, logged, "418")
}

// attempts counts the statements that insert into the table, including those that fail: a
// sequence is not rolled back.
const attempts = `
	CREATE SEQUENCE attempts;
	CREATE FUNCTION count_attempt() RETURNS trigger LANGUAGE plpgsql AS
		$$ BEGIN PERFORM nextval('attempts'); RETURN NULL; END $$;
	CREATE TRIGGER attempts BEFORE INSERT ON canonical_api_line FOR EACH STATEMENT EXECUTE FUNCTION count_attempt()`

func TestStore_Write_RefusedRow_IsFoundInFewAttempts(t *testing.T) {
	t.Parallel()
	for name, position := range map[string]int{"first": 0, "in the middle": 4711, "last": 9999} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, nil)
			b.write(t, batchOf(t, span{id: 100_000}))
			b.Exec(t, attempts)
			b.Exec(t, "ALTER TABLE canonical_api_line ADD CONSTRAINT no_teapots CHECK (status <> 418)")
			spans := make([]span, 10_000)
			for i := range spans {
				spans[i].id = uint64(i)
			}
			spans[position].with = map[string]any{"http.status_code": 418}
			require.Equal(t, Outcomes{Inserted: 9999, Rejected: 1}, b.write(t, batchOf(t, spans...)))
			require.LessOrEqual(t, pgtest.One[int64](t, b.Database, "SELECT last_value FROM attempts"), int64(20))
		})
	}
}

func TestStore_Write_RowThatWaits_HoldsUpNoOther(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.write(t, batchOf(t, span{id: 1000}))
	b.Exec(t, `
		CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not yet'; END $$;
		CREATE TRIGGER refuse BEFORE INSERT ON canonical_api_line FOR EACH ROW WHEN (NEW.status = 418) EXECUTE FUNCTION refuse()`)
	var spans []span
	for i := range 100 {
		spans = append(spans, span{id: uint64(i)})
	}
	for _, i := range []int{3, 37, 99} {
		spans[i].with = map[string]any{"http.status_code": 418}
	}
	_, err := b.store.Write(t.Context(), batchOf(t, spans...))
	var partial *PartialError
	require.ErrorAs(t, err, &partial)
	require.ErrorContains(t, err, "copy rows: refused by a function of the database, SQLSTATE P0001")
	require.Equal(t, Outcomes{Inserted: 97}, partial.Stored)
	require.EqualValues(t, 98, b.count(t))

	b.Exec(t, "DROP TRIGGER refuse ON canonical_api_line")
	require.Equal(t, Outcomes{Inserted: 3}, b.write(t, partial.Rest))
}

func TestStore_Write_MissingRequiredValue_DropsTheRowAlone(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.write(t, batchOf(t, span{id: 1, with: map[string]any{"user_agent.original": "curl"}}))
	b.Exec(t, "ALTER TABLE canonical_api_line ALTER user_agent SET NOT NULL")
	spans := []span{{id: 2, with: map[string]any{"user_agent.original": "curl"}}, {id: 3}}
	require.Equal(t, Outcomes{Inserted: 1, Rejected: 1}, b.write(t, batchOf(t, spans...)))
}

func TestStore_Write_MalformedRow_IsDroppedAlone(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	batch := batchOf(t, span{id: 1}, span{id: 2, with: map[string]any{"user_agent.original": "curl"}})
	batch.Rows = bytes.Replace(batch.Rows, []byte("curl"), []byte("cu\x00l"), 1)
	require.Equal(t, Outcomes{Inserted: 1, Rejected: 1}, b.write(t, batch))
}

func TestStore_Write_RecreatesWhatVanished(t *testing.T) {
	t.Parallel()
	for name, vanish := range map[string]func(*testing.T, *bundle){
		"table":  func(t *testing.T, b *bundle) { b.Exec(t, "DROP TABLE canonical_api_line") },
		"schema": func(t *testing.T, b *bundle) { b.Exec(t, "DROP SCHEMA public CASCADE; CREATE SCHEMA public") },
		"column": func(t *testing.T, b *bundle) { b.Exec(t, "ALTER TABLE canonical_api_line DROP COLUMN user_agent") },
		"partition": func(t *testing.T, b *bundle) {
			b.Exec(t, "DROP TABLE "+epoch.UTC().Format("canonical_api_line_20060102"))
		},
		"database": func(t *testing.T, b *bundle) {
			b.Drop(t)
			b.Create(t)
			b.store.pool.Reset()
			b.Pool.Reset()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, nil)
			b.write(t, batchOf(t, span{id: 1}))
			vanish(t, b)
			require.Equal(t, Outcomes{Inserted: 1}, b.write(t, batchOf(t, span{id: 2})))
			require.EqualValues(t, 1, pgtest.One[int64](t, b.Database,
				"SELECT count(*) FROM canonical_api_line WHERE span_id = '0000000000000002' AND user_agent IS NULL"))
		})
	}
}

func TestStore_Write_ExpiredLines_AreDropped(t *testing.T) {
	t.Parallel()
	b := setupPartitions(t, nil, partition.Config{Interval: partition.Day, Retention: 24 * time.Hour})
	require.Equal(t, Outcomes{Inserted: 1, Expired: 1}, b.write(t, batchOf(t, span{id: 1}, span{id: 2, ago: 72 * time.Hour})))
	require.Equal(t, Outcomes{Expired: 1}, b.write(t, batchOf(t, span{id: 3, ago: 72 * time.Hour})))
}

func TestStore_Write_ExpiredLine_RecreatesNoRetiredPartition(t *testing.T) {
	t.Parallel()
	forever := partition.Config{Interval: partition.Hour}
	b := setupPartitions(t, nil, forever)
	b.write(t, batchOf(t, span{id: 1}, span{id: 2, ago: 30 * time.Hour}))
	day := partition.New(partition.Config{Interval: partition.Hour, Retention: 24 * time.Hour}, b.store.pool, b.store.logger)
	require.NoError(t, day.Maintain(t.Context(), table.Name{Schema: "public", Name: "canonical_api_line"}))
	require.EqualValues(t, 1, b.count(t))

	late := batchOf(t, span{id: 3}, span{id: 4, ago: 30 * time.Hour})
	require.Equal(t, Outcomes{Inserted: 1, Expired: 1}, b.write(t, late))
	b.store.table.CreateSchema = false
	require.Equal(t, Outcomes{Expired: 1}, b.write(t, late.Slice(1, 2)))
	_, err := b.store.Write(t.Context(), batchOf(t, span{id: 5, ago: 20 * time.Hour}))
	require.ErrorContains(t, err, "SQLSTATE 23514", "its partition may still be created")
}

func TestStore_Write_ArticleTable_StaysAsItIs(t *testing.T) {
	t.Parallel()
	b := setup(t, func(cfg *table.Config) { cfg.CreateSchema = false })
	_, err := b.store.Write(t.Context(), batchOf(t, span{id: 1}))
	require.ErrorIs(t, err, table.ErrNoTable, "it runs no DDL")

	pgtest.CreateArticleTable(t, b.Database)
	b.Exec(t, "CREATE TABLE every PARTITION OF canonical_api_line FOR VALUES FROM (MINVALUE) TO (MAXVALUE)")
	batch := batchOf(t, span{id: 1, with: map[string]any{"user_agent.original": "curl"}})
	require.Equal(t, Outcomes{Inserted: 1}, b.write(t, batch))
	require.Equal(t, Outcomes{Unchanged: 1}, b.write(t, batch), "by the upsert too")
	b.store.forget()
	require.Equal(t, Outcomes{Unchanged: 1}, b.write(t, batch))
	require.Equal(t, "curl", pgtest.One[string](t, b.Database, "SELECT user_agent FROM canonical_api_line"))
	require.EqualValues(t, 33, pgtest.One[int64](t, b.Database,
		"SELECT count(*) FROM pg_attribute WHERE attrelid = 'canonical_api_line'::regclass AND attnum > 0"))

	warnings := b.logs.FilterMessageSnippet("columns are left out").All()
	require.Len(t, warnings, 1, "once, however often the table is read")
	require.Contains(t, fmt.Sprint(warnings[0].ContextMap()), "adjusted_count")
}

// The table changes after the store has read it.
func TestStore_Write_ColumnOfAnotherType_IsLeftOut(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.write(t, batchOf(t, span{id: 1}))
	b.Exec(t, `ALTER TABLE canonical_api_line
		ALTER request_id DROP NOT NULL, ALTER request_id TYPE int USING NULL,
		ALTER user_agent TYPE text,
		ALTER http_route TYPE varchar(3)`)
	outcomes := b.write(t, batchOf(t, span{id: 2, with: map[string]any{"user_agent.original": "curl", "http.route": "/far/too/long"}}))
	require.Equal(t, Outcomes{Inserted: 1}, outcomes)
	require.EqualValues(t, 1, pgtest.One[int64](t, b.Database,
		"SELECT count(*) FROM canonical_api_line WHERE user_agent = 'curl' AND request_id IS NULL AND http_route IS NULL"))
}

func TestStore_Write_ForeignRequiredColumn_LosesNoLine(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	_, err := b.store.table.Maintain(t.Context())
	require.NoError(t, err)
	b.Exec(t, "ALTER TABLE canonical_api_line ADD COLUMN theirs text NOT NULL")
	_, err = b.store.Write(t.Context(), batchOf(t, span{id: 1}))
	require.ErrorContains(t, err, "column theirs")
	b.Exec(t, "ALTER TABLE canonical_api_line ALTER theirs DROP NOT NULL")
	require.Equal(t, Outcomes{Inserted: 1}, b.write(t, batchOf(t, span{id: 1})))
}

func TestStore_Write_CutConnection_LosesNoLine(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.write(t, batchOf(t, span{id: 1}))
	b.Exec(t, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
	batch := batchOf(t, span{id: 2})
	if _, err := b.store.Write(t.Context(), batch); err != nil {
		b.write(t, batch)
	}
	require.EqualValues(t, 2, b.count(t))
}
