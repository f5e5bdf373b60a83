package page

import (
	"flag"
	"net/http"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

var (
	benchmarkLines    = flag.Int("lines", 20_000, "how many lines of a day the table has")
	benchmarkDatabase = flag.String("database", "", "URL of a database that has lines and their history; a throwaway one if empty")
)

// BenchmarkPage_Overview measures the overview of a day, when nothing is known yet and from what is
// known, as multiples of the article's query over the same day.
func BenchmarkPage_Overview(b *testing.B) {
	address := *benchmarkDatabase
	if address == "" {
		d := filled(b, *benchmarkLines)
		keep(b, d)
		address = d.URL
	}
	conn, err := pgx.Connect(b.Context(), address)
	require.NoError(b, err)
	defer conn.Close(b.Context())
	began := time.Now()
	_, err = conn.Exec(b.Context(), `
		SELECT http_method, http_route, percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY duration)
		FROM canonical_api_line WHERE created_at > now() - interval '24 hours' GROUP BY 1, 2`)
	require.NoError(b, err)
	article := time.Since(began)

	s := serve(b, address, nil)
	for name, forget := range map[string]bool{"cold": true, "known": false} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if forget {
					s.asker.known.Purge()
				}
				status, _, _ := s.get(b, "/?window=24h")
				require.Equal(b, http.StatusOK, status)
			}
			took := b.Elapsed() / time.Duration(b.N)
			b.ReportMetric(float64(took)/float64(article), "x-article")
			b.ReportMetric(float64(took.Microseconds())/1000, "ms/op")
			b.ReportMetric(0, "ns/op")
		})
	}
}
