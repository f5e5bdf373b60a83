package page

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/pgtest"
)

func TestPage_SaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	nothing := pgtest.New(t)
	_, _, body := serve(t, nothing.URL, nil).get(t, "/")
	require.Contains(t, body, "There is no table canonical_api_line yet.")

	empty := created(t)
	status, _, body := serve(t, empty.URL, nil).get(t, "/")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, "No lines yet.")
	require.Contains(t, body, "OTEL_EXPORTER_OTLP_ENDPOINT")

	d := filled(t, 200)
	_, _, body = serve(t, d.URL, nil).get(t, "/history")
	require.Contains(t, body, "There is no history.")
	_, _, body = serve(t, d.URL, nil).get(t, "/?route=/none")
	require.Contains(t, body, "No requests")
	d.Exec(t, "DROP FUNCTION canonical_api_line_overall")
	_, _, body = serve(t, d.URL, nil).get(t, "/")
	require.Contains(t, body, "lacks the function")
}

func TestPage_DatabaseAway_SaysSinceWhenAndRecovers(t *testing.T) {
	t.Parallel()
	d := filled(t, 200)
	s := serve(t, d.URL, nil)
	status, _, _ := s.get(t, "/state")
	require.Equal(t, http.StatusOK, status)
	d.Close(t)
	status, _, body := s.get(t, "/errors")
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Contains(t, body, "The database does not answer, and has not for")
	d.Open(t)
	status, _, body = s.get(t, "/errors")
	require.Equal(t, http.StatusOK, status, body)
}

// slow makes the errors of a table take for ever.
func slow(t testing.TB, d *pgtest.Database) {
	t.Helper()
	d.Exec(t, "DROP FUNCTION canonical_api_line_n_plus_one")
	d.Exec(t, `CREATE FUNCTION canonical_api_line_n_plus_one(since interval, until timestamptz) RETURNS TABLE (statement text)
		LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(600); END $$`)
}

func TestPage_SlowQuestion_IsCancelledAndSaysSo(t *testing.T) {
	t.Parallel()
	d := filled(t, 200)
	slow(t, d)
	s := serve(t, d.URL, func(c *Config) { c.Timeout = 200 * time.Millisecond })
	_, _, body := s.get(t, "/statements")
	require.Contains(t, body, "was cancelled. A shorter window")
	require.Contains(t, body, "Where time goes", "the other question has its answer")
	d.Await(t, "NOT EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE '%n_plus_one%' AND state = 'active' AND datname = current_database() AND pid <> pg_backend_pid())")
}

func TestPage_ReaderLeaves_TheQuestionIsCancelled(t *testing.T) {
	t.Parallel()
	d := filled(t, 200)
	slow(t, d)
	s := serve(t, d.URL, nil)
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/statements", nil)
		if err == nil {
			_, err = (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(request) //nolint:bodyclose // there is none
		}
		left <- err
	}()
	const asking = "EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE '%n_plus_one%' AND state = 'active' AND datname = current_database() AND pid <> pg_backend_pid())"
	d.Await(t, asking)
	leave()
	require.ErrorIs(t, <-left, context.Canceled)
	d.Await(t, "NOT "+asking)
}

// A view whose questions wait too long for their turn says so before the server gives up.
func TestPage_TooManySlowQuestions_AreGivenUpInTime(t *testing.T) {
	t.Parallel()
	d := filled(t, 200)
	slow(t, d)
	s := serve(t, d.URL, func(c *Config) { c.HTTP.WriteTimeout = 3 * time.Second })
	_, _, body := s.get(t, "/statements")
	require.Contains(t, body, "and was cancelled")
	require.Contains(t, body, "Where time goes")
}

// What no database can hold is found nowhere, and is nobody's fault.
func TestPage_BytesThatPostgresCannotHold_AreLeftOut(t *testing.T) {
	t.Parallel()
	d := filled(t, 200)
	s := serve(t, d.URL, nil)
	for path, want := range map[string]int{
		"/search?q=%00%ff": http.StatusOK, "/search?q=a%00b%ff": http.StatusNotFound, "/request/%00%ffx": http.StatusNotFound,
		"/?route=%00%ff&service=%ffx": http.StatusOK, "/?from=%00&to=%ff&window=%00": http.StatusOK, "/selection?slower=%00&since=%ff": http.StatusOK,
	} {
		status, _, body := s.get(t, path)
		require.Equal(t, want, status, path)
		require.NotContains(t, body, "SQLSTATE", path)
	}
}
