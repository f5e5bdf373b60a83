package canonicallineexporter

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"
	"go.uber.org/zap"

	"canonicallineexporter/internal/metadata"
	"canonicallineexporter/internal/metadatatest"
	"canonicallineexporter/internal/oteltest"
	"canonicallineexporter/internal/pgtest"
)

var update = flag.Bool("update", false, "rewrite the golden lines")

// golden is a line as an operator would read it, without what is empty.
const golden = `
	SELECT jsonb_strip_nulls(to_jsonb(l) - 'updated_at')::text
	FROM canonical_api_line l
	ORDER BY created_at, id`

// TestExporter_Lines_EqualGolden compares the lines of real services' spans, of spans made for
// each trap in the conventions, and of spans that are hard to tell whose they are, with those
// on file.
func TestExporter_Lines_EqualGolden(t *testing.T) {
	t.Parallel()
	for _, recorded := range recordings(t) {
		name := filepath.Base(recorded)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := pgtest.New(t)
			b := setup(t, d.URL, nil)
			for _, td := range oteltest.ReadExports(t, recorded) {
				require.NoError(t, b.ConsumeTraces(t.Context(), td))
			}
			b.flush(t)

			got := strings.Join(pgtest.All[string](t, d, golden), "\n") + "\n"
			file := filepath.Join("testdata", "golden", name)
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Equal(t, string(want), got)
		})
	}
}

// recordings lists the files of exports that golden lines are made of.
func recordings(t *testing.T) []string {
	t.Helper()
	files := oteltest.Captures(t)
	for _, pattern := range []string{"testdata/traps/*.jsonl", "testdata/cases/*.jsonl", "testdata/shapes/*.jsonl"} {
		found, err := filepath.Glob(pattern)
		require.NoError(t, err)
		require.NotEmpty(t, found)
		files = append(files, found...)
	}
	return files
}

func TestExporter_Replay_KeepsOneRowPerServerSpan(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	const tuples = "SELECT md5(string_agg(l::text || xmin || ctid, ',' ORDER BY id)) FROM canonical_api_line l"
	var before string
	var spans int64
	for replay := range 2 {
		b := setup(t, d.URL, nil)
		spans = 0
		for _, file := range oteltest.Captures(t) {
			exports := oteltest.ReadExports(t, file)
			spans += oteltest.CountServerSpans(exports)
			for _, td := range exports {
				require.NoError(t, b.ConsumeTraces(t.Context(), td))
			}
		}
		b.flush(t)
		require.Equal(t, spans, lines(t, d))
		after := pgtest.One[string](t, d, tuples)
		if replay == 1 {
			require.Equal(t, before, after)
			unchanged := spans + b.sum(t, "otelcol_canonical_line_amended")
			require.Equal(t, unchanged, b.counter(t, "otelcol_canonical_line_written", "outcome", "unchanged"))
			require.Equal(t, unchanged, b.sum(t, "otelcol_canonical_line_written"))
		}
		before = after
	}
}

// refusingMeters takes no callbacks for the exporter's own metrics.
type refusingMeters struct{ noop.MeterProvider }

func (refusingMeters) Meter(scope string, _ ...metric.MeterOption) metric.Meter {
	if scope == metadata.ScopeName {
		return refusingMeter{}
	}
	return noop.Meter{}
}

type refusingMeter struct{ noop.Meter }

func (refusingMeter) RegisterCallback(metric.Callback, ...metric.Observable) (metric.Registration, error) {
	return nil, errors.New("refused")
}

func TestExporter_FailedStart_LeavesNothingOpen(t *testing.T) {
	t.Parallel()
	set := exportertest.NewNopSettings(metadata.Type)
	set.MeterProvider = refusingMeters{}
	cfg := createDefaultConfig().(*Config)
	cfg.Database.URL = configopaque.String(pgtest.New(t).URL)
	traces, err := NewFactory().CreateTraces(t.Context(), set, cfg)
	require.NoError(t, err)

	require.ErrorContains(t, traces.Start(t.Context(), componenttest.NewNopHost()), "register metrics: refused")
	require.NoError(t, traces.Shutdown(t.Context()))
	require.ErrorContains(t, traces.(*lineExporter).pool.Ping(t.Context()), "closed pool")
}

