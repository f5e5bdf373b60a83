package questions_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/line"
	"canonicallineexporter/internal/pgtest"
	"canonicallineexporter/internal/questions"
	"canonicallineexporter/internal/table"
)

const marks = `
	SELECT proname || regexp_replace(obj_description(oid, 'pg_proc'), '.* \[canonical_line', '')
	FROM pg_proc WHERE strpos(obj_description(oid, 'pg_proc'), ' [canonical_line ') > 0 ORDER BY 1`

func TestApply_CreatesFunctionsOnce(t *testing.T) {
	t.Parallel()
	d := few(t, "('1 min', '/', '1 s', 200, 1, '', '', '{}')")
	require.Len(t, pgtest.All[string](t, d, marks), len(questions.Names()))
	require.Empty(t, applyQuestions(t, d.Pool).Created)
	require.Len(t, pgtest.All[string](t, d, "SELECT question FROM canonical_api_line_questions()"), len(questions.Names()))
}

func TestApply_ReplacesOtherVersions(t *testing.T) {
	t.Parallel()
	d := few(t, "('1 min', '/', '1 s', 200, 1, '', '', '{}')")
	want := pgtest.All[string](t, d, marks)
	d.Exec(t, `
		DROP FUNCTION canonical_api_line_costs, canonical_api_line_rate;
		CREATE FUNCTION canonical_api_line_costs(since interval, other int) RETURNS int LANGUAGE sql AS 'SELECT 1';
		COMMENT ON FUNCTION canonical_api_line_costs IS 'other parameters [canonical_line 0]';
		CREATE FUNCTION canonical_api_line_rate(since interval DEFAULT '24 hours', until timestamptz DEFAULT NULL, service text DEFAULT NULL,
			method text DEFAULT NULL, route text DEFAULT NULL, step interval DEFAULT NULL)
			RETURNS TABLE (at timestamptz) LANGUAGE sql AS 'SELECT now()';
		COMMENT ON FUNCTION canonical_api_line_rate IS 'another result [canonical_line 0]';
		COMMENT ON FUNCTION canonical_api_line_speed IS 'another body [canonical_line 0]';
		CREATE VIEW fast AS SELECT * FROM canonical_api_line_speed()`)
	require.Equal(t, []string{"speed", "rate", "costs"}, applyQuestions(t, d.Pool).Created)
	require.Equal(t, want, pgtest.All[string](t, d, marks))
}

// The others are bound to window, and reads and writes to speed too.
func TestApply_ReplacesFunctionsThatOthersCall(t *testing.T) {
	t.Parallel()
	d := few(t, "('1 min', '/', '1 s', 200, 1, '', '', '{}')")
	want := pgtest.All[string](t, d, marks)
	d.Exec(t, `
		DROP FUNCTION canonical_api_line_window CASCADE;
		CREATE FUNCTION canonical_api_line_window(since interval, until timestamptz, service text, method text, route text)
			RETURNS TABLE (at timestamptz) LANGUAGE sql AS 'SELECT now()';
		COMMENT ON FUNCTION canonical_api_line_window IS 'another result [canonical_line 0]';
		CREATE FUNCTION canonical_api_line_rate() RETURNS TABLE (at timestamptz) LANGUAGE sql
			BEGIN ATOMIC SELECT at FROM canonical_api_line_window(NULL, NULL, NULL, NULL, NULL); END;
		COMMENT ON FUNCTION canonical_api_line_rate IS 'other parameters [canonical_line 0]'`)
	applyQuestions(t, d.Pool)
	require.Equal(t, want, pgtest.All[string](t, d, marks))

	d.Exec(t, `
		CREATE VIEW fast AS SELECT * FROM canonical_api_line_reads();
		COMMENT ON FUNCTION canonical_api_line_window IS 'another body [canonical_line 0]'`)
	require.Equal(t, []string{"window"}, applyQuestions(t, d.Pool).Created, "whatever depends on it")
}

func TestApply_LeavesForeignFunctionsAlone(t *testing.T) {
	t.Parallel()
	d := few(t, "('1 min', '/', '1 s', 200, 1, '', '', '{}')")
	d.Exec(t, `
		DROP FUNCTION canonical_api_line_rate;
		CREATE FUNCTION canonical_api_line_rate() RETURNS int LANGUAGE sql AS 'SELECT 1';
		COMMENT ON FUNCTION canonical_api_line_speed IS 'mine';
		DROP FUNCTION canonical_api_line_errors;
		CREATE FUNCTION canonical_api_line_errors() RETURNS TABLE (n int) LANGUAGE sql AS 'SELECT 1';
		COMMENT ON FUNCTION canonical_api_line_errors IS 'old [canonical_line 0]';
		CREATE VIEW built_on_it AS SELECT * FROM canonical_api_line_errors()`)
	applied, err := questions.Apply(t.Context(), d.Pool, lines)
	require.NoError(t, err)
	require.Empty(t, applied.Created)
	require.Len(t, applied.Failed, 3)
	require.ErrorContains(t, applied.Failed["rate"], "not made by this exporter")
	require.ErrorContains(t, applied.Failed["speed"], "not made by this exporter")
	require.ErrorContains(t, applied.Failed["errors"], "2BP01")
	require.EqualValues(t, 1, pgtest.One[int32](t, d, "SELECT canonical_api_line_rate()"))
}

