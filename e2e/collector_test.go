// Package e2e runs the collector that ocb builds.
package e2e

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/oteltest"
)

var (
	collectorBinary = built("collector", "otelcol-canonical")
	// frontBinary is the collector of examples/two-tier/front.yaml.
	frontBinary = built("front", "front/otelcol-front")
)

// built returns a function that makes a target, unless it is up to date, and returns
// the path of the program.
func built(target, program string) func() (string, error) {
	return sync.OnceValues(func() (string, error) {
		out, err := exec.Command("make", "-C", "..", "--silent", target).CombinedOutput()
		if err != nil {
			return "", fmt.Errorf("make %s: %w\n%s", target, err, out)
		}
		return filepath.Abs("../build/" + program)
	})
}

// collector is a collector process that ends with its test.
type collector struct{ *oteltest.Collector }

// settings hold what the tests' configurations take from the environment.
type settings struct {
	databaseURL  string
	flushTimeout time.Duration
	// queueDirectory, if set, has the queue on disk.
	queueDirectory string
	// overlay, if set, is a configuration over the others.
	overlay string
}

// launch starts a collector without waiting for it.
func launch(t *testing.T, binary func() (string, error), args []string, env ...string) collector {
	t.Helper()
	path, err := binary()
	require.NoError(t, err)
	c, err := oteltest.Launch(t.Context(), path, args, env...)
	require.NoError(t, err)
	t.Cleanup(func() {
		c.Kill()
		if t.Failed() {
			t.Log(c.Log())
		}
	})
	return collector{c}
}

// launch starts a collector without waiting for it.
func (s settings) launch(t *testing.T) collector {
	t.Helper()
	args := []string{"--feature-gates=+extension.healthcheck.useComponentStatus", "--config=testdata/collector.yaml"}
	if s.queueDirectory != "" {
		args = append(args, "--config=testdata/persistent.yaml")
	}
	if s.overlay != "" {
		args = append(args, "--config="+s.overlay)
	}
	return launch(t, collectorBinary, args,
		"DATABASE_URL="+s.databaseURL, "FLUSH_TIMEOUT="+s.flushTimeout.String(), "QUEUE_DIRECTORY="+s.queueDirectory)
}

// start starts a collector and returns once it takes spans.
func start(t *testing.T, s settings) collector {
	t.Helper()
	c := s.launch(t)
	require.NoError(t, c.AwaitReady())
	return c
}

// terminate asks the collector to stop and waits until it has.
func (c collector) terminate(t *testing.T) {
	t.Helper()
	require.NoError(t, c.Terminate(), c.Log())
}

// awaitStatus returns the health check's answer once it contains the text.
func (c collector) awaitStatus(t *testing.T, text string) string {
	t.Helper()
	var said string
	require.Eventually(t, func() bool {
		body, err := c.Status(t.Context())
		said = body
		return err == nil && strings.Contains(body, text)
	}, time.Minute, 20*time.Millisecond, "no status %s", text)
	return said
}
