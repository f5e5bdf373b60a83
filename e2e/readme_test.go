package e2e

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/oteltest"
	"canonicallineexporter/internal/pgtest"
)

// These are the snippets of the README that run as they stand there.
var (
	goSnippet   = regexp.MustCompile("(?s)```go\n(package main\n.*?)```")
	nodeSnippet = regexp.MustCompile("(?s)```js\n(// telemetry.js\n.*?)```")
)

// snippet returns a snippet of the README with localhost:8080, if it has that, replaced.
func snippet(t *testing.T, pattern *regexp.Regexp, address string) string {
	t.Helper()
	readme, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	found := pattern.FindStringSubmatch(string(readme))
	require.NotNil(t, found)
	return strings.Replace(found[1], "localhost:8080", address, 1)
}

func freeAddress(t *testing.T) string {
	t.Helper()
	port, err := oteltest.FreePort()
	require.NoError(t, err)
	return "localhost:" + strconv.Itoa(port)
}

// service is an instrumented service that sends its spans to a collector.
type service struct {
	command *exec.Cmd
	address string
}

// startService starts a service with the README's variables and waits until it answers.
func startService(t *testing.T, c collector, address string, command *exec.Cmd) service {
	t.Helper()
	command.Env = append(os.Environ(), "OTEL_SERVICE_NAME=api", "OTEL_EXPORTER_OTLP_ENDPOINT="+c.HTTP,
		"OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf", "OTEL_TRACES_SAMPLER=always_on", "OTEL_SEMCONV_STABILITY_OPT_IN=http,database",
		"OTEL_METRICS_EXPORTER=none", "OTEL_LOGS_EXPORTER=none", "OTEL_BSP_SCHEDULE_DELAY=100")
	var output strings.Builder
	command.Stdout, command.Stderr = &output, &output
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
		if t.Failed() {
			t.Log(output.String())
		}
	})
	s := service{command, address}
	require.Eventually(t, func() bool { return s.get(t.Context(), "/") == nil }, time.Minute, 20*time.Millisecond)
	return s
}

// get makes a request that carries an ID.
func (s service) get(ctx context.Context, path string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.address+path, nil)
	if err != nil {
		return err
	}
	request.Header.Set("X-Request-Id", "7c3fa5a5-2079-4e90-9970-855d14bea29a")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

const orders = `SELECT concat_ws(' ', http_method, http_route, status, request_id, account_email)
	FROM canonical_api_line WHERE http_path LIKE '/orders/%' ORDER BY created_at`

func TestREADME_GoSnippet_KeepsRoutesAndHeaders(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	c := start(t, settings{databaseURL: d.URL, flushTimeout: 10 * time.Millisecond})
	address := freeAddress(t)
	directory := t.TempDir()
	file, binary := filepath.Join(directory, "main.go"), filepath.Join(directory, "api")
	require.NoError(t, os.WriteFile(file, []byte(snippet(t, goSnippet, address)), 0o600))
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, file)
	build.Dir = "../demo" // its module has what the snippet imports
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))

	s := startService(t, c, address, exec.CommandContext(t.Context(), binary))
	require.NoError(t, s.get(t.Context(), "/orders/7"))
	d.Await(t, "SELECT count(*) = 1 FROM canonical_api_line WHERE http_path = '/orders/7'")
	require.Equal(t, []string{"GET /orders/{id} 200 7c3fa5a5-2079-4e90-9970-855d14bea29a alice@example.com"}, pgtest.All[string](t, d, orders))
}

// nodePackages are what the README has one install, and Express.
var nodePackages = []string{
	"@opentelemetry/sdk-node@0.223.0", "@opentelemetry/instrumentation-http@0.223.0", "@opentelemetry/instrumentation-express@0.71.1", "express@5.3.0",
}

// nodeModules returns a directory with the packages, which are installed once.
func nodeModules(t *testing.T) string {
	t.Helper()
	directory, err := filepath.Abs("../.tools/node")
	require.NoError(t, err)
	if _, err := os.Stat(filepath.Join(directory, "installed")); err == nil {
		return directory
	}
	args := append([]string{"install", "--silent", "--no-audit", "--no-fund", "--no-save", "--ignore-scripts", "--prefix", directory}, nodePackages...)
	out, err := exec.CommandContext(t.Context(), "npm", args...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.NoError(t, os.WriteFile(filepath.Join(directory, "installed"), nil, 0o600))
	return directory
}

// nodeService is a service that the README's telemetry.js instruments.
const nodeService = `
const app = require('express')();
app.get('/orders/:id', (req, res) => { if (req.params.id !== 'slow') res.json({}); });
app.listen(Number(process.argv[2]), 'localhost');`

func TestREADME_NodeSnippet_KeepsRoutesHeadersAndAborts(t *testing.T) {
	t.Parallel()
	modules := nodeModules(t)
	d := pgtest.New(t)
	c := start(t, settings{databaseURL: d.URL, flushTimeout: 10 * time.Millisecond})
	address := freeAddress(t)
	directory := t.TempDir()
	require.NoError(t, os.Symlink(filepath.Join(modules, "node_modules"), filepath.Join(directory, "node_modules")))
	require.NoError(t, os.WriteFile(filepath.Join(directory, "telemetry.js"), []byte(snippet(t, nodeSnippet, address)), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(directory, "server.js"), []byte(nodeService), 0o600))
	command := exec.CommandContext(t.Context(), "node", "--require", "./telemetry.js", "server.js", address[strings.LastIndex(address, ":")+1:])
	command.Dir = directory
	s := startService(t, c, address, command)

	require.NoError(t, s.get(t.Context(), "/orders/7"))
	impatient, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, s.get(impatient, "/orders/slow"), context.DeadlineExceeded)
	d.Await(t, "SELECT count(*) = 2 FROM canonical_api_line WHERE http_path LIKE '/orders/%'")
	const id = "7c3fa5a5-2079-4e90-9970-855d14bea29a"
	require.Equal(t, []string{"GET /orders/:id 200 " + id, "GET /orders/:id 499 " + id}, pgtest.All[string](t, d, orders))

	require.NoError(t, s.command.Process.Signal(syscall.SIGTERM))
	require.NoError(t, s.command.Wait())
}
