package canonicallineexporter

import (
	"cmp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"
	"go.uber.org/zap"

	"canonicallineexporter/internal/metadatatest"
	"canonicallineexporter/internal/pgtest"
)

func TestExporter_Metrics_NameTheTable(t *testing.T) {
	t.Parallel()
	first := setup(t, pgtest.New(t).URL, nil)
	second := setupIn(t, first.telemetry, newID(), pgtest.New(t).URL, func(cfg *Config) { cfg.Table = "public.Other" })
	require.NoError(t, first.ConsumeTraces(t.Context(), requests(0, 3)))
	require.NoError(t, second.ConsumeTraces(t.Context(), requests(0, 4)))
	metadatatest.AssertEqualCanonicalLineAmendable(t, first.telemetry, []metricdata.DataPoint[int64]{
		{Attributes: ofTable(), Value: 3},
		{Attributes: attribute.NewSet(attribute.String("table", `"public"."Other"`)), Value: 4},
	}, metricdatatest.IgnoreTimestamp())

	for _, name := range []string{"spans_received", "spans_pending", "partition_count", "partition_actions"} {
		require.Eventually(t, func() bool {
			tables := tablesOf(first.telemetry, "otelcol_canonical_line_"+name)
			return len(tables) == 2 && tables[`"canonical_api_line"`] && tables[`"public"."Other"`]
		}, time.Minute, time.Millisecond, name)
	}
}

// tablesOf returns the tables of a metric's points.
func tablesOf(telemetry *componenttest.Telemetry, name string) map[string]bool {
	var points []metricdata.DataPoint[int64]
	if metric, err := telemetry.GetMetric(name); err == nil {
		switch data := metric.Data.(type) {
		case metricdata.Sum[int64]:
			points = data.DataPoints
		case metricdata.Gauge[int64]:
			points = data.DataPoints
		}
	}
	tables := map[string]bool{}
	for _, point := range points {
		table, _ := point.Attributes.Value("table")
		tables[table.AsString()] = true
	}
	return tables
}

func TestDocumentation_GivesEveryMetricATable(t *testing.T) {
	t.Parallel()
	metrics := strings.Split(documents(t)["documentation.md"], "\n### ")[1:]
	require.NotEmpty(t, metrics)
	for _, metric := range metrics {
		require.Contains(t, metric, "\n| table | ")
	}
}

func TestExporter_Counters_StartAtZero(t *testing.T) {
	t.Parallel()
	conf, err := confmaptest.LoadConf("metadata.yaml")
	require.NoError(t, err)
	var metadata struct {
		Attributes map[string]struct {
			Name string   `mapstructure:"name_override"`
			Enum []string `mapstructure:"enum"`
		} `mapstructure:"attributes"`
		Telemetry struct {
			Metrics map[string]struct {
				Sum        map[string]any `mapstructure:"sum"`
				Attributes []string       `mapstructure:"attributes"`
			} `mapstructure:"metrics"`
		} `mapstructure:"telemetry"`
	}
	require.NoError(t, conf.Unmarshal(&metadata, confmap.WithIgnoreUnused()))

	b := setup(t, pgtest.New(t).URL, nil)
	counters := 0
	for name, m := range metadata.Telemetry.Metrics {
		if m.Sum == nil || name == "canonical_line_spans_pending" {
			continue
		}
		counters++
		metric, err := b.telemetry.GetMetric("otelcol_" + name)
		require.NoError(t, err, name)
		points := metric.Data.(metricdata.Sum[int64]).DataPoints
		combinations := 1
		for _, key := range m.Attributes {
			label := cmp.Or(metadata.Attributes[key].Name, key)
			seen := map[string]bool{}
			for _, point := range points {
				value, _ := point.Attributes.Value(attribute.Key(label))
				seen[value.AsString()] = true
			}
			for _, value := range metadata.Attributes[key].Enum {
				require.True(t, seen[value], "%s{%s=%q}", name, label, value)
			}
			combinations *= len(seen)
		}
		require.Len(t, points, combinations, name)
	}
	require.Greater(t, counters, 8)
}

// failing returns how many tasks fail.
func (b *bundle) failing(t *testing.T) (failing int64) {
	t.Helper()
	metric, err := b.telemetry.GetMetric("otelcol_canonical_line_failing")
	require.NoError(t, err)
	for _, point := range metric.Data.(metricdata.Gauge[int64]).DataPoints {
		failing += point.Value
	}
	return failing
}

// waitingAge returns the age of the oldest line that waits, in seconds.
func (b *bundle) waitingAge(t *testing.T) float64 {
	t.Helper()
	metric, err := b.telemetry.GetMetric("otelcol_canonical_line_waiting_age")
	require.NoError(t, err)
	return metric.Data.(metricdata.Gauge[float64]).DataPoints[0].Value
}

func TestExporter_IDs_OfAnotherForm(t *testing.T) {
	t.Parallel()
	export := func() ptrace.Traces {
		td := ptrace.NewTraces()
		spans := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
		for i := range 3 {
			s := spans.AppendEmpty()
			s.SetKind(ptrace.SpanKindServer)
			s.SetTraceID(pcommon.TraceID{byte(i + 1)})
			s.SetSpanID(pcommon.SpanID{byte(i + 1)})
			s.SetEndTimestamp(pcommon.NewTimestampFromTime(time.Now()))
			s.Attributes().PutStr("canonical.account_id", "acct_1MZ")
		}
		return td
	}
	for name, tt := range map[string]struct {
		columns map[string]ColumnConfig
		column  string
		warned  int
	}{
		"left out":      {nil, "account_id", 1},
		"as text":       {map[string]ColumnConfig{"account_id": {Type: "text"}}, "account_id", 0},
		"in its column": {map[string]ColumnConfig{"account": {Type: "text", From: []string{"canonical.account_id"}}}, "account", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := pgtest.New(t)
			b := setup(t, d.URL, func(cfg *Config) { cfg.Columns = tt.columns })
			require.NoError(t, b.ConsumeTraces(t.Context(), export()))
			require.Eventually(t, func() bool {
				return pgtest.One[bool](t, d, "SELECT to_regproc('canonical_api_line_writes') IS NOT NULL")
			}, time.Minute, 10*time.Millisecond)
			b.flush(t)
			want := "acct_1MZ"
			if tt.columns == nil {
				want = ""
			}
			require.Equal(t, []string{want, want, want}, pgtest.All[string](t, d, "SELECT coalesce("+tt.column+"::text, '') FROM canonical_api_line"))
			require.Equal(t, tt.warned, b.logs.FilterMessageSnippet("values are left out").FilterField(zap.String("column", "account_id")).Len())
			if tt.warned > 0 {
				require.EqualValues(t, 3, b.counter(t, "otelcol_canonical_line_repairs", "column", "account_id"))
				require.EqualValues(t, 3, b.counter(t, "otelcol_canonical_line_repairs", "kind", "type"))
				require.EqualValues(t, 3, b.sum(t, "otelcol_canonical_line_repairs"))
			}
			found := 0
			if tt.column == "account_id" && tt.warned == 0 {
				found = 3
			}
			require.EqualValues(t, found, pgtest.One[int64](t, d, "SELECT count(*) FROM canonical_api_line_account('acct_1MZ')"))
			require.EqualValues(t, 3, pgtest.One[int64](t, d, "SELECT sum(requests)::bigint FROM canonical_api_line_callers() WHERE kind = 'address'"))
		})
	}
}
