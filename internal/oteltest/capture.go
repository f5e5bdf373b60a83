// Package oteltest gives tests and benchmarks recorded OTLP exports, free ports and
// collector processes.
package oteltest

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Captures returns the files of testdata/captures, each recorded from a real service.
func Captures(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(ModuleRoot(t), "testdata", "captures", "*.jsonl"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	return files
}

// ReadExports reads a file of OTLP/JSON lines, each of them one export.
func ReadExports(t testing.TB, file string) []ptrace.Traces {
	t.Helper()
	recorded, err := os.ReadFile(file)
	require.NoError(t, err)
	var exports []ptrace.Traces
	for line := range bytes.Lines(recorded) {
		td, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(line)
		require.NoError(t, err, file)
		exports = append(exports, td)
	}
	require.NotEmpty(t, exports, file)
	return exports
}

// CountServerSpans counts the SERVER spans of exports.
func CountServerSpans(exports []ptrace.Traces) (n int64) {
	for _, td := range exports {
		for _, rs := range td.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, span := range ss.Spans().All() {
					if span.Kind() == ptrace.SpanKindServer {
						n++
					}
				}
			}
		}
	}
	return n
}

// ModuleRoot returns the folder of go.mod. Tests run in the folder of their package.
func ModuleRoot(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	require.NoError(t, err)
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		require.NotEqual(t, dir, parent, "no go.mod above the test")
		dir = parent
	}
}
