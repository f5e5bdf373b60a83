package canonicallineexporter

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

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
