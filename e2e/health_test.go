package e2e

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/pgtest"
)

// awaitHealth waits until the health check answers with the code and the text.
func awaitHealth(t *testing.T, c collector, code int, text string) {
	t.Helper()
	var said string
	require.Eventually(t, func() bool {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.Health+"/status?verbose", nil)
		require.NoError(t, err)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return false
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		said = string(body)
		return err == nil && response.StatusCode == code && strings.Contains(said, text)
	}, 10*time.Second, 20*time.Millisecond, "%d %s, last %s", code, text, &said)
}

// No span is sent: the health check knows all the same.
func TestCollector_Health_FollowsPostgres(t *testing.T) {
	t.Parallel()
	server, err := pgtest.Start("fsync=off")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop()) })
	d := server.NewDatabase(t)
	d.Exec(t, "CREATE ROLE collector LOGIN; ALTER SCHEMA public OWNER TO collector")
	// Lines wait for their batch, so that nothing but the question notices.
	c := startExample(t, collectorBinary, "production.yaml",
		"DATABASE_URL="+strings.Replace(d.URL, "//postgres@", "//collector@", 1), "QUEUE_DIRECTORY="+t.TempDir())
	d.Await(t, "to_regclass('canonical_api_line') IS NOT NULL")
	awaitHealth(t, c, http.StatusOK, "StatusOK")

	for _, fault := range []struct {
		name       string
		begin, end func()
		wantInBody string
	}{
		{"away", func() { require.NoError(t, server.Kill()) }, func() { require.NoError(t, server.Restart()); d.Pool.Reset() }, "connect"},
		{"refusing", func() { d.Close(t) }, func() { d.Open(t) }, "is not currently accepting connections"},
		{
			"read-only",
			func() {
				d.Exec(t, "ALTER SYSTEM SET default_transaction_read_only = on")
				d.Exec(t, "SELECT pg_reload_conf()")
			},
			func() {
				d.Exec(t, "ALTER SYSTEM RESET default_transaction_read_only")
				d.Exec(t, "SELECT pg_reload_conf()")
			},
			"the database is read-only",
		},
		{
			"without INSERT",
			func() { d.Exec(t, "REVOKE INSERT ON canonical_api_line FROM collector") },
			func() { d.Exec(t, "GRANT INSERT ON canonical_api_line TO collector") },
			"the role lacks INSERT on the table",
		},
	} {
		t.Log(fault.name)
		fault.begin()
		awaitHealth(t, c, http.StatusInternalServerError, fault.wantInBody)
		fault.end()
		awaitHealth(t, c, http.StatusOK, "StatusOK")
	}
	c.terminate(t)
	require.NotContains(t, c.Log(), "feature gate")
	require.NotContains(t, strings.ToLower(c.Log()), "deprecated")
	require.Contains(t, c.Log(), `"task":"connecting"`)
}
