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
	require.EqualError(t, confmap.Validate(cfg), "`database::url` is required unless `database::host` is set")
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
	want.Skip = []string{`attributes["http.route"] == "/healthz"`, `resource.attributes["service.name"] == "otelcol"`}
	want.Headers = HeadersConfig{Prefixes: []string{"x-team-"}, TrustedProxies: 2}
	want.Redact.QueryParameters = []string{"pin"}
	want.RequestPayload = RequestPayloadConfig{Capture: true, MaxBytes: 1024}
	want.Partitions = PartitionsConfig{
		Interval: "hour", CreateAhead: 6 * time.Hour, Retention: 24 * time.Hour,
		KeepDetached: time.Hour, MaxSize: 1_000_000_000, CheckInterval: time.Minute,
	}
	want.Indexes = []IndexConfig{{Column: "request_id"}, {Column: "team_id", Sealed: "btree"}}
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
		"`database::url`", "`database::max_connections`", "`database::distribute`", "`table`", "`collapse::max_pending_spans`", "`collapse::pending_ttl`", "`collapse::amend_window`",
		"`attribute_prefix`", "`columns::account_id::type`", "`columns::idempotency_key::from`", "`columns::request_id::type`", "`columns::plan::type`", "`columns::team_id::type`",
		"`columns::team_id::from`", "`skip::1`", "`skip::2`", "`headers::prefixes`", "`headers::trusted_proxies`", "`redact::query_parameters`", "`request_payload::max_bytes`",
		"`partitions::interval`", "`partitions::create_ahead`", "`partitions::retention`", "`partitions::keep_detached`",
		"`partitions::max_size`", "`partitions::check_interval`", "`indexes::0`", "`indexes::1`", "`indexes::2::sealed`", "`indexes::3`", "timeout value must", "sending_queue: `queue_size`",
		"`sending_queue::block_on_overflow`", "`sending_queue::wait_for_result`",
		"`sending_queue::batch::min_size`", "`sending_queue::batch::max_size`",
		"retry_on_failure: multiplier",
	} {
		require.ErrorContains(t, err, key)
	}
	require.NotContains(t, err.Error(), "hunter2")
	require.Equal(t, load(t, "faults.yaml"), cfg, "validation changes nothing")
}

func TestConfig_Validate_GivesTheReason(t *testing.T) {
	t.Parallel()
	queue := func(keys map[string]any) map[string]any { return map[string]any{"sending_queue": keys} }
	for name, test := range map[string]struct {
		settings map[string]any
		want     string
	}{
		"prefix ends with a dot":   {map[string]any{"attribute_prefix": "app."}, "`attribute_prefix` must not begin or end with a dot"},
		"prefix begins with a dot": {map[string]any{"attribute_prefix": ".app"}, "`attribute_prefix` must not begin or end with a dot"},
		"prefix of two parts":      {map[string]any{"attribute_prefix": "my.app"}, ""},
		"blocking": {
			queue(map[string]any{"block_on_overflow": true}),
			"`sending_queue::block_on_overflow` must be false: clients that give up waiting can block the queue for ever, and a full queue on disk may not start",
		},
		"waiting for a batch": {
			queue(map[string]any{"wait_for_result": true}),
			"`sending_queue::wait_for_result` must be false unless sending_queue::batch is disabled: clients would time out before a batch is complete",
		},
		"waiting without batches": {queue(map[string]any{"wait_for_result": true, "batch": map[string]any{"enabled": false}}), ""},
		"lines' sizes in bytes": {
			queue(map[string]any{"sizer": "bytes", "queue_size": 100_000_000, "batch": map[string]any{"flush_timeout": "1s"}}),
			"`sending_queue::batch::min_size` must be 0 or at least 10000 if sending_queue::batch::sizer is bytes\n" +
				"`sending_queue::batch::max_size` must be 0 or at least 100000 if sending_queue::batch::sizer is bytes",
		},
		"a line's bytes as the size of the queue": {
			queue(map[string]any{"sizer": "bytes"}),
			"`sending_queue::queue_size` must be at least 10000000 if sending_queue::sizer is bytes",
		},
		"bytes for the queue alone": {queue(map[string]any{"sizer": "bytes", "queue_size": 100_000_000}), ""},
		"sizes in bytes": {
			queue(map[string]any{
				"sizer": "bytes", "queue_size": 100_000_000, "batch": map[string]any{"min_size": 50_000, "max_size": 5_000_000},
			}), "",
		},
		"no queue": {queue(map[string]any{"enabled": false}), ""},
	} {
		cfg := createDefaultConfig().(*Config)
		cfg.Database.URL = "host=/var/run/postgresql"
		require.NoError(t, confmap.NewFromStringMap(test.settings).Unmarshal(cfg), name)
		err := confmap.Validate(cfg)
		if test.want == "" {
			require.NoError(t, err, name)
		} else {
			require.EqualError(t, err, test.want, name)
		}
	}
}

func TestConfig_URL_IsOpaque(t *testing.T) {
	t.Parallel()
	cfg := load(t, "full.yaml")
	conf := confmap.New()
	require.NoError(t, conf.Marshal(cfg))
	require.Equal(t, "[REDACTED]", conf.Get("database::url"))
}
