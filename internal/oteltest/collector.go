package oteltest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Collector is a collector process. Its methods are safe for concurrent use.
type Collector struct {
	// GRPC, as host:port, and HTTP, a URL, receive OTLP. Health is the URL of the
	// health check, Metrics that of Prometheus metrics, Page that of the page. They are what
	// the process finds in its environment; the configuration decides which of them it serves.
	GRPC, HTTP, Health, Metrics, Page string

	cmd     *exec.Cmd
	ready   chan struct{}
	exited  chan struct{}
	exitErr error

	mu  sync.Mutex
	log strings.Builder
}

// ready is what the collector logs when it takes spans.
const ready = "Everything is ready"

// Launch starts a collector and returns without waiting for it. The process gets
// free ports in OTLP_GRPC_PORT, OTLP_HTTP_PORT, HEALTH_PORT, METRICS_PORT and PAGE_PORT, also as
// host:port in OTLP_GRPC_ENDPOINT and so on, and in addition the variables of env. It is killed when ctx ends.
func Launch(ctx context.Context, binary string, args []string, env ...string) (*Collector, error) {
	c := &Collector{ready: make(chan struct{}), exited: make(chan struct{})}
	// SIGINT is ignored until the collector handles it, see catchesSignals.
	args = append([]string{"-c", `trap "" INT; exec "$0" "$@"`, binary}, args...)
	c.cmd = exec.CommandContext(ctx, "/bin/sh", args...)
	c.cmd.Env = os.Environ()
	addresses := map[string]string{}
	for _, name := range []string{"OTLP_GRPC", "OTLP_HTTP", "HEALTH", "METRICS", "PAGE"} {
		port, err := FreePort()
		if err != nil {
			return nil, err
		}
		addresses[name] = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		c.cmd.Env = append(c.cmd.Env, name+"_PORT="+strconv.Itoa(port), name+"_ENDPOINT="+addresses[name])
	}
	c.cmd.Env = append(c.cmd.Env, env...)
	c.GRPC, c.HTTP = addresses["OTLP_GRPC"], "http://"+addresses["OTLP_HTTP"]
	c.Health, c.Metrics = "http://"+addresses["HEALTH"], "http://"+addresses["METRICS"]+"/metrics"
	c.Page = "http://" + addresses["PAGE"]
	stderr, err := c.cmd.StderrPipe()
	if err != nil {
		return nil, fmt.Errorf("start collector: %w", err)
	}
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start collector: %w", err)
	}
	go c.follow(stderr)
	return c, nil
}

// follow keeps what the collector logs until it exits.
func (c *Collector) follow(stderr io.Reader) {
	isReady := sync.OnceFunc(func() { close(c.ready) })
	lines := bufio.NewScanner(stderr)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		c.mu.Lock()
		c.log.WriteString(lines.Text() + "\n")
		c.mu.Unlock()
		if strings.Contains(lines.Text(), ready) {
			isReady()
		}
	}
	c.exitErr = c.cmd.Wait()
	close(c.exited)
}

// AwaitReady returns once the collector takes spans. It returns an error with the
// log if the collector exits before.
func (c *Collector) AwaitReady() error {
	select {
	case <-c.ready:
		return nil
	case <-c.exited:
		return fmt.Errorf("collector did not start:\n%s", c.Log())
	}
}

// Log returns what the collector has logged so far.
func (c *Collector) Log() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.log.String()
}

// Wait returns once the collector has exited, with its error.
func (c *Collector) Wait() error {
	<-c.exited
	return c.exitErr
}

// Terminate asks the collector to shut down, which has it write what it holds, and
// returns once it has exited, with its error.
func (c *Collector) Terminate() error {
	if err := c.signal(syscall.SIGTERM); err != nil {
		return err
	}
	return c.Wait()
}

// Reload asks the collector to read its configuration again, and returns once it takes spans
// with it. It returns an error with the log if the collector exits instead.
func (c *Collector) Reload() error {
	starts := strings.Count(c.Log(), ready)
	if err := c.signal(syscall.SIGHUP); err != nil {
		return err
	}
	for strings.Count(c.Log(), ready) == starts {
		select {
		case <-c.exited:
			return fmt.Errorf("collector did not start again:\n%s", c.Log())
		case <-time.After(10 * time.Millisecond):
		}
	}
	return nil
}

// signal sends a signal once the collector catches signals.
func (c *Collector) signal(s syscall.Signal) error {
	for deadline := time.Now().Add(time.Minute); !c.catchesSignals(); {
		if time.Now().After(deadline) {
			return errors.New("collector does not catch signals")
		}
		select {
		case <-c.exited:
			return fmt.Errorf("collector exited too early: %w", c.exitErr)
		case <-time.After(time.Millisecond):
		}
	}
	if err := c.cmd.Process.Signal(s); err != nil {
		return fmt.Errorf("send signal to collector: %w", err)
	}
	return nil
}

// catchesSignals reports whether the collector catches SIGINT and so the others. It
// does so only a moment after it is ready; before that, they would kill it.
// Without /proc the answer is always true.
func (c *Collector) catchesSignals() bool {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid))
	if err != nil {
		return true
	}
	_, caught, _ := strings.Cut(string(status), "SigCgt:")
	caught, _, _ = strings.Cut(caught, "\n")
	mask, err := strconv.ParseUint(strings.TrimSpace(caught), 16, 64)
	return err != nil || mask>>(syscall.SIGINT-1)&1 == 1
}

// Kill ends the collector at once and returns when it has exited.
func (c *Collector) Kill() {
	_ = c.cmd.Process.Kill()
	<-c.exited
}

// Status returns the health check's answer about all components.
func (c *Collector) Status(ctx context.Context) (string, error) {
	return get(ctx, c.Health+"/status?verbose")
}

// ReadMetrics returns the collector's metrics in Prometheus' text format.
func (c *Collector) ReadMetrics(ctx context.Context) (string, error) { return get(ctx, c.Metrics) }

func get(ctx context.Context, url string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return string(body), err
}

// CPU returns the processor time of a collector that has exited.
func (c *Collector) CPU() time.Duration {
	<-c.exited
	return c.cmd.ProcessState.UserTime() + c.cmd.ProcessState.SystemTime()
}

// ResidentMemory returns how many bytes of memory the collector occupies. It needs
// /proc.
func (c *Collector) ResidentMemory() (int, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", c.cmd.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("read resident memory: %w", err)
	}
	var size, resident int
	if _, err := fmt.Sscan(string(text), &size, &resident); err != nil {
		return 0, fmt.Errorf("read resident memory: %w", err)
	}
	return resident * os.Getpagesize(), nil
}
