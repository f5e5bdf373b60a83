package questions_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/line"
	"canonicallineexporter/internal/pgtest"
	"canonicallineexporter/internal/questions"
	"canonicallineexporter/internal/table"
)

var lines = table.Name{Schema: "public", Name: "canonical_api_line"}

// ask returns a database with the table, its partitions and its questions, and with n lines
// of the 24 hours before now.
func ask(t testing.TB, n int) *pgtest.Database {
	t.Helper()
	d := pgtest.New(t)
	fill(t, d.Pool, n)
	return d
}

func fill(t testing.TB, pool *pgxpool.Pool, n int) {
	t.Helper()
	fillDays(t, pool, n, 1)
}

// fillDays spreads n lines evenly over days before now.
func fillDays(t testing.TB, pool *pgxpool.Pool, n, days int) {
	t.Helper()
	fillWith(t, pool, n, days, func(insert string) string { return insert })
}

// fillWith does the same with another statement than that of the test data.
func fillWith(t testing.TB, pool *pgxpool.Pool, n, days int, change func(insert string) string) {
	t.Helper()
	require.NoError(t, table.Apply(t.Context(), pool, lines, line.Columns()))
	if pgtest.HasCitus(t, pool) {
		require.NoError(t, table.Distribute(t.Context(), pool, lines))
	}
	_, err := pool.Exec(t.Context(), partitionsOf(days+4))
	require.NoError(t, err)
	insert, err := os.ReadFile("testdata/lines.sql")
	require.NoError(t, err)
	now, atOnce := time.Now(), 1_000_000
	for first := 1; first <= n; first += atOnce {
		_, err = pool.Exec(t.Context(), change(string(insert)), n, now, fmt.Sprint(24*days, " hours"), first, min(first+atOnce-1, n))
		require.NoError(t, err)
	}
	_, err = pool.Exec(t.Context(), "VACUUM ANALYZE canonical_api_line")
	require.NoError(t, err)
	applyQuestions(t, pool)
}

func applyQuestions(t testing.TB, pool *pgxpool.Pool) questions.Applied {
	t.Helper()
	applied, err := questions.Apply(t.Context(), pool, lines)
	require.NoError(t, err)
	require.Empty(t, applied.Failed)
	return applied
}

// partitions creates day_0, which covers the 23 hours before now and the hour after it, and
// four older days. A window of 24 hours reads two of the five, one of an hour only day_0.
var partitions = partitionsOf(5)

func partitionsOf(days int) string {
	return fmt.Sprintf(`
	DO $$
	DECLARE
		until timestamptz := now() + interval '1 hour';
	BEGIN
		FOR day IN 0..%d LOOP
			EXECUTE format('CREATE TABLE %%I PARTITION OF canonical_api_line FOR VALUES FROM (%%L) TO (%%L)',
				'day_' || day, until - (day + 1) * interval '24 hours', until - day * interval '24 hours');
		END LOOP;
	END $$`, days-1)
}

// call holds the name of a question and its arguments for a day and for an hour.
type call struct{ name, day, hour string }

func (c call) sql(arguments string) string {
	return "SELECT * FROM canonical_api_line_" + c.name + "(" + arguments + ")"
}

var calls = []call{
	{"speed", "", "'1 hour'"},
	{"reads", "", "'1 hour'"},
	{"writes", "", "'1 hour'"},
	{"rate", "", "'1 hour'"},
	{"heatmap", "", "'1 hour'"},
	{"errors", "", "'1 hour'"},
	{"failures", "", "'1 hour'"},
	{"slowest", "", "'1 hour'"},
	{"costs", "", "'1 hour'"},
	{"n_plus_one", "", "'1 hour'"},
	{"callers", "", "'1 hour'"},
	{"changes", "'12 hours', '12 hours'", "'30 minutes', '30 minutes'"},
	{"burn", "slow => '24 hours'", ""},
	{"account", "'user1@example.com'", "'user1@example.com', '1 hour'"},
	{"request", "md5('request19990')", "md5('request19990'), '1 hour'"},
}

// made are the questions that make their query when they are asked.
var made = []call{
	{"differences", "", "'1 hour'"},
	{"deploys", "", "'1 hour'"},
}

func TestQuestions_EachHasAnAnswer(t *testing.T) {
	t.Parallel()
	d := ask(t, 20_000)
	d.Exec(t, `UPDATE canonical_api_line SET http_route = '/new', service_version = '2'
		WHERE http_route = '/metrics' AND created_at > now() - interval '25 minutes'`)
	for _, c := range slices.Concat(calls, made) {
		for _, arguments := range []string{c.day, c.hour} {
			require.NotEmpty(t, pgtest.All[string](t, d, "SELECT answer::text FROM ("+c.sql(arguments)+") AS answer"), c)
		}
	}
}

