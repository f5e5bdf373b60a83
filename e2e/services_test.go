package e2e

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/oteltest"
	"canonicallineexporter/internal/pgtest"
)

// These are the snippets of docs/services.md that run as they stand there.
var (
	goSnippet   = regexp.MustCompile("(?s)```go\n(package main\n.*?)```")
	nodeSnippet = regexp.MustCompile("(?s)```js\n(// telemetry.js\n.*?)```")
)

// snippet returns a snippet of the page with localhost:8080, if it has that, replaced.
func snippet(t *testing.T, pattern *regexp.Regexp, address string) string {
	t.Helper()
	page, err := os.ReadFile("../docs/services.md")
	require.NoError(t, err)
	found := pattern.FindStringSubmatch(string(page))
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

// startService starts a service with the page's variables, and others, and waits until it
// answers.
func startService(t *testing.T, c collector, address string, command *exec.Cmd, others ...string) service {
	t.Helper()
	command.Env = append(os.Environ(), "OTEL_SERVICE_NAME=api", "OTEL_EXPORTER_OTLP_ENDPOINT="+c.HTTP,
		"OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf", "OTEL_TRACES_SAMPLER=always_on", "OTEL_SEMCONV_STABILITY_OPT_IN=http,database",
		"OTEL_METRICS_EXPORTER=none", "OTEL_LOGS_EXPORTER=none", "OTEL_BSP_SCHEDULE_DELAY=100")
	command.Env = append(command.Env, others...)
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

func TestServices_GoSnippet_KeepsRoutesAndHeaders(t *testing.T) {
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

// nodePackages are what the page has one install, and Express.
var nodePackages = []string{
	"@opentelemetry/sdk-node@0.223.0", "@opentelemetry/instrumentation-http@0.223.0", "@opentelemetry/instrumentation-express@0.71.1", "express@5.3.0",
}

// nodeModules returns a directory with the packages, which are installed once.
var nodeModules = sync.OnceValues(func() (string, error) {
	directory, err := filepath.Abs("../.tools/node")
	if err != nil {
		return "", err
	}
	installed := filepath.Join(directory, "installed")
	if _, err := os.Stat(installed); err == nil {
		return directory, nil
	}
	args := append([]string{"install", "--silent", "--no-audit", "--no-fund", "--no-save", "--ignore-scripts", "--prefix", directory}, nodePackages...)
	if out, err := exec.Command("npm", args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm install: %w\n%s", err, out)
	}
	return directory, os.WriteFile(installed, nil, 0o600)
})

// nodeService is a service that the page's telemetry.js instruments, behind a line that
// brings express.
const nodeService = `
const app = express();
app.get('/orders/:id', (req, res) => { if (req.params.id !== 'slow') res.json({}); });
app.listen(Number(process.argv[2]), 'localhost');`

const (
	requireExpress = "const express = require('express');"
	importExpress  = "import express from 'express';"
)

// startNode starts a file with a service as the page says, with more of Node's flags and of
// the environment.
func startNode(t *testing.T, c collector, file, code string, flags []string, environment ...string) service {
	t.Helper()
	modules, err := nodeModules()
	require.NoError(t, err)
	address, directory := freeAddress(t), t.TempDir()
	require.NoError(t, os.Symlink(filepath.Join(modules, "node_modules"), filepath.Join(directory, "node_modules")))
	require.NoError(t, os.WriteFile(filepath.Join(directory, "telemetry.js"), []byte(snippet(t, nodeSnippet, address)), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(directory, file), []byte(code), 0o600))
	args := append([]string{"--require", "./telemetry.js"}, flags...)
	command := exec.CommandContext(t.Context(), "node", append(args, file, address[strings.LastIndex(address, ":")+1:])...)
	command.Dir = directory
	return startService(t, c, address, command, environment...)
}

func TestServices_NodeSnippet_KeepsRoutesHeadersAndAborts(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	c := start(t, settings{databaseURL: d.URL, flushTimeout: 10 * time.Millisecond})
	s := startNode(t, c, "server.js", requireExpress+nodeService, nil)

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

// loaderFlag is the flag that the page names for ES modules.
var loaderFlag = regexp.MustCompile("ES modules need `([^`]+)`")

func TestServices_NodeSnippet_InstrumentsESModulesWithTheLoader(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/services.md")
	require.NoError(t, err)
	flag := loaderFlag.FindStringSubmatch(string(page))
	require.NotNil(t, flag)
	d := pgtest.New(t)
	c := start(t, settings{databaseURL: d.URL, flushTimeout: 10 * time.Millisecond})
	s := startNode(t, c, "server.mjs", importExpress+nodeService, []string{flag[1]})
	require.NoError(t, s.get(t.Context(), "/orders/7"))
	d.Await(t, "SELECT count(*) = 1 FROM canonical_api_line WHERE http_path = '/orders/7'")
	require.Equal(t, []string{"GET /orders/:id 200 7c3fa5a5-2079-4e90-9970-855d14bea29a"}, pgtest.All[string](t, d, orders))
}

func TestServices_Samplers_OfTheVariablesWriteNoRate(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	c := start(t, settings{databaseURL: d.URL, flushTimeout: 10 * time.Millisecond})
	s := startNode(t, c, "server.js", requireExpress+nodeService, nil, "OTEL_TRACES_SAMPLER=traceidratio", "OTEL_TRACES_SAMPLER_ARG=0.5")
	const sent = 60
	for range sent {
		require.NoError(t, s.get(t.Context(), "/orders/7"))
	}
	require.NoError(t, s.command.Process.Signal(syscall.SIGTERM))
	require.NoError(t, s.command.Wait())
	c.terminate(t)
	lines := pgtest.One[int64](t, d, "SELECT count(*) FROM canonical_api_line WHERE http_path = '/orders/7' AND adjusted_count = 1")
	require.Positive(t, lines)
	require.Less(t, lines, int64(sent))
}
