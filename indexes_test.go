package canonicallineexporter

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"canonicallineexporter/internal/pgtest"
)

const sparse = "SELECT count(*) FROM pg_class WHERE relkind = 'i' AND relname LIKE 'canonical_api_line\\_%\\_sparse'"

func TestExporter_Indexes_ComeWithThePartitionsAndFindLines(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	b := setup(t, d.URL, func(cfg *Config) { cfg.Partitions.CheckInterval = time.Second })
	made := b.gauge(t, "otelcol_canonical_line_partition_count")
	require.Equal(t, 4*made, pgtest.One[int64](t, d, sparse))
	require.Eventually(t, func() bool {
		metric, err := b.telemetry.GetMetric("otelcol_canonical_line_index_partitions")
		return err == nil && len(metric.Data.(metricdata.Gauge[int64]).DataPoints) == 8 &&
			b.byColumn(t, "otelcol_canonical_line_index_partitions")["trace_id"] == made
	}, time.Minute, time.Millisecond)
	for column, bytes := range b.byColumn(t, "otelcol_canonical_line_index_bytes") {
		require.Contains(t, []string{"request_id", "trace_id", "account_id", "idempotency_key"}, column)
		require.Positive(t, bytes)
	}
	require.Len(t, b.byColumn(t, "otelcol_canonical_line_index_unsummarized"), 4)
}

func TestExporter_WithoutIndexes_MakesNone(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	b := setup(t, d.URL, func(cfg *Config) {
		require.NoError(t, confmap.NewFromStringMap(map[string]any{"indexes": []any{}}).Unmarshal(cfg))
	})
	require.Positive(t, b.gauge(t, "otelcol_canonical_line_partition_count"))
	require.Zero(t, pgtest.One[int64](t, d, sparse))
}

// A table made by someone else gets nothing without create_schema.
func TestExporter_WithoutCreateSchema_MakesNoIndexes(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	pgtest.CreateArticleTable(t, d)
	d.Exec(t, "CREATE TABLE canonical_api_line_all PARTITION OF canonical_api_line FOR VALUES FROM (MINVALUE) TO (MAXVALUE)")
	b := setup(t, d.URL, func(cfg *Config) { cfg.Database.CreateSchema = false })
	require.EqualValues(t, 1, b.gauge(t, "otelcol_canonical_line_partition_count"))
	require.Zero(t, pgtest.One[int64](t, d, sparse))
}

// byColumn returns the values of a gauge by column.
func (b *bundle) byColumn(t *testing.T, name string) map[string]int64 {
	t.Helper()
	metric, err := b.telemetry.GetMetric(name)
	require.NoError(t, err)
	values := map[string]int64{}
	for _, point := range metric.Data.(metricdata.Gauge[int64]).DataPoints {
		column, _ := point.Attributes.Value("column")
		values[column.AsString()] += point.Value
	}
	return values
}
