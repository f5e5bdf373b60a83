// Package e2e runs the collector that ocb builds.
package e2e

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// collectorBinary builds the collector, if it is not up to date, and returns its path.
var collectorBinary = sync.OnceValues(func() (string, error) {
	out, err := exec.Command("make", "-C", "..", "--silent", "collector").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("make collector: %w\n%s", err, out)
	}
	return filepath.Abs("../build/otelcol-canonical")
})

// collector is a process of the collector.
type collector struct {
	cmd      *exec.Cmd
	grpc     string
	http     string
	health   string
	exited   chan struct{}
	exitErr  error
	mu       sync.Mutex
	output   strings.Builder
	ready    chan struct{}
	readOnce sync.Once
}

// settings are what the tests' configurations take from the environment.
type settings struct {
	databaseURL  string
	flushTimeout time.Duration
	// queueDirectory, if set, has the queue on disk.
	queueDirectory string
	// overlay, if set, is a configuration over the others, with its environment.
	overlay     string
	environment []string
}

// launch starts a collector without waiting for it.
func launch(t *testing.T, args []string, env ...string) *collector {
	t.Helper()
	path, err := collectorBinary()
	require.NoError(t, err)
	return launchBinary(t, path, args, env...)
}

// launchBinary starts a collector of another manifest.
func launchBinary(t *testing.T, path string, args []string, env ...string) *collector {
	t.Helper()
	c := &collector{exited: make(chan struct{}), ready: make(chan struct{})}
	var ports []string
	for range 3 {
		ports = append(ports, freePort(t))
	}
	c.grpc, c.http, c.health = "127.0.0.1:"+ports[0], "http://127.0.0.1:"+ports[1], "http://127.0.0.1:"+ports[2]
	// With SIGINT ignored until the collector asks for it, catchesSignals can tell.
	c.cmd = exec.Command("/bin/sh", append([]string{"-c", `trap "" INT; exec "$0" "$@"`, path}, args...)...)
	c.cmd.Env = append(os.Environ(), "OTLP_GRPC_PORT="+ports[0], "OTLP_HTTP_PORT="+ports[1], "HEALTH_PORT="+ports[2],
		// As the examples call them.
		"OTLP_GRPC_ENDPOINT="+c.grpc, "OTLP_HTTP_ENDPOINT=127.0.0.1:"+ports[1], "HEALTH_ENDPOINT=127.0.0.1:"+ports[2],
		"METRICS_PORT="+freePort(t))
	c.cmd.Env = append(c.cmd.Env, env...)
	stderr, err := c.cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, c.cmd.Start())
	go c.follow(stderr)
	t.Cleanup(func() {
		c.kill()
		if t.Failed() {
			t.Log(c.log())
		}
	})
	return c
}

// start starts a collector and returns once it takes spans.
func start(t *testing.T, s settings) *collector {
	t.Helper()
	args := []string{"--feature-gates=+extension.healthcheck.useComponentStatus", "--config=testdata/collector.yaml"}
	if s.queueDirectory != "" {
		args = append(args, "--config=testdata/persistent.yaml")
	}
	if s.overlay != "" {
		args = append(args, "--config="+s.overlay)
	}
	c := launch(t, args, append(s.environment,
		"DATABASE_URL="+s.databaseURL, "FLUSH_TIMEOUT="+s.flushTimeout.String(), "QUEUE_DIRECTORY="+s.queueDirectory)...)
	select {
	case <-c.ready:
	case <-c.exited:
		require.FailNow(t, "the collector did not start", c.log())
	}
	return c
}

// follow keeps what the collector says, until it ends.
func (c *collector) follow(stderr io.Reader) {
	lines := bufio.NewScanner(stderr)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		c.mu.Lock()
		c.output.WriteString(lines.Text() + "\n")
		c.mu.Unlock()
		if strings.Contains(lines.Text(), "Everything is ready") {
			c.readOnce.Do(func() { close(c.ready) })
		}
	}
	c.exitErr = c.cmd.Wait()
	close(c.exited)
}

func (c *collector) log() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.output.String()
}

// terminate asks the collector to stop and waits until it has.
func (c *collector) terminate(t *testing.T) {
	t.Helper()
	require.Eventually(t, c.catchesSignals, time.Minute, time.Millisecond, "the collector does not catch signals")
	require.NoError(t, c.cmd.Process.Signal(syscall.SIGTERM))
	<-c.exited
	require.NoError(t, c.exitErr, c.log())
}

// catchesSignals reports whether the collector catches SIGINT, as SIGTERM, which it
// does a moment after it is ready: before that it would die of one. Where there is
// no /proc it is taken to.
func (c *collector) catchesSignals() bool {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid))
	if err != nil {
		return true
	}
	_, caught, _ := strings.Cut(string(status), "SigCgt:")
	caught, _, _ = strings.Cut(caught, "\n")
	mask, err := strconv.ParseUint(strings.TrimSpace(caught), 16, 64)
	return err != nil || mask>>(syscall.SIGINT-1)&1 == 1
}

// kill ends the collector at once. What it says of that is no error.
func (c *collector) kill() {
	_ = c.cmd.Process.Kill()
	<-c.exited
}

// status is what the health check says of all components.
func (c *collector) status(ctx context.Context, t *testing.T) (string, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.health+"/status?verbose", nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return string(body), err
}

// awaitStatus returns once the health check says the text of a component.
func (c *collector) awaitStatus(t *testing.T, text string) string {
	t.Helper()
	var said string
	require.Eventually(t, func() bool {
		body, err := c.status(t.Context(), t)
		said = body
		return err == nil && strings.Contains(body, text)
	}, time.Minute, 20*time.Millisecond, "no status %s in %s", text, said)
	return said
}

// given are the ports that tests of this process have got.
var given sync.Map

// freePort is a port that nothing listens on and no other test gets. It lies below
// those that the system hands out to connections by itself.
func freePort(t *testing.T) string {
	t.Helper()
	for {
		port := 10_000 + rand.IntN(20_000)
		if _, taken := given.LoadOrStore(port, true); taken {
			continue
		}
		listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			require.NoError(t, listener.Close())
			return strconv.Itoa(port)
		}
	}
}
