package questions_test

import (
	"flag"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/pgtest"
	"canonicallineexporter/internal/table"
)

var (
	benchmarkLines    = flag.Int("lines", 20_000, "how many lines the table has")
	benchmarkDatabase = flag.String("database", "", "URL of a database that keeps the lines; a throwaway one if empty")
)

// articleQuery is the article's query without its filter by method.
const articleQuery = `
	SELECT
		http_method,
		http_route,
		count(*),
		(percentile_cont(0.50) WITHIN GROUP (ORDER BY duration)) AS p50,
		(percentile_cont(0.95) WITHIN GROUP (ORDER BY duration)) AS p95,
		(percentile_cont(0.99) WITHIN GROUP (ORDER BY duration)) AS p99
	FROM canonical_api_line
	WHERE created_at > now() - '24 hours'::interval
	GROUP BY http_method, http_route
	ORDER BY 3 DESC
	LIMIT 10`

// BenchmarkQuestions measures the article's query over a day of lines, and each
// question over that day and over its last hour, as multiples of it.
func BenchmarkQuestions(b *testing.B) {
	pool := benchmarkPool(b, 1)
	ask := askIn(b, pool)
	ask("article", articleQuery)
	for _, call := range slices.Concat(calls, made) {
		ask(call.name+"/day", call.sql(call.day))
		ask(call.name+"/hour", call.sql(call.hour))
	}
}

// askIn returns a function that measures a query as a multiple of the first one.
func askIn(b *testing.B, pool *pgxpool.Pool) func(name, sql string) {
	b.Helper()
	var article float64
	return func(name, sql string) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				rows, err := pool.Query(b.Context(), sql)
				require.NoError(b, err)
				for rows.Next() {
				}
				require.NoError(b, rows.Err())
			}
			took := b.Elapsed().Seconds() / float64(b.N)
			if article == 0 {
				article = took
			}
			b.ReportMetric(took/article, "x-article")
			b.ReportMetric(took*1000, "ms/op")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkDashboard measures each panel over 30 days of lines, and all panels and variables
// together, as multiples of counting those lines.
func BenchmarkDashboard(b *testing.B) {
	d, board, now := pgtest.New(b), readDashboard(b), time.Now()
	fillDays(b, d.Pool, *benchmarkLines, 30)
	count := "SELECT count(*) FROM canonical_api_line"
	pgtest.One[int64](b, d, count) // reads the lines into the cache
	var counting float64
	ask := func(name string, queries ...string) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				for _, sql := range queries {
					d.Exec(b, board.expand(sql, now.Add(-30*24*time.Hour), now, "1h", nil))
				}
			}
			took := b.Elapsed().Seconds() / float64(b.N)
			if counting == 0 {
				counting = took
			}
			b.ReportMetric(took/counting, "x-count")
			b.ReportMetric(took*1000, "ms/op")
			b.ReportMetric(0, "ns/op")
		})
	}
	ask("count", count)
	var all []string
	for _, variable := range board.Templating.List {
		if variable.Type == "query" {
			all = append(all, variable.Query)
		}
	}
	for _, panel := range board.Panels {
		ask(panel.Title, panel.Targets[0].RawSQL)
		all = append(all, panel.Targets[0].RawSQL)
	}
	ask("dashboard", all...)
}

// benchmarkPool returns a pool of a database with lines of so many days, unless it has lines.
func benchmarkPool(b *testing.B, days int) *pgxpool.Pool {
	b.Helper()
	if *benchmarkDatabase == "" {
		d := pgtest.New(b)
		fillDays(b, d.Pool, *benchmarkLines, days)
		return d.Pool
	}
	pool, err := pgxpool.New(b.Context(), *benchmarkDatabase)
	require.NoError(b, err)
	b.Cleanup(pool.Close)
	if _, err := table.Read(b.Context(), pool, lines); err != nil {
		fillDays(b, pool, *benchmarkLines, days)
	}
	applyQuestions(b, pool)
	return pool
}

// BenchmarkQuestions_Find measures finding a value by sparse indexes in three days of lines, as
// multiples of reading all of them for it. The first search of a value finds little in the
// cache.
func BenchmarkQuestions_Find(b *testing.B) {
	pool := benchmarkPool(b, 3)
	exec := func(sql string, args ...any) {
		_, err := pool.Exec(b.Context(), sql, args...)
		require.NoError(b, err)
	}
	began := time.Now()
	indexLines(b, pool)
	b.Logf("indexed in %s", time.Since(began))
	exec("ANALYZE canonical_api_line")
	// A second ago.
	exec(`INSERT INTO canonical_api_line (http_path, request_id, ip, http_method, sudo, duration, status)
		VALUES ('/', md5('written now')::uuid, '::1', 'GET', false, '1 ms', 200) ON CONFLICT DO NOTHING`)
	var scanning float64
	ask := func(name, sql string) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				exec(sql)
			}
			took := b.Elapsed().Seconds() / float64(b.N)
			if scanning == 0 {
				scanning = took
			}
			b.ReportMetric(scanning/took, "x-faster")
			b.ReportMetric(took*1000, "ms/op")
			b.ReportMetric(0, "ns/op")
		})
	}
	// The planner may take a sparse index by itself.
	ask("scan", `DO $$
		BEGIN
			SET LOCAL enable_bitmapscan = off;
			PERFORM * FROM canonical_api_line WHERE request_id = md5('rare request')::uuid;
		END $$`)
	for _, value := range []string{"rare request", "rare trace", "rare account", "absent", "request2", "written now"} {
		ask(value, "SELECT * FROM canonical_api_line_find(md5('"+value+"'))")
	}
}
