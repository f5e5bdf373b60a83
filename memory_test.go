package canonicallineexporter

import (
	"bytes"
	"context"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/metadata"
)

// callerKey is the key of what a receiver leaves in the context of an export.
type callerKey struct{}

// untraced is the provider of a collector that does not trace itself, the default: it
// leaves contexts as they are.
type untraced struct{ noop.TracerProvider }

func (untraced) Tracer(string, ...trace.TracerOption) trace.Tracer { return untracing{} }

type untracing struct{ noop.Tracer }

func (untracing) Start(ctx context.Context, _ string, _ ...trace.SpanStartOption) (context.Context, trace.Span) {
	return ctx, noop.Span{}
}

// heapPerLine returns the bytes of heap that a line in the queue takes if every export has
// one line, and the bytes of its row. The database is unreachable, so all lines stay.
func heapPerLine(t testing.TB) (heap, row float64) {
	t.Helper()
	const exports = 20_000
	cfg := createDefaultConfig().(*Config)
	cfg.Database.URL = unreachable
	set := exportertest.NewNopSettings(metadata.Type)
	set.TracerProvider = untraced{}
	traces, err := NewFactory().CreateTraces(t.Context(), set, cfg)
	require.NoError(t, err)
	e := traces.(*lineExporter)
	require.NoError(t, e.Start(t.Context(), componenttest.NewNopHost()))
	defer func() { require.NoError(t, e.Shutdown(context.WithoutCancel(t.Context()))) }()

	line := queuedOf(t, requests(0, 1)).Batch
	before := liveHeap()
	for range exports {
		req := &queued{Batch: copyrow.Batch{Layout: line.Layout, Rows: bytes.Clone(line.Rows), Ends: slices.Clone(line.Ends)}}
		require.NoError(t, e.enqueue(context.WithValue(t.Context(), callerKey{}, make([]byte, 4096)), req))
	}
	return float64(liveHeap()-before) / exports, float64(len(line.Rows))
}

// liveHeap returns the bytes of heap that are in use.
func liveHeap() int64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

func TestQueue_OneLineExports_HoldNothingOfTheCaller(t *testing.T) { //nolint:paralleltest // it measures the heap
	heap, row := heapPerLine(t)
	t.Logf("%.0f bytes of heap for a row of %.0f bytes", heap, row)
	require.Less(t, heap-row, 500.0)
}

func BenchmarkQueue_OneLineExports(b *testing.B) {
	var heap, row float64
	for b.Loop() {
		heap, row = heapPerLine(b)
	}
	b.ReportMetric(heap, "heap-bytes/line")
	b.ReportMetric(row, "row-bytes/line")
}