func TestExporter_Batch_IsWrittenAtAHundredLines(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	b := setup(t, d.URL, func(cfg *Config) {
		// Were it the timer that writes, the test would not end.
		cfg.QueueConfig.Get().Batch.Get().FlushTimeout = time.Hour
	})
	d.Await(t, "SELECT count(*) = 0 FROM canonical_api_line")
	for i := range 99 {
		require.NoError(t, b.ConsumeTraces(t.Context(), requests(i, 1)))
	}
	// Descendants do not count.
	other := requests(500, 50)
	other.ResourceSpans().At(0).ScopeSpans().At(0).Spans().RemoveIf(func(span ptrace.Span) bool {
		span.SetKind(ptrace.SpanKindClient)
		return false
	})
	require.NoError(t, b.ConsumeTraces(t.Context(), other))
	require.Zero(t, lines(t, d))
	require.NoError(t, b.ConsumeTraces(t.Context(), requests(99, 1)))
	d.Await(t, "SELECT count(*) = 100 FROM canonical_api_line")
	require.EqualValues(t, 1, pgtest.One[int64](t, d, "SELECT count(DISTINCT updated_at) FROM canonical_api_line"), "one transaction")
}

func TestExporter_Batch_IsMeasured(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	b := setup(t, d.URL, nil)
	require.NoError(t, b.ConsumeTraces(t.Context(), requests(0, 42)))
	b.flush(t)
	size, err := b.telemetry.GetMetric("otelcol_canonical_line_batch_size")
	require.NoError(t, err)
	require.EqualValues(t, 42, size.Data.(metricdata.Histogram[int64]).DataPoints[0].Sum)
	duration, err := b.telemetry.GetMetric("otelcol_canonical_line_batch_duration")
	require.NoError(t, err)
	require.Positive(t, duration.Data.(metricdata.Histogram[float64]).DataPoints[0].Sum)
}

func TestExporter_Batch_IsWrittenAtTheFlushTimeout(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	b := setup(t, d.URL, func(cfg *Config) {
		cfg.QueueConfig.Get().Batch.Get().FlushTimeout = 50 * time.Millisecond
	})
	require.NoError(t, b.ConsumeTraces(t.Context(), requests(0, 3)))
	d.Await(t, "SELECT count(*) = 3 FROM canonical_api_line")
}

func TestExporter_Shutdown_WritesQueuedLines(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	b := setup(t, d.URL, nil)
	require.NoError(t, b.ConsumeTraces(t.Context(), requests(0, 42)))
	b.flush(t)
	require.EqualValues(t, 42, lines(t, d))
	b.flush(t) // and again, without harm
}

func TestExporter_RefusedExport_HasNoEffect(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	b := setup(t, d.URL, func(cfg *Config) {
		cfg.QueueConfig.Get().QueueSize = 100
	})
	require.Error(t, b.ConsumeTraces(t.Context(), requests(0, 101)), "more than the queue holds")
	require.Zero(t, b.sum(t, "otelcol_canonical_line_spans_received"), "what is refused is not received")

	require.NoError(t, b.ConsumeTraces(t.Context(), requests(0, 100)))
	d.Await(t, "SELECT count(*) = 100 FROM canonical_api_line")
	require.EqualValues(t, 100, b.counter(t, "otelcol_canonical_line_spans_received", "role", "server"))
	require.EqualValues(t, 100, b.sum(t, "otelcol_canonical_line_spans_received"))
}

func TestExporter_Descendant_CountsOnce(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	b := setup(t, d.URL, func(cfg *Config) { cfg.QueueConfig.Get().QueueSize = 100 })
	queries := requests(0, 4)
	spans := queries.ResourceSpans().At(0).ScopeSpans().At(0).Spans()
	for i, span := range spans.All() {
		span.SetKind(ptrace.SpanKindClient)
		span.SetTraceID(pcommon.TraceID{15: 1})
		span.SetSpanID(pcommon.SpanID{0: byte(i + 1)})
		span.SetParentSpanID(pcommon.SpanID{7: 1})
		span.Attributes().PutStr("db.query.text", fmt.Sprint("SELECT ", i))
	}
	require.NoError(t, b.ConsumeTraces(t.Context(), queries))

	// The queue refuses the request: the second try tells the same.
	tooMany := requests(1, 101)
	require.Error(t, b.ConsumeTraces(t.Context(), tooMany))
	require.NoError(t, b.ConsumeTraces(t.Context(), requests(1, 1)))
	// What comes again changes nothing.
	require.NoError(t, b.ConsumeTraces(t.Context(), requests(1, 1)))
	require.NoError(t, b.ConsumeTraces(t.Context(), queries))
	b.flush(t)
	require.Equal(t, []string{"4 4 4 SELECT ?"}, pgtest.All[string](t, d, `
		SELECT concat_ws(' ', statistics->>'spans', statistics->>'db_num_queries', statistics->>'db_max_repeat',
			statistics->>'db_max_repeat_query')
		FROM canonical_api_line`))
	for outcome, want := range map[string]int64{"attached": 4, "duplicate": 4} {
		require.Equal(t, want, b.counter(t, "otelcol_canonical_line_spans_resolved", "outcome", outcome), outcome)
	}
}

