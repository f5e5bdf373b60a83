package canonicallineexporter

import (
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/config/configretry"
	"go.opentelemetry.io/collector/exporter/exporterhelper"

	"canonicallineexporter/internal/partition"
)

// Config is the configuration of the exporter. Only database::url is required.
type Config struct {
	Database DatabaseConfig `mapstructure:"database"`

	// Table is the name of the table, as `name` or `schema.name`; a part with a
	// dot goes in double quotes, and case is kept. Default: canonical_api_line.
	Table string `mapstructure:"table"`

	Collapse CollapseConfig `mapstructure:"collapse"`

	// AttributePrefix is what precedes a column's name in the span attribute that
	// sets the column, as in canonical.account_id. Default: canonical.
	AttributePrefix string `mapstructure:"attribute_prefix"`

	// Columns gives a built-in column other sources, or adds a column, by name.
	// Default: none.
	Columns map[string]ColumnConfig `mapstructure:"columns"`

	Headers        HeadersConfig        `mapstructure:"headers"`
	Redact         RedactConfig         `mapstructure:"redact"`
	RequestPayload RequestPayloadConfig `mapstructure:"request_payload"`
	Partitions     PartitionsConfig     `mapstructure:"partitions"`

	// TimeoutConfig holds timeout: how long one attempt to write a batch may
	// take; 0 is for ever. Default: 30s.
	TimeoutConfig exporterhelper.TimeoutConfig `mapstructure:",squash"`

	// QueueConfig is exporterhelper's queue. It holds lines, not spans. Default:
	// 1,000,000 lines in memory, 4 consumers, batches of 100 lines or what came
	// in 15s, of 10,000 lines at most.
	QueueConfig configoptional.Optional[exporterhelper.QueueBatchConfig] `mapstructure:"sending_queue"`

	// BackOffConfig is exporterhelper's retry. Default: max_elapsed_time is 0, it
	// never gives up.
	BackOffConfig configretry.BackOffConfig `mapstructure:"retry_on_failure"`
}

// DatabaseConfig says which Postgres lines go to.
type DatabaseConfig struct {
	// URL is a libpq URL or keyword/value string, completed by the PG* variables.
	// A host that is not local gets an encrypted connection unless sslmode says
	// otherwise. Required.
	URL configopaque.String `mapstructure:"url"`

	// MaxConnections is the most connections held at once, at least 1. Default: 4.
	MaxConnections int32 `mapstructure:"max_connections"`

	// CreateSchema lets the exporter create and extend the table, its schema and
	// its partitions, and drop its partitions. When false it changes no definition
	// and writes the columns it finds: DML is all it needs, see schema/roles.sql.
	// Default: true.
	CreateSchema bool `mapstructure:"create_schema"`
}

// CollapseConfig bounds the spans that are kept to make lines of.
type CollapseConfig struct {
	// MaxPendingSpans is the most spans that are kept, at least 1, with at most 256 bytes of
	// SERVER spans for each; over it the oldest traces are forgotten. Default: 1,000,000.
	MaxPendingSpans int `mapstructure:"max_pending_spans"`

	// PendingTTL is how long spans wait for their SERVER span, from the latest span of their
	// trace, more than 0. Default: 5m.
	PendingTTL time.Duration `mapstructure:"pending_ttl"`

	// AmendWindow is how long after its last change a line is made anew when more of its
	// spans come, at least 0. What comes later is counted as late and marks the line as
	// incomplete. Default: 30s.
	AmendWindow time.Duration `mapstructure:"amend_window"`
}

// ColumnConfig is a column of the user's own, or other sources for a built-in one.
type ColumnConfig struct {
	// Type is the Postgres type of a column that is not built in: text,
	// varchar(n), boolean, integer, bigint, double precision, uuid, inet, jsonb or
	// timestamptz. Not for built-in columns.
	Type string `mapstructure:"type"`

	// From is the attributes that feed the column: the first that has a value of
	// its type, on the SERVER span, then on INTERNAL descendants, then on the
	// resource. It precedes a built-in column's own sources.
	From []string `mapstructure:"from"`
}

