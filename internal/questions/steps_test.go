package questions_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/pgtest"
)

func TestQuestions_Series_HaveARowForEveryStep(t *testing.T) {
	t.Parallel()
	d := few(t, `
		('1 min', '/a', '10 ms', 200, 1, 'x', NULL, NULL),
		('31 min', '/a', '10 ms', 500, 1, 'x', 'down', NULL)`)
	window := "'1 hour', date_trunc('minute', now()), step => '1 minute'"
	require.Equal(t, []int64{60, 60, 16 * 60, 60}, []int64{
		pgtest.One[int64](t, d, "SELECT count(*) FROM canonical_api_line_rate("+window+")"),
		pgtest.One[int64](t, d, "SELECT count(*) FROM canonical_api_line_failures("+window+")"),
		pgtest.One[int64](t, d, "SELECT count(*) FROM canonical_api_line_heatmap("+window+")"),
		pgtest.One[int64](t, d, "SELECT count(DISTINCT at) FROM canonical_api_line_heatmap("+window+")"),
	})
	require.Equal(t, []string{"(58,0,0.00,,,0,)", "(1,1,0.0167,0.00,0.00,1,00:00:00.01)", "(1,1,0.0167,0.00,100.00,1,00:00:00.01)"},
		pgtest.All[string](t, d, `
			SELECT (count(*), requests, per_second, percent_refused, percent_failed, lines, p99)::text
			FROM canonical_api_line_rate(`+window+`)
			GROUP BY requests, per_second, percent_refused, percent_failed, lines, p99 ORDER BY requests, percent_failed`))
}

func TestQuestions_Series_CountLinesAfterNow(t *testing.T) {
	t.Parallel()
	d := few(t, "('-30 min', '/a', '10 ms', 404, 1, 'x', 'not_found', NULL)")
	for _, name := range []string{"rate", "heatmap", "failures"} {
		require.EqualValues(t, 1, pgtest.One[int64](t, d, "SELECT sum(requests)::bigint FROM canonical_api_line_"+name+"('1 hour')"), name)
	}
}

func TestQuestions_Failures_CountTheRestTogether(t *testing.T) {
	t.Parallel()
	d := few(t, `
		('1 min', '/a', '10 ms', 500, 3, 'x', 'often', NULL),
		('1 min', '/a', '10 ms', 500, 2, 'x', 'seldom', NULL),
		('1 min', '/a', '10 ms', 404, 1, 'x', 'once', NULL)`)
	window := "'1 hour', date_trunc('hour', now() + interval '1 hour'), step => '1 hour'"
	require.Equal(t, []string{"(500,often,3)", "(,,3)"}, pgtest.All[string](t, d,
		"SELECT (status, error, requests)::text FROM canonical_api_line_failures('2 hours', step => '1 day', top => 1) WHERE requests > 0 ORDER BY status"))
	require.Len(t, pgtest.All[string](t, d, "SELECT error FROM canonical_api_line_failures('2 hours', step => '1 day', top => NULL) WHERE requests > 0"), 3)
	require.Equal(t, []string{"(,,0)"}, pgtest.All[string](t, d,
		"SELECT (status, error, requests)::text FROM canonical_api_line_failures("+window+", service => 'other')"))
}

// A day of the session's zone can have 23 hours, and those of a window have 24.
func TestQuestions_Windows_AreUTC(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	pgtest.CreateArticleTable(t, d)
	d.Exec(t, `
		CREATE TABLE lines PARTITION OF canonical_api_line FOR VALUES FROM ('2026-03-01 00:00+00') TO ('2026-04-01 00:00+00');
		INSERT INTO canonical_api_line (created_at, duration, http_method, http_path, ip, request_id, status, sudo)
		SELECT at, CASE WHEN at > '2026-03-10 12:00+00' THEN interval '2s' ELSE '1s' END, 'GET', '/', '::1', '00000000-0000-0000-0000-000000000001', 500, false
		FROM generate_series(timestamptz '2026-03-01 00:30+00', '2026-03-20 00:00+00', '1 hour') AS at`)
	applyQuestions(t, d.Pool)
	for _, zone := range []string{"UTC", "America/New_York", "Asia/Kathmandu"} {
		conn, err := d.Pool.Acquire(t.Context())
		require.NoError(t, err)
		_, err = conn.Exec(t.Context(), "SET timezone = '"+zone+"'")
		require.NoError(t, err)
		one := func(sql string) (n int) {
			require.NoError(t, conn.QueryRow(t.Context(), sql).Scan(&n))
			return n
		}
		for _, name := range []string{"window", "rate", "heatmap", "failures", "errors", "speed"} {
			call := "canonical_api_line_" + name + "('10 days', '2026-03-15 12:00+00')"
			require.Equal(t, 240, one("SELECT sum(requests) FROM "+call), "%s in %s", call, zone)
		}
		require.Equal(t, 240, one("SELECT count(DISTINCT at) FROM canonical_api_line_request('00000000-0000-0000-0000-000000000001', '10 days', '2026-03-15 12:00+00')"), zone)
		var first, last time.Time
		require.NoError(t, conn.QueryRow(t.Context(), `
			SELECT min(at), max(at) FROM canonical_api_line_rate('10 days', '2026-03-15 12:00+00', step => '1 day') WHERE lines > 0`).Scan(&first, &last))
		require.Equal(t, time.Date(2026, 3, 5, 0, 0, 0, 0, time.UTC), first.UTC(), zone)
		require.Equal(t, time.Date(2026, 3, 15, 0, 0, 0, 0, time.UTC), last.UTC(), zone)
		changes := "canonical_api_line_changes('5 days', '5 days', '2026-03-15 12:00+00')"
		require.Equal(t, 120, one("SELECT lines_recent FROM "+changes), zone)
		require.Equal(t, 120, one("SELECT lines_before FROM "+changes), zone)
		conn.Release()
	}
}

func TestQuestions_OneOf_NamesSeveralValues(t *testing.T) {
	t.Parallel()
	d := few(t, `
		('1 min', '/a', '10 ms', 200, 1, 'x', NULL, NULL),
		('1 min', '/it''s', '10 ms', 200, 1, 'x', NULL, NULL),
		('1 min', '/c', '10 ms', 200, 1, 'x', NULL, NULL)`)
	count := "SELECT count(*) FROM canonical_api_line_window(route => canonical_api_line_one_of("
	require.EqualValues(t, 2, pgtest.One[int64](t, d, count+"'/a', '/it''s'))"))
	require.EqualValues(t, 1, pgtest.One[int64](t, d, count+"'/c'))"))
	require.EqualValues(t, 3, pgtest.One[int64](t, d, count+"NULL))"))
	require.EqualValues(t, 0, pgtest.One[int64](t, d, count+"'/a/it''s'))"))
	require.NotContains(t, explain(t, d, "COSTS OFF", count+"'/a', '/c'))"), "array", "the planner does not see the text")
}