func TestExporter_PendingSpans_AreEvictedAfterTheTTL(t *testing.T) {
	t.Parallel()
	b := setup(t, "postgres://127.0.0.1:1/none", func(cfg *Config) {
		cfg.Collapse.PendingTTL = 20 * time.Millisecond
	})
	orphans := requests(0, 5)
	orphans.ResourceSpans().At(0).ScopeSpans().At(0).Spans().RemoveIf(func(span ptrace.Span) bool {
		span.SetKind(ptrace.SpanKindClient)
		span.SetParentSpanID(pcommon.SpanID{0: 1})
		return false
	})
	require.NoError(t, b.ConsumeTraces(t.Context(), orphans))
	require.Eventually(t, func() bool {
		_, err := b.telemetry.GetMetric("otelcol_canonical_line_spans_evicted")
		return err == nil && b.counter(t, "otelcol_canonical_line_spans_evicted", "reason", "pending_ttl") == 5
	}, time.Minute, time.Millisecond)
	metadatatest.AssertEqualCanonicalLineSpansPending(t, b.telemetry,
		[]metricdata.DataPoint[int64]{{Attributes: ofTable(), Value: 0}}, metricdatatest.IgnoreTimestamp())
}

func TestExporter_DatabaseAway_LosesNoLine(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	d.Drop(t)
	b := setup(t, d.URL, func(cfg *Config) {
		cfg.QueueConfig.Get().Batch.Get().FlushTimeout = time.Millisecond
		cfg.BackOffConfig.InitialInterval = 10 * time.Millisecond
		cfg.BackOffConfig.MaxInterval = 50 * time.Millisecond
		cfg.Partitions.CheckInterval = 20 * time.Millisecond
	})
	require.NoError(t, b.ConsumeTraces(t.Context(), requests(0, 7)))
	failing := b.host.await(t, componentstatus.StatusRecoverableError)
	require.ErrorContains(t, failing.Err(), "SQLSTATE 3D000")
	require.NotContains(t, failing.Err().Error(), "user=")
	require.NotContains(t, failing.Err().Error(), "postgres://")
	require.Eventually(t, func() bool { return b.failing(t) == 3 && b.waitingAge(t) > 0 }, time.Minute, time.Millisecond)

	d.Create(t)
	b.host.await(t, componentstatus.StatusOK)
	d.Pool.Reset()
	d.Await(t, "SELECT count(*) = 7 FROM canonical_api_line")
	require.Eventually(t, func() bool { return b.failing(t) == 0 && b.waitingAge(t) == 0 }, time.Minute, time.Millisecond)
	require.Len(t, b.logs.FilterMessageSnippet("recovered").FilterField(zap.String("task", string(writing))).All(), 1)
	failed := b.logs.FilterMessageSnippet("failing").FilterField(zap.String("task", string(writing))).All()
	require.Len(t, failed, 1)
	require.Contains(t, failed[0].ContextMap()["error"], "write 7 lines, the first with id "+
		pgtest.One[string](t, d, "SELECT replace(id::text, '-', '') FROM canonical_api_line ORDER BY id LIMIT 1"))
}

func TestExporter_LineThatWaits_HoldsUpNoOther(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	b := setup(t, d.URL, failingFast)
	b.gauge(t, "otelcol_canonical_line_partition_last_success")
	d.Exec(t, `
		CREATE TABLE accepted ();
		CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
			$$ BEGIN IF NOT EXISTS (SELECT FROM accepted) THEN RAISE 'not yet'; END IF; RETURN NEW; END $$;
		CREATE TRIGGER refuse BEFORE INSERT ON canonical_api_line FOR EACH ROW
			WHEN (NEW.span_id = '0000000000000007') EXECUTE FUNCTION refuse()`)
	require.NoError(t, b.ConsumeTraces(t.Context(), requests(0, 100)))
	d.Await(t, "SELECT count(*) = 99 FROM canonical_api_line")
	failing := b.host.await(t, componentstatus.StatusRecoverableError)
	require.ErrorContains(t, failing.Err(), "write 1 lines, the first with id ")

	d.Exec(t, "INSERT INTO accepted DEFAULT VALUES")
	d.Await(t, "SELECT count(*) = 100 FROM canonical_api_line")
	b.flush(t)
	require.EqualValues(t, 100, b.counter(t, "otelcol_canonical_line_written", "outcome", "inserted"))
	require.EqualValues(t, 100, b.sum(t, "otelcol_canonical_line_written"))
	require.Zero(t, b.sum(t, "otelcol_canonical_line_dropped"))
}

