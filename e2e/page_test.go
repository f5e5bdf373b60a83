package e2e

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/pgtest"
)

// look loads the page as a reader does who reloads it all the time, and leaves now and then before
// it is there. Whatever befalls the database, the page answers: with 503 at the least.
func (w *world) look(ctx context.Context) {
	for impatient := false; ctx.Err() == nil; impatient = !impatient {
		patience := time.Minute
		if impatient {
			patience = 100 * time.Millisecond
		}
		reading, leave := context.WithTimeout(ctx, patience)
		switch status := w.loadPage(reading); status {
		case 0, http.StatusOK, http.StatusServiceUnavailable:
		default:
			w.t.Errorf("the page answered %d", status)
		}
		leave()
		select {
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// loadPage returns the status of the page, 0 if the collector did not answer.
func (w *world) loadPage(ctx context.Context) int {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, w.current().Page+"/?window=1h", nil)
	w.must(err)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	return response.StatusCode
}

// A line that a collector writes is on the page of that collector and of another.
func TestCollector_Page_ShowsTheLinesOfEveryCollector(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	s := settings{databaseURL: d.URL, flushTimeout: 10 * time.Millisecond, overlay: "testdata/page.yaml"}
	first, second := start(t, s), start(t, s)
	deliver := overGRPC(t, first)
	for n := range 3 {
		require.NoError(t, deliver(t.Context(), ended(n, time.Now().Add(-time.Minute))))
	}
	d.Await(t, "(SELECT count(*) = 3 FROM canonical_api_line)")
	d.Await(t, "to_regproc('canonical_api_line_questions') IS NOT NULL")
	for _, c := range []collector{first, second} {
		c.awaitStatus(t, "canonical_line_page")
		require.Eventually(t, func() bool {
			response, err := http.Get(c.Page + "/")
			if err != nil {
				return false
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			return err == nil && response.StatusCode == http.StatusOK && bytes.Contains(body, []byte(">3</a> requests"))
		}, time.Minute, 100*time.Millisecond)
	}
}