// HeadersConfig selects captured request headers.
type HeadersConfig struct {
	// Prefixes of the headers that go to x_crunchy_headers, in any case. Default:
	// x-crunchy-.
	Prefixes []string `mapstructure:"prefixes"`
}

// RedactConfig adds to what is known to be secret.
type RedactConfig struct {
	// QueryParameters are names, in any case, whose values are replaced by
	// REDACTED, beside the built-in ones. Default: none.
	QueryParameters []string `mapstructure:"query_parameters"`
}

// RequestPayloadConfig says whether request bodies are kept.
type RequestPayloadConfig struct {
	// Capture fills request_payload. When false the column stays NULL and
	// request_payload_capture_disabled is true. Default: false.
	Capture bool `mapstructure:"capture"`

	// MaxBytes is where a body is cut, at least 1. Default: 16384.
	MaxBytes int `mapstructure:"max_bytes"`
}

// PartitionsConfig says which partitions the table has.
type PartitionsConfig struct {
	// Interval is what one partition covers: hour, day, week or month, in UTC.
	// Default: day.
	Interval string `mapstructure:"interval"`

	// CreateAhead is how far into the future partitions exist, at least 0. A line
	// from further ahead is stored at its time of arrival. Default: 72h.
	CreateAhead time.Duration `mapstructure:"create_ahead"`

	// Retention is how long lines are kept: a partition is detached when its last
	// line has outlived it, and older lines are dropped on arrival. 0 keeps them for
	// ever, and gives a line up to 1000 intervals late a partition. Default: 336h.
	Retention time.Duration `mapstructure:"retention"`

	// KeepDetached is how long a detached partition waits for an operator before it
	// is dropped, at least 0. Default: 72h.
	KeepDetached time.Duration `mapstructure:"keep_detached"`

	// MaxSize is the most bytes of all partitions with indexes and TOAST, detached
	// ones too; over it the oldest are dropped, whatever KeepDetached says, but
	// never the one for lines of now. What is written between two checks comes on
	// top. 0 is no limit. Default: 0.
	MaxSize int64 `mapstructure:"max_size"`

	// CheckInterval is how often partitions are looked after, more than 0.
	// Default: 10m.
	CheckInterval time.Duration `mapstructure:"check_interval"`
}

// maintained is the configuration as the maintainer of the partitions takes it.
func (c PartitionsConfig) maintained() partition.Config {
	return partition.Config{
		Interval: partition.Interval(c.Interval), CreateAhead: c.CreateAhead, CheckInterval: c.CheckInterval,
		Retention: c.Retention, KeepDetached: c.KeepDetached, MaxSize: c.MaxSize,
	}
}

func createDefaultConfig() component.Config {
	queue := exporterhelper.NewDefaultQueueConfig()
	queue.Sizer = exporterhelper.RequestSizerTypeItems
	queue.QueueSize = 1_000_000
	queue.NumConsumers = 4
	queue.Batch = configoptional.Some(exporterhelper.BatchConfig{
		Sizer:        exporterhelper.RequestSizerTypeItems,
		MinSize:      100,
		FlushTimeout: 15 * time.Second,
		MaxSize:      10_000,
	})
	retry := configretry.NewDefaultBackOffConfig()
	retry.MaxElapsedTime = 0

	return &Config{
		Database:        DatabaseConfig{MaxConnections: 4, CreateSchema: true},
		Table:           "canonical_api_line",
		Collapse:        CollapseConfig{MaxPendingSpans: 1_000_000, PendingTTL: 5 * time.Minute, AmendWindow: 30 * time.Second},
		AttributePrefix: "canonical",
		Headers:         HeadersConfig{Prefixes: []string{"x-crunchy-"}},
		RequestPayload:  RequestPayloadConfig{MaxBytes: 16 << 10},
		Partitions: PartitionsConfig{
			Interval:      string(partition.Day),
			CreateAhead:   72 * time.Hour,
			Retention:     14 * 24 * time.Hour,
			KeepDetached:  72 * time.Hour,
			CheckInterval: 10 * time.Minute,
		},
		TimeoutConfig: exporterhelper.TimeoutConfig{Timeout: 30 * time.Second},
		QueueConfig:   configoptional.Some(queue),
		BackOffConfig: retry,
	}
}
