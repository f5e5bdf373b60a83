package questions_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap/zaptest"

	"canonicallineexporter/internal/history"
	"canonicallineexporter/internal/partition"
	"canonicallineexporter/internal/pgtest"
)

// keep builds the history of the lines.
func keep(t testing.TB, pool *pgxpool.Pool) {
	t.Helper()
	m := history.New(history.Config{
		Hours: 35 * 24 * time.Hour, Days: 1000 * 24 * time.Hour, MaxSeries: 2000, CreateSchema: true,
		Lines: partition.Config{Interval: partition.Day, Retention: 14 * 24 * time.Hour, CheckInterval: time.Hour},
	}, pool, zaptest.NewLogger(t))
	for more := true; more; {
		var err error
		more, err = m.Maintain(t.Context(), lines)
		require.NoError(t, err)
	}
}

// remember returns a database with lines of some days and their history.
func remember(t testing.TB, n, days int) *pgtest.Database {
	t.Helper()
	d := pgtest.New(t)
	fillDays(t, d.Pool, n, days)
	keep(t, d.Pool)
	return d
}

// Counts and sums from history equal those from lines, whatever part of the window each answers.
func TestQuestions_FromHistory_CountAsExactly(t *testing.T) {
	t.Parallel()
	d := remember(t, 20_000, 4)
	now := pgtest.One[time.Time](t, d, "SELECT now()")
	hour := now.Truncate(time.Hour)
	// Some hours have to be counted again, and one day.
	d.Exec(t, "INSERT INTO canonical_api_line_marks SELECT $1::timestamptz - n * interval '1 hour' FROM unnest('{3, 30, 31, 60}'::int[]) AS n", hour)
	d.Exec(t, "INSERT INTO canonical_api_line_marks VALUES (date_bin('1 day', $1::timestamptz - interval '48 hours', 'epoch'), true)", hour)
	d.Exec(t, "UPDATE canonical_api_line_hours SET lines = 0, requests = 0, busy = 0 WHERE at = ANY (SELECT at FROM canonical_api_line_marks WHERE NOT of_day)")
	d.Exec(t, "UPDATE canonical_api_line_days SET lines = 0, requests = 0, busy = 0 WHERE at = ANY (SELECT at FROM canonical_api_line_marks WHERE of_day)")
	for _, window := range []string{
		fmt.Sprintf("'24 hours', '%s'", now.Format(time.RFC3339Nano)),
		fmt.Sprintf("'24 hours', '%s'", hour.Format(time.RFC3339Nano)),
		fmt.Sprintf("'4 days', '%s'", now.Format(time.RFC3339Nano)),
		fmt.Sprintf("'5 days', '%s'", now.Add(time.Hour).Format(time.RFC3339Nano)),
		fmt.Sprintf("'4 hours', '%s'", now.Add(-40*time.Minute).Format(time.RFC3339Nano)),
		fmt.Sprintf("'3 days', '%s'", now.Truncate(24*time.Hour).Format(time.RFC3339Nano)),
		fmt.Sprintf("'4 days', '%s', 'api', 'GET', '/teams'", now.Format(time.RFC3339Nano)),
	} {
		for question, columns := range map[string]string{
			"speed": "service_name, http_method, http_route, requests, lines, slowest, percent_instant, percent_fast, percent_slow, percent_failed",
			"costs": `service_name, http_method, http_route, requests, queries, queries_each, date_trunc('milliseconds', busy), percent_busy,
				percent_own, percent_database, percent_waiting, percent_outgoing`,
			"rate": "at, requests, per_second, percent_refused, percent_failed, lines",
		} {
			step := ""
			if question == "rate" {
				step = ", step => '2 hours'"
			}
			sql := "SELECT (" + columns + ")::text FROM canonical_api_line_" + question + "(" + window + step
			want := pgtest.All[string](t, d, sql+", exact => true)")
			require.NotEmpty(t, want)
			got := pgtest.All[string](t, d, sql+")")
			slices.Sort(want)
			slices.Sort(got)
			require.Equal(t, want, got, sql)
		}
	}
}

func TestQuestions_FromHistory_SayHowFarOffTheyAre(t *testing.T) {
	t.Parallel()
	d := remember(t, 5_000, 3)
	for call, want := range map[string]string{
		"speed()": "±2.2 %", "speed(exact => true)": "exact", "speed('3 hours')": "exact", "reads()": "±2.2 %", "writes(exact => true)": "exact",
		"rate()": "exact", "rate(step => '1 hour')": "±2.2 %", "rate('61 hours')": "±2.2 %", "heatmap(step => '1 hour')": "±2.2 %",
		"costs()": "exact", "changes('1 day', '1 day')": "±2.2 %", "changes('1 hour', '1 hour')": "exact",
	} {
		for _, accuracy := range pgtest.All[string](t, d, "SELECT DISTINCT accuracy FROM canonical_api_line_"+call) {
			require.Equal(t, want, accuracy, call)
		}
	}
	d.Exec(t, "DROP TABLE canonical_api_line_built")
	require.Equal(t, []string{"exact"}, pgtest.All[string](t, d, "SELECT DISTINCT accuracy FROM canonical_api_line_speed() -- planned anew"))
}

