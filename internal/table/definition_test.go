package table_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/line"
	"canonicallineexporter/internal/pgtest"
	"canonicallineexporter/internal/table"
)

// definition lists the columns of a table, as defined in the catalogue.
const definition = `
	SELECT concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod),
		CASE WHEN a.attnotnull THEN 'NOT NULL' END,
		'DEFAULT ' || replace(pg_get_expr(d.adbin, d.adrelid), 'public.', ''))
	FROM pg_attribute a
	LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
	WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped
	ORDER BY a.attnum`

// keys leaves out NOT NULL: definition has it, and it is a constraint from Postgres 18
// on.
const keys = `
	SELECT pg_get_constraintdef(oid) || ' ' || pg_get_partkeydef(conrelid)
	FROM pg_constraint WHERE conrelid = to_regclass($1) AND contype <> 'n'`

var lines = table.Name{Name: "canonical_api_line"}

func TestApply_CreatesTheColumnsOfTheArticleFirst(t *testing.T) {
	t.Parallel()
	article, applied := pgtest.New(t), pgtest.New(t)
	pgtest.CreateArticleTable(t, article)
	require.NoError(t, table.Apply(t.Context(), applied.Pool, lines, line.Columns()))

	want := pgtest.All[string](t, article, definition, lines.Name)
	got := pgtest.All[string](t, applied, definition, lines.Name)
	require.Len(t, want, 33)
	require.Equal(t, want, got[:33])
	require.Equal(t, []string{
		"service_name character varying(200)",
		"service_version character varying(200)",
		"deployment_environment character varying(200)",
		"trace_id character varying(32)",
		"span_id character varying(16)",
		"adjusted_count double precision NOT NULL DEFAULT 1",
	}, got[33:])
	require.Equal(t, pgtest.All[string](t, article, keys, lines.Name), pgtest.All[string](t, applied, keys, lines.Name))
}

func TestApply_CommentsEveryColumn(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	require.NoError(t, table.Apply(t.Context(), d.Pool, lines, line.Columns()))
	require.Empty(t, pgtest.All[string](t, d, `
		SELECT attname::text FROM pg_attribute
		WHERE attrelid = 'canonical_api_line'::regclass AND attnum > 0 AND col_description(attrelid, attnum) IS NULL`))
}

func TestApply_ConcurrentCollectors(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	qualified := table.Name{Schema: "Café.metrics", Name: `lines"; DROP`}
	errs := make([]error, 8)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = table.Apply(t.Context(), d.Pool, qualified, line.Columns()) })
	}
	wg.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	read, err := table.Read(t.Context(), d.Pool, qualified)
	require.NoError(t, err)
	require.Len(t, read.Columns, len(line.Columns()))
	require.Equal(t, qualified, read.Name)
}

func TestApply_ExistingTable_AddsColumnsAndChangesNone(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	pgtest.CreateArticleTable(t, d)
	d.Exec(t, "ALTER TABLE canonical_api_line ALTER status TYPE bigint, DROP COLUMN sudo, ADD COLUMN mine text")
	d.Exec(t, "CREATE TABLE rows PARTITION OF canonical_api_line FOR VALUES FROM (MINVALUE) TO (MAXVALUE)")
	d.Exec(t, `INSERT INTO canonical_api_line (duration, http_method, http_path, ip, request_id, status)
		VALUES ('1s', 'GET', '/', '::1', gen_random_uuid(), 200)`)
	before := pgtest.All[string](t, d, definition, lines.Name)

	require.NoError(t, table.Apply(t.Context(), d.Pool, lines, line.Columns()))
	after := pgtest.All[string](t, d, definition, lines.Name)
	require.Equal(t, before, after[:len(before)])
	require.True(t, slices.ContainsFunc(after, func(c string) bool { return c == "sudo boolean" }),
		"a column without a default can only be added as NULL: %v", after)
	require.Contains(t, after, "adjusted_count double precision NOT NULL DEFAULT 1")
	require.Equal(t, "SELECT gen_random_uuid()", strings.TrimSpace(pgtest.One[string](t, d, "SELECT prosrc FROM pg_proc WHERE proname = 'gen_ulid'")),
		"an existing gen_ulid() stays")
}

func TestRead_MissingTable(t *testing.T) {
	t.Parallel()
	_, err := table.Read(t.Context(), pgtest.New(t).Pool, lines)
	require.ErrorIs(t, err, table.ErrNoTable)
}

func TestGenULID_SortsByTimeAndIsUnique(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	require.NoError(t, table.Apply(t.Context(), d.Pool, lines, line.Columns()))
	require.EqualValues(t, 10_000, pgtest.One[int64](t, d, "SELECT count(DISTINCT gen_ulid()) FROM generate_series(1, 10000)"))
	require.Less(t, pgtest.One[float64](t, d, `
		SELECT abs(extract(epoch FROM now()) - ('x' || left(replace(gen_ulid()::text, '-', ''), 12))::bit(48)::bigint / 1000.0)::float8`),
		60.0, "the first 48 bits are milliseconds since 1970")
}

func TestRead_RefusesWhatIsNoTable(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	d.Exec(t, "CREATE TABLE behind (id uuid); CREATE VIEW canonical_api_line AS SELECT * FROM behind")
	_, err := table.Read(t.Context(), d.Pool, lines)
	require.EqualError(t, err, "`table` has to name the table that holds the lines: \"public\".\"canonical_api_line\" is a view")
	require.ErrorContains(t, table.Apply(t.Context(), d.Pool, lines, line.Columns()), "is a view")
	d.Exec(t, "DROP VIEW canonical_api_line; CREATE MATERIALIZED VIEW canonical_api_line AS SELECT * FROM behind")
	_, err = table.Read(t.Context(), d.Pool, lines)
	require.ErrorContains(t, err, "is a materialized view")
}