// The article's table has 33 of the columns; this one has even fewer.
func TestQuestions_MissingColumns_AreNULL(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	pgtest.CreateArticleTable(t, d)
	d.Exec(t, partitions)
	d.Exec(t, "ALTER TABLE canonical_api_line DROP COLUMN account_email, DROP COLUMN api_error_message, DROP COLUMN http_route, ALTER status TYPE bigint")
	applyQuestions(t, d.Pool)
	d.Exec(t, `INSERT INTO canonical_api_line (duration, http_method, http_path, ip, request_id, status, sudo)
		VALUES ('1s', 'GET', '/', '::1', '00000000-0000-0000-0000-000000000001', 200, false)`)
	require.Equal(t, []string{"(,GET,,1,1,00:00:01)"}, pgtest.All[string](t, d,
		"SELECT (service_name, http_method, http_route, requests, lines, p99)::text FROM canonical_api_line_speed()"))
	require.NotEmpty(t, answer(t, d.Pool, "SELECT * FROM canonical_api_line_request('00000000-0000-0000-0000-000000000001')"))
	for _, c := range calls {
		answer(t, d.Pool, c.sql(c.day))
	}
}

func TestApply_MissingRequiredColumns_CreatesTheRest(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	d.Exec(t, "CREATE TABLE canonical_api_line (id uuid, created_at timestamptz, request_id uuid)")
	applied, err := questions.Apply(t.Context(), d.Pool, lines)
	require.NoError(t, err)
	require.Equal(t, []string{"one_of", "kept", "past", "pulse", "differences", "deploys", "partitions", "sizes", "state", "look_up", "find", "account", "request", "history", "compare", "questions"}, applied.Created)
	require.ErrorContains(t, applied.Failed["window"], "42703")
}

func TestQuestions_TableCanBeAlteredAndDropped(t *testing.T) {
	t.Parallel()
	d := few(t, "('1 min', '/', '1 s', 200, 1, '', '', '{}')")
	d.Exec(t, "ALTER TABLE canonical_api_line DROP COLUMN trace_id, ALTER status TYPE bigint")
	require.NotEmpty(t, answer(t, d.Pool, "SELECT * FROM canonical_api_line_speed()"))
	d.Exec(t, "DROP TABLE canonical_api_line")
	require.NoError(t, table.Apply(t.Context(), d.Pool, lines, line.Columns()))
	require.Empty(t, answer(t, d.Pool, "SELECT * FROM canonical_api_line_speed()"))
}

func TestApply_AnyTableName(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	for _, name := range []table.Name{
		{Schema: "public", Name: "lines"},
		{Schema: "public", Name: strings.Repeat("x", 50)},
		{Schema: `it's "Café".`, Name: `O'Reilly"; DROP $$`},
	} {
		require.NoError(t, table.Apply(t.Context(), d.Pool, name, line.Columns()))
		applied, err := questions.Apply(t.Context(), d.Pool, name)
		require.NoError(t, err)
		require.Empty(t, applied.Failed)
		require.Len(t, answer(t, d.Pool, "SELECT * FROM "+name.Sibling(name.Name+"_questions").String()+"()"), len(questions.Names()))
	}
}

func TestScript_CreatesWhatApplyCreates(t *testing.T) {
	t.Parallel()
	script, err := os.ReadFile("../../schema/questions.sql")
	require.NoError(t, err)
	require.Equal(t, questions.Script(lines), string(script), "run make generate")

	d := pgtest.New(t)
	pgtest.CreateArticleTable(t, d)
	for range 2 {
		d.Exec(t, string(script))
	}
	require.Empty(t, applyQuestions(t, d.Pool).Created)

	d.Exec(t, "COMMENT ON FUNCTION canonical_api_line_speed IS 'mine'")
	_, err = d.Pool.Exec(t.Context(), string(script))
	require.ErrorContains(t, err, "2BP01", "a foreign function stays, and so does what it calls")

	d.Exec(t, "CREATE SCHEMA metrics; ALTER TABLE canonical_api_line SET SCHEMA metrics; ALTER TABLE metrics.canonical_api_line RENAME TO lines")
	d.Exec(t, strings.ReplaceAll(string(script), `"public"."canonical_api_line`, `"metrics"."lines`))
	applied, err := questions.Apply(t.Context(), d.Pool, table.Name{Schema: "metrics", Name: "lines"})
	require.NoError(t, err)
	require.Equal(t, questions.Applied{Failed: map[string]error{}}, applied)
}
