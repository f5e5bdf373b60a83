package questions_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/pgtest"
	"canonicallineexporter/internal/questions"
)

// trials holds, for each of $1 trials, two hours of the traffic of 200 routes, between some 5
// and 400 lines each, of which one in a hundred fails. Every second trial changes a route in its
// second hour: "/planted", which has 1,000 lines an hour, takes half as long again, or
// "/failing", which has 2,000, fails four times as often as the 0.5 percent before.
const trials = `
	CREATE TABLE canonical_api_line (
		created_at timestamptz, service_name text, http_method text, http_route text, http_path text, status integer, duration interval
	);
	SELECT setseed(0.5);
	INSERT INTO canonical_api_line
	SELECT
		timestamptz '2026-01-01' + (trial + random()) * interval '2 hours', 'api', 'GET', '/route/' || route, '/',
		CASE WHEN random() < 0.01 THEN 500 ELSE 200 END,
		exp(0.8 * sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random())) * interval '10 ms'
	FROM generate_series(0, 2 * %[1]d - 1) AS trial, generate_series(1, 200) AS route, generate_series(1, 5 + 400 / route) AS line;
	INSERT INTO canonical_api_line
	SELECT
		timestamptz '2026-01-01' + (%[1]d + trial + random()) * interval '2 hours', 'api', 'GET', '/planted', '/', 200,
		exp(0.8 * sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random())) * interval '10 ms'
	FROM generate_series(0, %[1]d - 1) AS trial, generate_series(1, 2000) AS line;
	UPDATE canonical_api_line SET duration = duration * 1.5
	WHERE http_route = '/planted' AND extract(hour FROM created_at)::integer %% 2 = 1;
	INSERT INTO canonical_api_line
	SELECT at, 'api', 'GET', '/failing', '/',
		CASE WHEN random() < CASE extract(hour FROM at)::integer %% 2 WHEN 1 THEN 0.02 ELSE 0.005 END THEN 500 ELSE 200 END, '10 ms'
	FROM (
		SELECT timestamptz '2026-01-01' + (%[1]d + trial + random()) * interval '2 hours' AS at
		FROM generate_series(0, %[1]d - 1) AS trial, generate_series(1, 4000) AS line
	) AS line;
	CREATE INDEX ON canonical_api_line (created_at);
	ANALYZE canonical_api_line`

func TestQuestions_Changes_CryNoWolf(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	const half = 200
	d.Exec(t, "SET timezone = 'UTC'; "+fmt.Sprintf(trials, half))
	applied, err := questions.Apply(t.Context(), d.Pool, lines)
	require.NoError(t, err)
	require.Contains(t, applied.Created, "changes")
	found := func(from, to int, route string) int {
		return pgtest.One[int](t, d, fmt.Sprintf(`
			SELECT count(DISTINCT trial)
			FROM generate_series(%d, %d) AS trial
			CROSS JOIN LATERAL canonical_api_line_changes(
				'1 hour', '1 hour', timestamptz '2026-01-01' + (trial + 1) * interval '2 hours') AS change
			WHERE http_route ~ '%s'`, from, to-1, route))
	}
	require.LessOrEqual(t, found(0, half, ".*"), half/20, "false alarms")
	require.GreaterOrEqual(t, found(half, half+40, "^/planted$"), 38, "95th percentile half as long again")
	require.GreaterOrEqual(t, found(half, half+40, "^/failing$"), 38, "failures from 0.5 to 2 percent")
	require.LessOrEqual(t, found(half, half+40, "^/route/"), 4, "false alarms beside a change")
}