// querier is a pool, or a transaction, in which now() stands still.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// answer returns the rows of a result, each as a map by column name.
func answer(t *testing.T, db querier, sql string) []map[string]any {
	t.Helper()
	rows, err := db.Query(t.Context(), sql)
	require.NoError(t, err)
	answers, err := pgx.CollectRows(rows, pgx.RowToMap)
	require.NoError(t, err)
	return answers
}

func TestQuestions_ReadsAndWrites_MatchTheArticlesQueries(t *testing.T) {
	t.Parallel()
	d := ask(t, 20_000)
	// A line leaves the window of a day while the test runs: both queries share one now().
	tx, err := d.Pool.Begin(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, tx.Rollback(context.WithoutCancel(t.Context()))) }()
	for question, file := range map[string]string{"reads": "are_we_fast_reads.sql", "writes": "are_we_fast_writes.sql"} {
		article, err := os.ReadFile("../../demo/queries/" + file)
		require.NoError(t, err)
		want := answer(t, tx, string(article))
		require.NotEmpty(t, want)
		require.Equal(t, want, answer(t, tx, `
			SELECT http_method, http_route, lines AS count, p50, p95, p99
			FROM canonical_api_line_`+question+`() ORDER BY lines DESC LIMIT 10`))
	}
}

// few returns a database with the table, its questions and the given lines.
func few(t *testing.T, rows string) *pgtest.Database {
	t.Helper()
	d := pgtest.New(t)
	require.NoError(t, table.Apply(t.Context(), d.Pool, lines, line.Columns()))
	d.Exec(t, partitions)
	applyQuestions(t, d.Pool)
	d.Exec(t, `
		INSERT INTO canonical_api_line (http_path, request_id, ip, http_method, sudo,
			created_at, http_route, duration, status, adjusted_count, account_id, api_error_code, statistics)
		SELECT '/', gen_random_uuid(), '192.0.2.1', 'GET', false,
			now() - ago::interval, route, duration::interval, status, n, md5(account)::uuid, error, statistics::jsonb
		FROM (VALUES `+rows+`) AS line (ago, route, duration, status, n, account, error, statistics)`)
	return d
}

func TestQuestions_Speed_CountsRequestsAndTakesPercentilesOfLines(t *testing.T) {
	t.Parallel()
	d := few(t, `
		('1 min', '/a', '10 ms', 200, 6, 'x', NULL, NULL),
		('2 min', '/a', '100 ms', 200, 3, 'x', NULL, NULL),
		('3 min', '/a', '1 s', 503, 1, 'x', 'down', NULL),
		('2 days', '/a', '9 s', 200, 1, 'x', NULL, NULL)`)
	require.Equal(t, []string{"(10,3,00:00:00.1,00:00:01,60.00,30.00,10.00,10.00)"}, pgtest.All[string](t, d, `
		SELECT (requests, lines, p50, slowest, percent_instant, percent_fast, percent_slow, percent_failed)::text
		FROM canonical_api_line_speed()`))
	require.EqualValues(t, 9, pgtest.One[int64](t, d, "SELECT sum(requests)::bigint FROM canonical_api_line_rate('150 s')"))
	require.EqualValues(t, 4, pgtest.One[int64](t, d, "SELECT sum(requests)::bigint FROM canonical_api_line_rate('2 min', now() - interval '90 s')"))
}

func TestQuestions_ErrorsBesideASuccess_AreFailures(t *testing.T) {
	t.Parallel()
	d := few(t, `
		('1 min', '/graphql', '10 ms', 200, 1, 'x', 'BAD_USER_INPUT', NULL),
		('1 min', '/graphql', '10 ms', 200, 1, 'x', NULL, NULL),
		('1 min', '/graphql', '10 ms', 404, 1, 'x', 'NOT_FOUND', NULL),
		('1 min', '/graphql', '10 ms', 0, 1, 'x', 'timeout', NULL)`)
	require.Equal(t, []string{"(0,timeout)", "(200,BAD_USER_INPUT)", "(404,NOT_FOUND)"},
		pgtest.All[string](t, d, "SELECT (status, error_code)::text FROM canonical_api_line_errors()"))
	for _, question := range []string{"speed", "rate"} {
		require.Equal(t, []string{"50.00"}, pgtest.All[string](t, d,
			"SELECT percent_failed::text FROM canonical_api_line_"+question+"() WHERE lines > 0"), question)
	}
	require.EqualValues(t, 3, pgtest.One[int64](t, d, "SELECT sum(requests)::bigint FROM canonical_api_line_failures()"))
}