// Each percentile is that of percentile_disc over the requests, or hardly off.
func TestQuestions_FromHistory_PercentilesAreWithinTheirError(t *testing.T) {
	t.Parallel()
	for name, duration := range map[string]string{
		"uniform":   "random() * 2e6",
		"bimodal":   "CASE WHEN random() < 0.7 THEN 5e3 + random() * 1e3 ELSE 8e5 + random() * 1e5 END",
		"heavy":     "1e3 / (random() + 1e-6) ^ 1.5",
		"constant":  "4096",
		"some zero": "CASE WHEN random() < 0.6 THEN 0 ELSE random() * 1e6 END",
		"captured":  "(ARRAY[1.2e3, 2.6e3, 812, 4.9e3, 1.1e4, 2.3e4, 6.1e5, 3.02e6])[1 + floor(random() * 8)]",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := remember(t, 100, 1)
			d.Exec(t, "TRUNCATE canonical_api_line")
			d.Exec(t, `
				INSERT INTO canonical_api_line (http_path, request_id, ip, http_method, sudo, created_at, http_route, duration, status, adjusted_count)
				SELECT '/', gen_random_uuid(), '192.0.2.1', 'GET', false, now() - interval '20 hours' * random(), '/a',
					floor(`+duration+`) * interval '1 us', 200, 2 ^ floor(random() * 4)
				FROM generate_series(1, 20000)`)
			d.Exec(t, "INSERT INTO canonical_api_line_marks SELECT DISTINCT date_bin('1 hour', created_at, 'epoch') FROM canonical_api_line")
			keep(t, d.Pool)
			for _, p := range []string{"0.5", "0.95", "0.99"} {
				want := pgtest.One[time.Duration](t, d, `
					SELECT percentile_disc(`+p+`) WITHIN GROUP (ORDER BY duration)
					FROM canonical_api_line_window(), generate_series(1, requests::int)`)
				got := pgtest.One[time.Duration](t, d, "SELECT p"+p[2:]+map[bool]string{true: "0"}[p == "0.5"]+" FROM canonical_api_line_speed()")
				require.InDelta(t, want.Seconds(), got.Seconds(), 0.022*want.Seconds()+5e-7, "p%s", p)
			}
		})
	}
}

func TestQuestions_History_HasARowForEveryStep(t *testing.T) {
	t.Parallel()
	d := remember(t, 5_000, 4)
	today := pgtest.One[time.Time](t, d, "SELECT date_bin('1 day', now(), 'epoch')").UTC()
	d.Exec(t, "DELETE FROM canonical_api_line WHERE created_at < $1", today.AddDate(0, 0, -1))
	require.EqualValues(t, 31, pgtest.One[int64](t, d, "SELECT count(*) FROM canonical_api_line_history('30 days')"))
	require.Equal(t, pgtest.All[int64](t, d, "SELECT sum(lines)::bigint FROM canonical_api_line_days GROUP BY at ORDER BY at"),
		pgtest.All[int64](t, d, "SELECT lines FROM canonical_api_line_history('30 days') WHERE at < $1 AND lines > 0 ORDER BY at", today))
	require.EqualValues(t, 5_000, pgtest.One[int64](t, d, "SELECT sum(lines)::bigint FROM canonical_api_line_history('30 days', now() + '1 minute')"))
	require.Positive(t, pgtest.One[int64](t, d, "SELECT sum(lines)::bigint FROM canonical_api_line_history('30 days', route => '/teams')"))
}

func TestQuestions_Compare_FindsWhatGotSlower(t *testing.T) {
	t.Parallel()
	d := remember(t, 100, 1)
	d.Exec(t, "TRUNCATE canonical_api_line; CREATE TABLE older PARTITION OF canonical_api_line_days DEFAULT")
	d.Exec(t, `
		INSERT INTO canonical_api_line_days (at, service_name, http_method, http_route, other, lines, requests, refused, failed, instant, slow, busy, slowest,
			queries, own, database, waiting, outgoing, zero, first, buckets)
		SELECT date_bin('1 day', now(), 'epoch') - ago * interval '24 hours', 'api', 'GET', route, false, 200, 200, 0, failed, 0, 0, 0, '1 hour', 0, 0, 0, 0, 0, 0, bucket, '{200}'
		FROM (VALUES (1, '/a', 240, 0), (183, '/a', 224, 0), (1, '/b', 240, 100), (183, '/b', 240, 0), (2, '/c', 240, 0)) AS day (ago, route, bucket, failed)`)
	require.Equal(t, []string{"(2.00,f,/a,0.00,200,200)", "(1.00,f,/b,50.00,200,200)", "(,t,/c,0.00,0,200)"}, pgtest.All[string](t, d, `
		SELECT (times, few_lines, http_route, percent_failed_recent, requests_before, requests_recent)::text FROM canonical_api_line_compare() WHERE http_route LIKE '/_'`))
}
