package e2e

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/pgtest"
)

func TestCollector_CorruptedQueueEntry_IsPassedOver(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	d.Close(t)
	s := settings{databaseURL: d.URL, flushTimeout: 10 * time.Millisecond, queueDirectory: t.TempDir()}
	c := start(t, s)
	deliver := overGRPC(t, c)
	for n := range 3 {
		require.NoError(t, deliver(t.Context(), numbered(n)))
	}
	c.Kill()
	// The second line, wherever the file holds it, loses its span id.
	spoilt := 0
	require.NoError(t, filepath.WalkDir(s.queueDirectory, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		id := []byte("0100000000000001")
		spoilt += bytes.Count(content, id)
		return os.WriteFile(path, bytes.ReplaceAll(content, id, []byte("0100000000000009")), 0o600)
	}))
	require.Positive(t, spoilt)

	d.Open(t)
	c = start(t, s)
	require.NoError(t, overGRPC(t, c)(t.Context(), numbered(3)))
	d.Await(t, "SELECT count(*) = 3 FROM canonical_api_line")
	c.terminate(t)
	require.Equal(t, []string{"0100000000000000", "0100000000000002", "0100000000000003"},
		pgtest.All[string](t, d, "SELECT span_id FROM canonical_api_line ORDER BY 1"))
	require.Equal(t, 1, strings.Count(c.Log(), "passed over an entry of the persistent queue"))
}

func TestCollector_RenamedExporter_NamesTheQueueItLeft(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	d.Close(t)
	s := settings{databaseURL: d.URL, flushTimeout: 10 * time.Millisecond, queueDirectory: t.TempDir()}
	c := start(t, s)
	require.NoError(t, overGRPC(t, c)(t.Context(), numbered(0)))
	require.NoError(t, overGRPC(t, c)(t.Context(), numbered(1)))
	c.Kill()

	s.overlay = "testdata/renamed.yaml"
	c = start(t, s)
	file := filepath.Join(s.queueDirectory, "exporter_canonical_line__traces")
	require.Eventually(t, func() bool {
		metrics, err := c.ReadMetrics(t.Context())
		return err == nil && strings.Contains(metrics, `otelcol_canonical_line_queue_abandoned{file="`+file+`",table="\"canonical_api_line\""} 2`) &&
			strings.Contains(c.Log(), "no exporter reads this queue")
	}, time.Minute, 50*time.Millisecond)
	require.Contains(t, c.Log(), file)
	c.terminate(t)

	// It is still whole.
	d.Open(t)
	s.overlay = ""
	c = start(t, s)
	d.Await(t, "SELECT count(*) = 2 FROM canonical_api_line")
	require.NotContains(t, c.Log(), "no exporter reads this queue")
}

// What waits was encoded for another configuration: a column more, one less.
func TestCollector_ChangedConfiguration_StrandsNothing(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	s := settings{databaseURL: d.URL, flushTimeout: 10 * time.Millisecond, queueDirectory: t.TempDir()}
	d.Close(t)
	for n, overlay := range []string{"", "testdata/columns.yaml", ""} {
		s.overlay = overlay
		c := start(t, s)
		require.NoError(t, overGRPC(t, c)(t.Context(), numbered(n)))
		c.awaitStatus(t, "StatusRecoverableError")
		c.terminate(t)
	}
	d.Open(t)
	c := start(t, s)
	d.Await(t, "SELECT count(*) = 3 FROM canonical_api_line")
	c.terminate(t)
}