// slowTrials holds 5,000 lines an hour for each trial. 200 are slow, of which four fifths have the
// same account, one of 500, or the same version or user agent.
const slowTrials = `
	CREATE TABLE canonical_api_line (
		created_at timestamptz, service_name text, http_method text, http_route text, http_path text, status integer, duration interval,
		account_id text, service_version text, user_agent text, region text, request_id uuid, statistics jsonb
	);
	SELECT setseed(0.25);
	INSERT INTO canonical_api_line
	SELECT
		timestamptz '2026-01-01' + (trial + random()) * interval '1 hour', 'api', 'GET', '/route/' || ceil(20 * random() ^ 2), '/' || random(), 200,
		random() * interval '500 ms' + CASE WHEN line <= 200 THEN interval '1 s' ELSE '0' END,
		CASE WHEN cause = 'account_id' THEN 'planted' ELSE 'account ' || ceil(500 * random()) END,
		CASE WHEN cause = 'service_version' THEN 'planted' ELSE ceil(3 * random())::text END,
		CASE WHEN cause = 'user_agent' THEN 'planted' ELSE 'agent ' || ceil(20 * random() ^ 2) END,
		(ARRAY['eu', 'us'])[ceil(2 * random())], gen_random_uuid(), jsonb_build_object('db_num_queries', floor(10 * random()))
	FROM generate_series(0, %d - 1) AS trial
	CROSS JOIN generate_series(1, 5000) AS line
	CROSS JOIN LATERAL (
		SELECT CASE WHEN line <= 160 OR random() < 0.002 THEN (ARRAY['account_id', 'service_version', 'user_agent'])[trial %% 3 + 1] END
	) AS planted (cause);
	CREATE INDEX ON canonical_api_line (created_at);
	ANALYZE canonical_api_line`

func TestQuestions_Differences_PlantedCauseComesFirst(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	const trials = 60
	d.Exec(t, "SET timezone = 'UTC'; "+fmt.Sprintf(slowTrials, trials))
	_, err := questions.Apply(t.Context(), d.Pool, lines)
	require.NoError(t, err)
	first := pgtest.All[string](t, d, fmt.Sprintf(`
		SELECT concat(first.field, ' ', first.value)
		FROM generate_series(0, %d) AS trial
		CROSS JOIN LATERAL (
			SELECT * FROM canonical_api_line_differences(
				'1 hour', timestamptz '2026-01-01' + (trial + 1) * interval '1 hour', slower_than => '1 s') LIMIT 1
		) AS first
		ORDER BY trial`, trials-1))
	require.Len(t, first, trials)
	found := 0
	for trial, value := range first {
		if value == []string{"account_id", "service_version", "user_agent"}[trial%3]+" planted" {
			found++
		}
	}
	require.GreaterOrEqual(t, found, trials*95/100, first)

	// Nothing tells the lines of one region from the others, but for themselves.
	require.Empty(t, pgtest.All[string](t, d, `
		SELECT concat(field, ' ', value) FROM canonical_api_line_differences(
			'10 hours', '2026-01-01 10:00', selected_from => '2026-01-01 04:00', selected_until => '2026-01-01 05:00')
		WHERE value <> 'planted' AND field NOT IN ('service_version', 'user_agent')`))
}

