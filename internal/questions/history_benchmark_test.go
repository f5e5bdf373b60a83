package questions_test

import (
	"strings"
	"testing"
	"time"

	"canonicallineexporter/internal/pgtest"
)

// BenchmarkQuestionsFromHistory measures what history costs and saves, over a day of lines of 200
// routes: building it, its size for 35 days of hours and a year of days, and questions as multiples
// of the article's query.
func BenchmarkQuestionsFromHistory(b *testing.B) {
	d := pgtest.New(b)
	fillWith(b, d.Pool, *benchmarkLines, 1, func(insert string) string {
		// Each of the 20 routes becomes ten.
		return strings.Replace(insert, "    route,\n    '10.0.0.0'", "    coalesce(route, '/wp-login.php') || '/' || i % 10,\n    '10.0.0.0'", 1)
	})
	began := time.Now()
	keep(b, d.Pool)
	took := time.Since(began)
	lines := pgtest.One[int64](b, d, "SELECT sum(lines)::bigint FROM canonical_api_line_hours")
	copyDays(b, d)
	size := pgtest.One[int64](b, d, `
		SELECT sum(pg_total_relation_size(relid))::bigint
		FROM (SELECT (pg_partition_tree('canonical_api_line_hours')).relid UNION ALL SELECT (pg_partition_tree('canonical_api_line_days')).relid) AS part`)
	b.Run("build", func(b *testing.B) {
		for b.Loop() {
		}
		b.ReportMetric(took.Seconds()*1e6/float64(lines), "s/million-lines")
		b.ReportMetric(float64(size)/1e6, "MB")
		b.ReportMetric(0, "ns/op")
	})
	ask := askIn(b, d.Pool)
	ask("article", articleQuery)
	for _, sql := range []string{
		"speed()", "speed('24 hours', date_bin('1 hour', now(), 'epoch'))", "costs()", "changes('1 hour', '24 hours')", "rate(step => '1 hour')",
		"heatmap(step => '1 hour')", "speed('7 days', date_bin('1 day', now(), 'epoch'))", "compare()", "history('1 year')", "deploys()", "differences()",
		"history('1 year', route => '/teams/1')",
	} {
		ask(sql, "SELECT * FROM canonical_api_line_"+sql)
	}
}

// copyDays fills the hours of 34 days before the lines with their hours, and the days of a year with
// their first day.
func copyDays(b *testing.B, d *pgtest.Database) {
	b.Helper()
	d.Exec(b, `DO $$
	DECLARE
		start timestamptz;
	BEGIN
		FOR n IN 1..37 LOOP
			start := date_bin('1 day', now(), 'epoch') - n * interval '24 hours';
			BEGIN
				EXECUTE format('CREATE TABLE older_hours_%s PARTITION OF canonical_api_line_hours FOR VALUES FROM (%L) TO (%L)', n, start, start + interval '24 hours');
			EXCEPTION WHEN invalid_object_definition THEN
				NULL; -- history has made it
			END;
		END LOOP;
		CREATE TABLE older_days PARTITION OF canonical_api_line_days DEFAULT;
	END $$`)
	const columns = `service_name, deployment_environment, http_method, http_route, other, lines, requests, refused, failed, instant, slow,
		busy, slowest, queries, own, database, waiting, outgoing, zero, first, buckets`
	d.Exec(b, "INSERT INTO canonical_api_line_hours (at, "+columns+") SELECT at - n * interval '24 hours', "+columns+
		" FROM canonical_api_line_hours, generate_series(2, 35) AS n")
	d.Exec(b, "INSERT INTO canonical_api_line_days (at, "+columns+") SELECT date_bin('1 day', now(), 'epoch') - n * interval '24 hours', "+columns+
		" FROM canonical_api_line_days, generate_series(2, 365) AS n WHERE at = (SELECT max(at) FROM canonical_api_line_days)")
	d.Exec(b, "VACUUM ANALYZE canonical_api_line_hours")
	d.Exec(b, "VACUUM ANALYZE canonical_api_line_days")
}
