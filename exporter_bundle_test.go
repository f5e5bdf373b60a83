package canonicallineexporter

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"canonicallineexporter/internal/metadata"
	"canonicallineexporter/internal/metadatatest"
	"canonicallineexporter/internal/partition"
	"canonicallineexporter/internal/pgtest"
)

// bundle is a started exporter and what it talks to.
type bundle struct {
	exporter.Traces
	telemetry *componenttest.Telemetry
	host      *statusHost
	logs      *observer.ObservedLogs
}

// setup starts an exporter that writes to url, after change has had a hand in
// its configuration. It is shut down with the test at the latest.
func setup(t *testing.T, url string, change func(*Config)) *bundle {
	t.Helper()
	telemetry := componenttest.NewTelemetry()
	t.Cleanup(func() { require.NoError(t, telemetry.Shutdown(context.WithoutCancel(t.Context()))) })
	return setupIn(t, telemetry, newID(), url, change)
}

// newID returns the id of an exporter that no other exporter of the process has or had.
func newID() component.ID {
	return component.MustNewIDWithName(metadata.Type.String(), strconv.FormatInt(lastID.Add(1), 10))
}

var lastID atomic.Int64

// setupID starts an exporter of an id.
func setupID(t *testing.T, id component.ID, url string, change func(*Config)) *bundle {
	t.Helper()
	telemetry := componenttest.NewTelemetry()
	t.Cleanup(func() { require.NoError(t, telemetry.Shutdown(context.WithoutCancel(t.Context()))) })
	return setupIn(t, telemetry, id, url, change)
}

// setupIn starts an exporter in a collector that has its telemetry already.
func setupIn(t *testing.T, telemetry *componenttest.Telemetry, id component.ID, url string, change func(*Config)) *bundle {
	t.Helper()
	return setupOn(t, newStatusHost(), telemetry, id, url, change)
}

// setupOn starts an exporter on a host, which may have had one before.
func setupOn(
	t *testing.T, host *statusHost, telemetry *componenttest.Telemetry, id component.ID, url string, change func(*Config),
) *bundle {
	t.Helper()
	cfg := createDefaultConfig().(*Config)
	cfg.Database.URL = configopaque.String(url)
	cfg.Database.Distribute = pgtest.OnCitus
	// Captures lie in the past, further than a table of days would go back.
	cfg.Partitions.Retention, cfg.Partitions.Interval = 0, string(partition.Month)
	if change != nil {
		change(cfg)
	}
	b := &bundle{telemetry: telemetry, host: host}
	set := metadatatest.NewSettings(b.telemetry)
	set.ID = id
	var core zapcore.Core
	core, b.logs = observer.New(zapcore.DebugLevel)
	set.Logger = zap.New(core)
	traces, err := NewFactory().CreateTraces(t.Context(), set, cfg)
	require.NoError(t, err)
	b.Traces = traces
	require.NoError(t, traces.Start(t.Context(), b.host))
	t.Cleanup(func() {
		// The context of the test has ended by now.
		ctx := context.WithoutCancel(t.Context())
		require.NoError(t, traces.Shutdown(ctx))
		if t.Failed() {
			for _, entry := range b.logs.All() {
				t.Log(entry.Level, entry.Message, entry.ContextMap())
			}
		}
	})
	return b
}

// flush shuts the exporter down, which writes what waits.
func (b *bundle) flush(t *testing.T) {
	t.Helper()
	require.NoError(t, b.Shutdown(t.Context()))
}

// ofTable is the attributes, alternating keys and values, with the default table.
func ofTable(attributes ...string) attribute.Set {
	set := []attribute.KeyValue{attribute.String("table", `"canonical_api_line"`)}
	for i := 0; i < len(attributes); i += 2 {
		set = append(set, attribute.String(attributes[i], attributes[i+1]))
	}
	return attribute.NewSet(set...)
}

// sum is the value of a metric without attributes, 0 if it was never counted.
func (b *bundle) sum(t *testing.T, name string) (total int64) {
	t.Helper()
	metric, err := b.telemetry.GetMetric(name)
	if err != nil {
		return 0
	}
	for _, point := range metric.Data.(metricdata.Sum[int64]).DataPoints {
		total += point.Value
	}
	return total
}

// counter is the sum of a metric's points with one attribute.
func (b *bundle) counter(t *testing.T, name, key, value string) (total int64) {
	t.Helper()
	metric, err := b.telemetry.GetMetric(name)
	require.NoError(t, err)
	sum, ok := metric.Data.(metricdata.Sum[int64])
	require.True(t, ok)
	for _, point := range sum.DataPoints {
		if v, ok := point.Attributes.Value(attribute.Key(key)); ok && v.AsString() == value {
			total += point.Value
		}
	}
	return total
}

// statusHost keeps what the component reports of itself.
type statusHost struct {
	component.Host
	mu       sync.Mutex
	events   []*componentstatus.Event
	reported chan struct{}
	storage  memoryStorage
}

// GetExtensions returns the storage for a queue on disk.
func (h *statusHost) GetExtensions() map[component.ID]component.Component {
	return map[component.ID]component.Component{storageID: &h.storage}
}

func newStatusHost() *statusHost {
	return &statusHost{Host: componenttest.NewNopHost(), reported: make(chan struct{}, 100)}
}

// Report implements componentstatus.Reporter.
func (h *statusHost) Report(event *componentstatus.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, event)
	h.reported <- struct{}{}
}

// await returns the latest event once it has the status.
func (h *statusHost) await(t *testing.T, status componentstatus.Status) *componentstatus.Event {
	t.Helper()
	for {
		h.mu.Lock()
		if n := len(h.events); n > 0 && h.events[n-1].Status() == status {
			defer h.mu.Unlock()
			return h.events[n-1]
		}
		h.mu.Unlock()
		select {
		case <-h.reported:
		case <-time.After(time.Minute):
			require.FailNow(t, "no status", status.String())
		}
	}
}

// requests is an export of n requests that end now, numbered from first.
func requests(first, n int) ptrace.Traces {
	td := ptrace.NewTraces()
	spans := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
	for i := range n {
		span := spans.AppendEmpty()
		number := first + i
		span.SetTraceID(pcommon.TraceID{14: byte(number >> 8), 15: byte(number)})
		span.SetSpanID(pcommon.SpanID{6: byte(number >> 8), 7: byte(number)})
		span.SetKind(ptrace.SpanKindServer)
		span.SetName("GET /things/{id}")
		span.SetStartTimestamp(pcommon.NewTimestampFromTime(started))
		span.SetEndTimestamp(pcommon.NewTimestampFromTime(started.Add(time.Millisecond)))
	}
	return td
}

var started = time.Now()

const countLines = "SELECT count(*) FROM canonical_api_line"

func lines(t *testing.T, d *pgtest.Database) int64 {
	t.Helper()
	return pgtest.One[int64](t, d, countLines)
}