func TestQuestions_FilterByServiceMethodAndRoute(t *testing.T) {
	t.Parallel()
	d := ask(t, 2_000)
	for _, name := range []string{"window", "speed", "rate", "heatmap", "errors", "failures", "slowest", "costs", "callers"} {
		counted := map[string]string{"rate": " WHERE requests > 0", "heatmap": " WHERE requests > 0", "failures": " WHERE requests > 0"}[name]
		require.Empty(t, answer(t, d.Pool, "SELECT * FROM canonical_api_line_"+name+"(service => 'other')"+counted), name)
		require.Empty(t, answer(t, d.Pool, "SELECT * FROM canonical_api_line_"+name+"(route => '/other')"+counted), name)
		require.NotEmpty(t, answer(t, d.Pool, "SELECT * FROM canonical_api_line_"+name+"('1 day', now(), 'api', 'POST', '/metrics')"), name)
	}
}

func TestQuestions_CostsAndNPlusOne_ReadStatistics(t *testing.T) {
	t.Parallel()
	d := few(t, `
		('1 min', '/a', '1 s', 200, 2, 'x', NULL,
			'{"db_num_queries": 12, "db_duration": 0.5, "self_duration": 0.25, "http_duration": 0.125, "other_duration": 0.125,
				"db_max_repeat": 10, "db_max_repeat_query": "SELECT 1"}'),
		('1 min', '/a', '1 s', 200, 2, 'x', NULL, '{"db_num_queries": 2, "db_max_repeat": 2, "db_max_repeat_query": "SELECT 2"}'),
		('1 min', '/b', '1 s', 200, 1, 'x', NULL, '{"db_num_queries": "many", "db_duration": true, "db_max_repeat": {}}')`)
	require.Equal(t, []string{
		"(/a,4,28,7.0,00:00:04,80.00,12.50,25.00,0.00,12.50)",
		"(/b,1,0,0.0,00:00:01,20.00,0.00,0.00,0.00,0.00)",
	}, pgtest.All[string](t, d, `
		SELECT (http_route, requests, queries, queries_each, busy, percent_busy, percent_own, percent_database,
			percent_waiting, percent_outgoing)::text FROM canonical_api_line_costs()`))
	require.Equal(t, []string{`(/a,"SELECT 1",2,1,10,10,24,00:00:01)`}, pgtest.All[string](t, d, `
		SELECT (http_route, statement, requests, lines, typical_repeat, highest_repeat, queries, in_database)::text
		FROM canonical_api_line_n_plus_one()`))
	require.Equal(t, []string{"(00:00:01,00:00:00.25,00:00:00.5,00:00:00.25)"}, pgtest.All[string](t, d, `
		SELECT (duration, own, database, outgoing)::text FROM canonical_api_line_slowest() WHERE queries = 12`))
}

func TestQuestions_Callers_MostRequestsAndMostErrors(t *testing.T) {
	t.Parallel()
	d := few(t, `
		('1 min', '/a', '1 s', 200, 5, 'busy', NULL, NULL),
		('1 min', '/a', '1 s', 200, 4, 'quiet', NULL, NULL),
		('1 min', '/a', '1 s', 429, 1, 'refused', 'slow down', NULL),
		('1 min', '/a', '1 s', 404, 1, NULL, 'not_found', NULL)`)
	require.Equal(t, []string{"(busy,5,45.45,0)", "(refused,1,9.09,1)"}, pgtest.All[string](t, d, `
		SELECT (name, requests, percent_requests, refused)::text
		FROM canonical_api_line_callers(top => 1), (VALUES ('busy'), ('quiet'), ('refused')) AS account (name)
		WHERE kind = 'account' AND caller = md5(name)::uuid::text`))
	require.Equal(t, []string{"(192.0.2.1,11,100.00,2,00:00:11)"}, pgtest.All[string](t, d, `
		SELECT (caller, requests, percent_requests, refused, busy)::text FROM canonical_api_line_callers() WHERE kind = 'address'`))
}

func TestQuestions_Request_FindsRequestIDAndTraceID(t *testing.T) {
	t.Parallel()
	d := ask(t, 2_000)
	type ids struct{ Request, Trace, Dashes string }
	rows, err := d.Pool.Query(t.Context(), `
		SELECT replace(request_id::text, '-', ''), upper(trace_id), request_id::text
		FROM canonical_api_line_window() ORDER BY created_at LIMIT 1 OFFSET 10`)
	require.NoError(t, err)
	one, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[ids])
	require.NoError(t, err)
	byRequest := pgtest.All[string](t, d, "SELECT field FROM canonical_api_line_request($1)", one.Request)
	require.Equal(t, "id", byRequest[0])
	require.Contains(t, byRequest, "statistics.db_num_queries")
	require.NotContains(t, byRequest, "query_string", "it is NULL")
	require.Equal(t, byRequest, pgtest.All[string](t, d, "SELECT field FROM canonical_api_line_request($1)", one.Trace))
	require.Equal(t, byRequest, pgtest.All[string](t, d, "SELECT field FROM canonical_api_line_request($1)", one.Dashes))
	require.Empty(t, pgtest.All[string](t, d, "SELECT field FROM canonical_api_line_request('no id')"))
}
