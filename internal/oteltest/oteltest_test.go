package oteltest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReadExports_Captures_HaveServerSpans(t *testing.T) {
	t.Parallel()
	for _, file := range Captures(t) {
		require.Positive(t, CountServerSpans(ReadExports(t, file)), file)
	}
}

func TestFreePort_ReturnsEachPortOnce(t *testing.T) {
	t.Parallel()
	seen := map[int]bool{}
	for range 100 {
		port, err := FreePort()
		require.NoError(t, err)
		require.False(t, seen[port])
		seen[port] = true
	}
}

func TestCollector_AwaitReady_ReportsTheLogOfAFailedStart(t *testing.T) {
	t.Parallel()
	c, err := Launch(t.Context(), "/bin/sh", []string{"-c", `echo "port $OTLP_GRPC_PORT, $EXTRA" >&2; exit 3`}, "EXTRA=more")
	require.NoError(t, err)
	require.ErrorContains(t, c.AwaitReady(), "port "+c.GRPC[len("127.0.0.1:"):]+", more")
	require.ErrorContains(t, c.Wait(), "exit status 3")
}