func TestExporter_BatchesThatAreRefused_HoldUpNoOther(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	b := setup(t, d.URL, func(cfg *Config) {
		failingFast(cfg)
		cfg.QueueConfig.Get().NumConsumers = 2
		cfg.QueueConfig.Get().Batch.Get().MinSize, cfg.QueueConfig.Get().Batch.Get().MaxSize = 1, 1
	})
	b.gauge(t, "otelcol_canonical_line_partition_last_success")
	d.Exec(t, `
		CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'never'; END $$;
		CREATE TRIGGER refuse BEFORE INSERT ON canonical_api_line FOR EACH ROW
			WHEN (NEW.span_id < '0000000000000008') EXECUTE FUNCTION refuse()`)
	sent := 0
	send := func() {
		sent++
		require.NoError(t, b.ConsumeTraces(t.Context(), requests(sent, 1)))
	}
	for range 20 {
		send()
	}
	// A line is at fault once the table has taken others since it was refused.
	require.Eventually(t, func() bool {
		send()
		return b.counter(t, "otelcol_canonical_line_dropped", "reason", "rejected") == 7
	}, time.Minute, 10*time.Millisecond)
	b.flush(t)
	require.EqualValues(t, sent-7, b.counter(t, "otelcol_canonical_line_written", "outcome", "inserted"))
	require.EqualValues(t, 7, b.counter(t, "otelcol_canonical_line_dropped", "reason", "rejected"))
	require.EqualValues(t, sent-7, lines(t, d))
}

func TestExporter_Retention_DropsExpiredLines(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	b := setup(t, d.URL, func(cfg *Config) { cfg.Partitions.Retention = time.Hour })
	td := requests(0, 3)
	spans := td.ResourceSpans().At(0).ScopeSpans().At(0).Spans()
	spans.At(1).SetEndTimestamp(pcommon.NewTimestampFromTime(started.Add(-2 * time.Hour)))
	spans.At(2).SetEndTimestamp(pcommon.NewTimestampFromTime(started.Add(100 * time.Hour)))
	require.NoError(t, b.ConsumeTraces(t.Context(), td))
	b.flush(t)
	require.EqualValues(t, 2, lines(t, d))
	require.Equal(t, "0", pgtest.One[string](t, d, "SELECT count(*)::text FROM canonical_api_line WHERE created_at > now() + interval '1 minute'"))
	require.EqualValues(t, 1, b.counter(t, "otelcol_canonical_line_dropped", "reason", "expired"))
	require.EqualValues(t, 1, b.sum(t, "otelcol_canonical_line_dropped"))
	require.EqualValues(t, 1, b.sum(t, "otelcol_canonical_line_clock_skew"))
}

func TestExporter_ConsumeTraces_OnlyReadsSpans(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	b := setup(t, d.URL, nil)
	require.False(t, b.Capabilities().MutatesData)
	for _, td := range oteltest.ReadExports(t, "testdata/captures/node_fastify_otel.jsonl") {
		td.MarkReadOnly()
		require.NotPanics(t, func() { require.NoError(t, b.ConsumeTraces(t.Context(), td)) })
	}
}

func TestExporter_Password_IsNowhere(t *testing.T) {
	t.Parallel()
	b := setup(t, "postgres://alice:hunter2@127.0.0.1:1/ledger", func(cfg *Config) {
		cfg.QueueConfig.Get().Batch.Get().FlushTimeout = time.Millisecond
	})
	require.NoError(t, b.ConsumeTraces(t.Context(), requests(0, 1)))
	event := b.host.await(t, componentstatus.StatusRecoverableError)
	require.NotContains(t, event.Err().Error(), "hunter2")
	b.flush(t)
	for _, entry := range b.logs.All() {
		require.NotRegexp(t, "hunter2|alice|ledger", fmt.Sprint(entry.Message, entry.ContextMap()))
	}
}
