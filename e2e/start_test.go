package e2e

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/pgtest"
)

func TestCollector_InvalidConfiguration_ReportsEveryFault(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{"at start": nil, "by validate": {"validate"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := launch(t, collectorBinary, append(args, "--config=testdata/faults.yaml"))
			require.Error(t, c.Wait())
			for _, key := range []string{
				"exporters::canonical_line", "`database::url`", "`table`", "`partitions::retention`", "partitions::interval",
				"`columns::plan::type`",
			} {
				require.Contains(t, c.Log(), key)
			}
			require.NotContains(t, c.Log(), "hunter2")
		})
	}
}

func TestCollector_Validate_AcceptsEveryExample(t *testing.T) {
	t.Parallel()
	examples, err := filepath.Glob("../examples/*.yaml")
	require.NoError(t, err)
	for _, example := range append(examples, "../examples/two-tier/back.yaml") {
		c := launch(t, collectorBinary, []string{"validate", "--config=" + example}, "DATABASE_URL=postgres://localhost/lines", "QUEUE_DIRECTORY="+t.TempDir())
		require.NoError(t, c.Wait(), c.Log())
	}
}

func TestCollector_StartWithoutDatabase_CatchesUp(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	d.Drop(t)
	c := start(t, settings{databaseURL: d.URL, flushTimeout: 10 * time.Millisecond})
	deliver := overGRPC(t, c)
	for n := range 150 {
		require.NoError(t, deliver(t.Context(), numbered(n)))
	}
	said := c.awaitStatus(t, "StatusRecoverableError")
	require.Contains(t, said, "SQLSTATE 3D000")

	d.Create(t)
	d.Pool.Reset()
	d.Await(t, "SELECT count(*) = 150 FROM canonical_api_line")
	c.awaitStatus(t, `"exporter:canonical_line":{"healthy":true,"status":"StatusOK"`)
	c.terminate(t)
}