func TestQuestions_Differences_SelectionsAndColumns(t *testing.T) {
	t.Parallel()
	d := few(t, `
		('1 min', '/a', '10 ms', 503, 1, 'x', 'down', NULL),
		('2 days', '/a', '9 s', 200, 1, 'x', NULL, NULL)`)
	d.Exec(t, `
		ALTER TABLE canonical_api_line ADD plan text, ADD "odd ""name" integer, ADD at timestamptz DEFAULT now();
		INSERT INTO canonical_api_line (http_path, request_id, ip, http_method, sudo, created_at, http_route, duration, status, adjusted_count,
			plan, "odd ""name", statistics)
		SELECT '/' || n, gen_random_uuid(), '192.0.2.1', 'GET', false, now() - interval '1 min', CASE WHEN n > 900 THEN '/b' ELSE '/a' END, '10 ms',
			CASE WHEN n > 950 THEN 503 ELSE 200 END, 2, CASE WHEN n > 950 THEN 'free' ELSE 'paid' END, n % 2,
			jsonb_build_object('db_num_queries', CASE WHEN n > 950 THEN 40 ELSE 2 END, 'db_duration', n, 'own', CASE WHEN n > 950 THEN 'yes' END)
		FROM generate_series(1, 1000) AS n`)
	listed := pgtest.All[string](t, d, `
		SELECT (field, value, percent_selected, percent_others, lines_selected, lines_others)::text
		FROM canonical_api_line_differences(status => '5XX') WHERE value IS NOT NULL AND percent_selected > percent_others ORDER BY field, value`)
	require.Equal(t, []string{
		"(http_route,/b,99.01,5.26,50,50)",
		"(plan,free,99.01,0.00,50,0)",
		`(statistics.db_num_queries,"32 to 63",99.01,0.00,50,0)`,
		"(statistics.own,yes,99.01,0.00,50,0)",
	}, listed)
	require.Equal(t, []string{"(http_path,,\"1001 values in 1001 lines\")"}, pgtest.All[string](t, d, `
		SELECT (field, value, note)::text FROM canonical_api_line_differences(status => '503') WHERE note IS NOT NULL`))
	for selection, found := range map[string]bool{
		"status => '404'": false, "error => 'down'": true, "faster_than => '1 us'": false, "selected_route => '/b'": true,
		"selected_from => now() + interval '1 hour'": false, "service => 'other'": false, "status => '5xx', route => '/b'": true,
	} {
		rows := pgtest.All[string](t, d, "SELECT field FROM canonical_api_line_differences("+selection+")")
		require.Equal(t, found, len(rows) > 0, selection)
	}
}

func TestQuestions_LargeWindows_AreSampled(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	// A hundredth of the lines is slow, and comes from one account and the second version. The pages
	// hold few lines, so that a sample of them is a good estimate.
	d.Exec(t, `
		CREATE UNLOGGED TABLE canonical_api_line (
			created_at timestamptz, service_name text, http_method text, http_route text, status integer, duration interval, account text, service_version text
		) WITH (fillfactor = 30);
		INSERT INTO canonical_api_line
		SELECT timestamptz '2026-01-01' + n * interval '50 ms', 'api', 'GET', '/a', 200, CASE WHEN slow THEN interval '1 s' ELSE '10 ms' END,
			CASE WHEN slow THEN 'planted' ELSE 'other' END, CASE WHEN n % 144000 > 72000 OR slow THEN '2' ELSE '1' END
		FROM generate_series(1, 2000000) AS n, LATERAL (SELECT n % 144000 > 72000 AND n % 50 = 0) AS kind (slow);
		CREATE INDEX ON canonical_api_line (created_at);
		ANALYZE canonical_api_line`)
	_, err := questions.Apply(t.Context(), d.Pool, lines)
	require.NoError(t, err)
	for _, window := range []struct{ since, until, sampled, deployed string }{
		{"2 hours", "2026-01-01 02:00", `sampled: 100.00% of the lines for the selected lines, 13\.89% for the others`, "^$"},
		{"2 days", "2026-01-02 12:00", `sampled: \d+\.\d\d% of the pages for the selected lines, \d+\.\d\d% for the others`, `^sampled: \d+\.\d\d% of the pages$`},
	} {
		first := pgtest.One[string](t, d, fmt.Sprintf(`
			SELECT concat_ws(' ', field, value, percent_selected, percent_others, note) FROM canonical_api_line_differences('%s', '%s', slower_than => '1 s') LIMIT 1`,
			window.since, window.until))
		require.Regexp(t, `^account planted (100|99)\S* 0\S* `+window.sampled+"$", first)
		require.Regexp(t, window.deployed, pgtest.One[string](t, d, fmt.Sprintf(`
			SELECT concat(note) FROM canonical_api_line_deploys('%s', '%s') WHERE service_version = '2' LIMIT 1`, window.since, window.until)))
	}
}
