package canonicallineexporter

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/zap/zaptest/observer"

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
	shared.mu.Lock()
	defer shared.mu.Unlock()
	require.NotContains(t, shared.exporters, cfg)
}

// Nothing of a log reaches the table but an exception's type and message, redacted, and what
// the application sends for it.
func TestExporter_HostileLogs_StoreNothingElse(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	b := setup(t, d.URL, func(cfg *Config) { cfg.Collapse.MaxPendingSpans = 20_000 })
	require.NoError(t, b.ConsumeTraces(t.Context(), requests(1, 500)))
	td := requests(1, 500)
	servers := td.ResourceSpans().At(0).ScopeSpans().At(0).Spans()
	random := rand.New(rand.NewPCG(1, 2))
	keys := []string{
		"exception.type", "exception.message", "exception.stacktrace", "http.request.header.authorization", "user.id", "http.route",
		"db.query.text", "canonicalx", "canonical.", "event.name", "", "\x00", "exception.escaped",
	}
	for range 100 {
		ld := plog.NewLogs()
		records := ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
		for range 1000 {
			l := records.AppendEmpty()
			if random.IntN(4) > 0 {
				s := servers.At(random.IntN(servers.Len()))
				l.SetTraceID(s.TraceID())
				l.SetSpanID(s.SpanID())
				if random.IntN(3) == 0 {
					l.SetSpanID(pcommon.SpanID{0: 9, 6: byte(random.IntN(256)), 7: byte(random.IntN(256))})
				}
			}
			l.SetTimestamp(pcommon.Timestamp(random.Uint64()))
			l.SetSeverityNumber(plog.SeverityNumber(random.IntN(30) - 2))
			l.SetEventName([]string{"", "exception", "exception\xff", "session.start"}[random.IntN(4)])
			l.Body().SetStr("planted-in-body password=planted-hidden")
			for range random.IntN(4) {
				value := "planted-in-attribute"
				key := keys[random.IntN(len(keys))]
				if strings.HasPrefix(key, "exception.") && key != "exception.stacktrace" {
					value = "said password=planted-hidden"
				}
				switch random.IntN(3) {
				case 0:
					l.Attributes().PutEmptyMap(key).PutStr("token", "planted-hidden")
				default:
					l.Attributes().PutStr(key, value)
				}
			}
		}
		require.NoError(t, b.Traces.(*lineExporter).ConsumeLogs(t.Context(), ld))
	}
	b.flush(t)
	require.EqualValues(t, 500, pgtest.One[int64](t, d, "SELECT count(*) FROM canonical_api_line"))
	require.Empty(t, pgtest.All[string](t, d, "SELECT l::text FROM canonical_api_line AS l WHERE l::text ~ 'planted-(hidden|in-attribute)'"))
	require.Equal(t, int64(100_000), b.sum(t, "otelcol_canonical_line_log_records"))
}

func TestExporter_FailuresWithoutExceptions_AreSaidOnceUnlessLogsAreWired(t *testing.T) {
	t.Parallel()
	failing := func(first int, exception bool) ptrace.Traces {
		td := requests(first, 60)
		for _, s := range td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().All() {
			s.Status().SetCode(ptrace.StatusCodeError)
			if exception {
				s.Events().AppendEmpty().SetName("exception")
			}
		}
		return td
	}
	const said = "requests fail without an exception"
	warned := func(b *bundle) int {
		return b.logs.Filter(func(e observer.LoggedEntry) bool { return strings.Contains(e.Message, said) }).Len()
	}
	d := pgtest.New(t)
	b := setup(t, d.URL, nil)
	for n, exception := range []bool{false, true, false} {
		require.NoError(t, b.ConsumeTraces(t.Context(), failing(1+100*n, exception)))
		require.Zero(t, warned(b))
	}
	for n := range 4 {
		require.NoError(t, b.ConsumeTraces(t.Context(), failing(1001+100*n, false)))
		require.Equal(t, 1, warned(b))
	}

	wired := setup(t, d.URL, nil)
	e := wired.Traces.(*lineExporter)
	logs, err := NewFactory().CreateLogs(t.Context(), exportertest.NewNopSettings(metadata.Type), e.cfg)
	require.NoError(t, err)
	require.Same(t, wired.Traces, logs)
	for n := range 4 {
		require.NoError(t, wired.ConsumeTraces(t.Context(), failing(2001+100*n, false)))
	}
	require.Zero(t, warned(wired))
	require.NoError(t, logs.Shutdown(t.Context()))
}
