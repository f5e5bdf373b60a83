package canonicallineexporter

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"canonicallineexporter/internal/metadata"
	"canonicallineexporter/internal/oteltest"
	"canonicallineexporter/internal/pgtest"
)

// asLogs returns the exceptions of an export as the log records that an SDK sends for them if
// OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN is logs. Unless keep is set, the spans lose theirs.
func asLogs(td ptrace.Traces, keep bool) plog.Logs {
	ld := plog.NewLogs()
	for _, rs := range td.ResourceSpans().All() {
		rl := ld.ResourceLogs().AppendEmpty()
		rs.Resource().CopyTo(rl.Resource())
		records := rl.ScopeLogs().AppendEmpty().LogRecords()
		for _, ss := range rs.ScopeSpans().All() {
			for _, s := range ss.Spans().All() {
				s.Events().RemoveIf(func(event ptrace.SpanEvent) bool {
					_, typed := event.Attributes().Get("exception.type")
					_, told := event.Attributes().Get("exception.message")
					if event.Name() != "exception" && !typed && !told {
						return false
					}
					l := records.AppendEmpty()
					l.SetTimestamp(event.Timestamp())
					l.SetTraceID(s.TraceID())
					l.SetSpanID(s.SpanID())
					l.SetEventName(event.Name())
					l.SetSeverityNumber(plog.SeverityNumberError)
					event.Attributes().CopyTo(l.Attributes())
					return !keep
				})
			}
		}
	}
	return ld
}

func TestExporter_ExceptionsAsLogs_MakeTheSameLines(t *testing.T) {
	t.Parallel()
	files := oteltest.Captures(t)
	for _, pattern := range []string{"testdata/traps/*.jsonl", "testdata/cases/*.jsonl", "testdata/shapes/*.jsonl"} {
		found, err := filepath.Glob(pattern)
		require.NoError(t, err)
		files = append(files, found...)
	}
	exceptions := 0
	for n, recorded := range files {
		for mode, keep := range map[string]bool{"logs": false, "logs/dup": true} {
			exports := oteltest.ReadExports(t, recorded)
			var logs []plog.Logs
			total := 0
			for _, td := range exports {
				logs = append(logs, asLogs(td, keep))
				total += logs[len(logs)-1].LogRecordCount()
			}
			if total == 0 {
				continue
			}
			exceptions += total
			t.Run(filepath.Base(recorded)+" "+mode, func(t *testing.T) {
				t.Parallel()
				d := pgtest.New(t)
				b := setup(t, d.URL, nil)
				consume := func(ld plog.Logs) {
					require.NoError(t, b.Traces.(*lineExporter).ConsumeLogs(t.Context(), ld))
				}
				for i, td := range exports {
					if n%3 == 0 {
						consume(logs[i])
					}
					require.NoError(t, b.ConsumeTraces(t.Context(), td))
					if n%3 == 1 {
						consume(logs[i])
						consume(logs[i])
					}
				}
				if n%3 == 2 {
					for _, ld := range logs {
						consume(ld)
					}
				}
				b.flush(t)
				want, err := os.ReadFile(filepath.Join("testdata", "golden", filepath.Base(recorded)))
				require.NoError(t, err)
				require.Equal(t, string(want), strings.Join(pgtest.All[string](t, d, golden), "\n")+"\n")
			})
		}
	}
	require.Greater(t, exceptions, 20)
}

// The collector creates a component for each signal, with one configuration.
func TestFactory_TracesAndLogs_ShareAnExporter(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	cfg := createDefaultConfig().(*Config)
	cfg.Database.URL = configopaque.String(d.URL)
	set := exportertest.NewNopSettings(metadata.Type)
	traces, err := NewFactory().CreateTraces(t.Context(), set, cfg)
	require.NoError(t, err)
	logs, err := NewFactory().CreateLogs(t.Context(), set, cfg)
	require.NoError(t, err)
	other, err := NewFactory().CreateTraces(t.Context(), set, cfg)
	require.NoError(t, err)
	require.Same(t, traces, logs)
	require.NotSame(t, traces, other)
	require.NoError(t, other.Shutdown(t.Context()))

	require.NoError(t, logs.Start(t.Context(), componenttest.NewNopHost()))
	require.NoError(t, traces.Start(t.Context(), componenttest.NewNopHost()))
	require.NoError(t, logs.Shutdown(t.Context()))
	require.NoError(t, traces.ConsumeTraces(t.Context(), requests(0, 3)), "the other signal still uses it")
	require.NoError(t, traces.Shutdown(t.Context()))
	require.EqualValues(t, 3, pgtest.One[int64](t, d, "SELECT count(*) FROM canonical_api_line"))
	require.NotContains(t, shared.exporters, cfg)
}
