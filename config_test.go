package canonicallineexporter

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
)

// load reads the exporter's part of a file onto the defaults.
func load(t *testing.T, file string) *Config {
	t.Helper()
	conf, err := confmaptest.LoadConf(filepath.Join("testdata", "config", file))
	require.NoError(t, err)
	sub, err := conf.Sub("canonical_line")
	require.NoError(t, err)
	cfg := createDefaultConfig().(*Config)
	require.NoError(t, sub.Unmarshal(cfg))
	return cfg
}

func TestConfig_Validate_RequiresOnlyTheURL(t *testing.T) {
	t.Parallel()
	cfg := createDefaultConfig().(*Config)
	require.EqualError(t, confmap.Validate(cfg), "`database::url` is required")
	cfg.Database.URL = "host=/var/run/postgresql"
	require.NoError(t, confmap.Validate(cfg))
}

func TestConfig_Unmarshal_ReadsEveryKey(t *testing.T) {
	t.Parallel()
	cfg := load(t, "full.yaml")
	require.NoError(t, confmap.Validate(cfg))

	storage := component.MustNewID("file_storage")
	want := createDefaultConfig().(*Config)
	want.Database = DatabaseConfig{
		URL: "postgres://alice:hunter2@db.example.com:6432/lines?sslmode=verify-full", MaxConnections: 8,
	}
	want.Table = `"my.metrics".Lines`
	want.Collapse = CollapseConfig{MaxPendingSpans: 5000, PendingTTL: 30 * time.Second, AmendWindow: 10 * time.Second}
	want.AttributePrefix = "app"
	want.Columns = map[string]ColumnConfig{
		"account_id": {From: []string{"enduser.id", "user.id"}},
		"team_id":    {Type: "uuid", From: []string{"app.team.id"}},
	}
	want.Headers.Prefixes = []string{"x-team-"}
	want.Redact.QueryParameters = []string{"pin"}
	want.RequestPayload = RequestPayloadConfig{Capture: true, MaxBytes: 1024}
	want.Partitions = PartitionsConfig{
		Interval: "hour", CreateAhead: 6 * time.Hour, Retention: 24 * time.Hour,
		KeepDetached: time.Hour, MaxSize: 1_000_000_000, CheckInterval: time.Minute,
	}
	want.TimeoutConfig.Timeout = 5 * time.Second
	queue := want.QueueConfig.Get()
	queue.QueueSize, queue.NumConsumers, queue.StorageID = 5000, 2, &storage
	batch := queue.Batch.Get()
	batch.MinSize, batch.FlushTimeout, batch.MaxSize = 50, time.Second, 500
	want.BackOffConfig.InitialInterval, want.BackOffConfig.MaxElapsedTime = time.Second, time.Hour
	require.Equal(t, want, cfg)
	require.Equal(t, exporterhelper.RequestSizerTypeItems, cfg.QueueConfig.Get().Sizer)
}

func TestConfig_Validate_ReportsEveryFaultByItsKey(t *testing.T) {
	t.Parallel()
	cfg := load(t, "faults.yaml")
	err := confmap.Validate(cfg)
	require.Error(t, err)
	for _, key := range []string{
		"`database::url`", "`database::max_connections`", "`table`", "`collapse::max_pending_spans`", "`collapse::pending_ttl`", "`collapse::amend_window`",
		"`attribute_prefix`", "`columns::account_id::type`", "`columns::plan::type`", "`columns::team_id::type`",
		"`columns::team_id::from`", "`headers::prefixes`", "`redact::query_parameters`", "`request_payload::max_bytes`",
		"`partitions::interval`", "`partitions::create_ahead`", "`partitions::retention`", "`partitions::keep_detached`",
		"`partitions::max_size`", "`partitions::check_interval`", "timeout value must", "sending_queue: `queue_size`",
		"retry_on_failure: multiplier",
	} {
		require.ErrorContains(t, err, key)
	}
	require.NotContains(t, err.Error(), "hunter2")
	require.Equal(t, load(t, "faults.yaml"), cfg, "validation changes nothing")
}

func TestConfig_URL_IsOpaque(t *testing.T) {
	t.Parallel()
	cfg := load(t, "full.yaml")
	conf := confmap.New()
	require.NoError(t, conf.Marshal(cfg))
	require.Equal(t, "[REDACTED]", conf.Get("database::url"))
}
