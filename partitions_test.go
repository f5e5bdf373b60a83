package canonicallineexporter

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"canonicallineexporter/internal/partition"
	"canonicallineexporter/internal/pgtest"
)

// gauge is the value of a metric, once there is one.
func (b *bundle) gauge(t *testing.T, name string) (value int64) {
	t.Helper()
	require.Eventually(t, func() bool {
		metric, err := b.telemetry.GetMetric(name)
		if err != nil {
			return false
		}
		value = metric.Data.(metricdata.Gauge[int64]).DataPoints[0].Value
		return true
	}, time.Minute, time.Millisecond)
	return value
}

func TestExporter_Metrics_ReportPartitions(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	before := time.Now().Unix()
	b := setup(t, d.URL, func(cfg *Config) { cfg.Partitions.Interval = string(partition.Day) })
	require.GreaterOrEqual(t, b.gauge(t, "otelcol_canonical_line_partition_last_success"), before)
	made := pgtest.One[int64](t, d, "SELECT count(*) FROM pg_inherits WHERE inhparent = 'canonical_api_line'::regclass")
	require.Equal(t, made, b.gauge(t, "otelcol_canonical_line_partition_count"))
	require.GreaterOrEqual(t, b.gauge(t, "otelcol_canonical_line_partition_runway"), int64(72*3600))
	require.Equal(t, pgtest.One[int64](t, d,
		"SELECT sum(pg_total_relation_size(inhrelid))::bigint FROM pg_inherits WHERE inhparent = 'canonical_api_line'::regclass"),
		b.gauge(t, "otelcol_canonical_line_partition_bytes"))
	require.Equal(t, made, b.counter(t, "otelcol_canonical_line_partition_actions", "action", "create"))
	require.Equal(t, made, b.counter(t, "otelcol_canonical_line_partition_actions", "outcome", "success"))
	require.Equal(t, made, b.sum(t, "otelcol_canonical_line_partition_actions"))
}

func TestExporter_Roles_OwnerMaintainsAndWriterOnlyWrites(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	roles, err := os.ReadFile("schema/roles.sql")
	require.NoError(t, err)
	d.Exec(t, "REVOKE ALL ON DATABASE "+d.Name+" FROM PUBLIC; REVOKE ALL ON SCHEMA public FROM PUBLIC")
	for range 2 {
		d.Exec(t, string(roles))
	}
	as := func(role string) string { return strings.Replace(d.URL, "postgres@", role+"@", 1) }

	owner := setup(t, as("canonical_line_owner"), nil)
	owner.gauge(t, "otelcol_canonical_line_partition_last_success")
	require.NoError(t, owner.ConsumeTraces(t.Context(), requests(0, 3)))
	owner.flush(t)

	writer := setup(t, as("canonical_line_writer"), func(cfg *Config) { cfg.Database.CreateSchema = false })
	require.Positive(t, writer.gauge(t, "otelcol_canonical_line_partition_runway"))
	_, err = writer.telemetry.GetMetric("otelcol_canonical_line_partition_last_success")
	require.Error(t, err, "it does not look after partitions")
	require.NoError(t, writer.ConsumeTraces(t.Context(), requests(0, 5))) // three of them stored already
	writer.flush(t)
	require.EqualValues(t, 5, lines(t, d))

	conn, err := pgx.Connect(t.Context(), as("canonical_line_writer"))
	require.NoError(t, err)
	defer conn.Close(t.Context())
	for _, sql := range []string{
		"DELETE FROM canonical_api_line", "TRUNCATE canonical_api_line", "DROP TABLE canonical_api_line",
		"ALTER TABLE canonical_api_line ADD COLUMN mine int", "CREATE TABLE public.mine ()",
	} {
		_, err := conn.Exec(t.Context(), sql)
		var refused *pgconn.PgError
		require.ErrorAs(t, err, &refused, sql)
		require.Equal(t, "42501", refused.Code, sql)
	}

	// The recipe also takes over what another role has made.
	const others = `SELECT count(*) FROM pg_class
		WHERE relkind IN ('r', 'p') AND relname LIKE 'canonical_api_line%' AND relowner <> 'canonical_line_owner'::regrole`
	d.Exec(t, `DO $$
		DECLARE part regclass;
		BEGIN
			FOR part IN SELECT relid FROM pg_partition_tree('canonical_api_line') LOOP
				EXECUTE format('ALTER TABLE %s OWNER TO postgres', part);
			END LOOP;
		END $$`)
	require.Positive(t, pgtest.One[int64](t, d, others))
	d.Exec(t, string(roles))
	require.Zero(t, pgtest.One[int64](t, d, others))
}
