package canonicallineexporter

import (
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/config/configretry"
	"go.opentelemetry.io/collector/exporter/exporterhelper"

	"canonicallineexporter/internal/database"
	"canonicallineexporter/internal/history"
	"canonicallineexporter/internal/partition"
)

// Config is the configuration of the exporter. Only database::url or database::host is required.
type Config struct {
	Database DatabaseConfig `mapstructure:"database"`

	// Table is the name of the table, as `name` or `schema.name`. It is
	// case-sensitive; a part with a dot goes in double quotes. Default:
	// canonical_api_line.
	Table string `mapstructure:"table"`

	Collapse CollapseConfig `mapstructure:"collapse"`

	// AttributePrefix precedes a column's name in the span attribute that sets the
	// column, as in canonical.account_id. Default: canonical.
	AttributePrefix string `mapstructure:"attribute_prefix"`

	// Columns adds columns, and sources to built-in columns, by name. Default: none.
	Columns map[string]ColumnConfig `mapstructure:"columns"`

	// Skip holds OTTL conditions on SERVER spans, as the filter processor takes them. A request
	// whose span meets one makes no line and is counted as dropped. Default: none.
	Skip []string `mapstructure:"skip"`

	Headers        HeadersConfig        `mapstructure:"headers"`
	Redact         RedactConfig         `mapstructure:"redact"`
	RequestPayload RequestPayloadConfig `mapstructure:"request_payload"`
	Partitions     PartitionsConfig     `mapstructure:"partitions"`
	History        HistoryConfig        `mapstructure:"history"`

	// Indexes lists the columns that get a sparse index in every partition, built and filled
	// behind the writers. Default: request_id, trace_id, account_id and idempotency_key.
	Indexes []IndexConfig `mapstructure:"indexes"`

	// TimeoutConfig holds timeout: how long one attempt to write a batch may
	// take; 0 is no limit. Default: 30s.
	TimeoutConfig exporterhelper.TimeoutConfig `mapstructure:",squash"`

	// QueueConfig configures exporterhelper's queue, which holds lines, not spans.
	// Default: 1,000,000 lines in memory and 4 consumers; a batch is written at 100
	// lines or after 15s, and has at most 10,000 lines.
	QueueConfig configoptional.Optional[exporterhelper.QueueBatchConfig] `mapstructure:"sending_queue"`

	// BackOffConfig configures exporterhelper's retry. Default: max_elapsed_time is
	// 0, so it never gives up.
	BackOffConfig configretry.BackOffConfig `mapstructure:"retry_on_failure"`
}

// DatabaseConfig says which Postgres lines go to.
type DatabaseConfig struct {
	// URL is a libpq URL or keyword/value string; PG* variables fill in the rest. A
	// connection to a remote host is encrypted unless sslmode says otherwise. Files
	// with passwords and certificates are read anew for each connection. Required unless Host
	// is set.
	URL configopaque.String `mapstructure:"url"`

	// Host, Port, User, Password and DBName say apart what URL leaves out, with any
	// characters, none of them encoded. Default: none.
	Host     configopaque.String `mapstructure:"host"`
	Port     int                 `mapstructure:"port"`
	User     configopaque.String `mapstructure:"user"`
	Password configopaque.String `mapstructure:"password"`
	DBName   configopaque.String `mapstructure:"dbname"`

	// PasswordFile names a file with the password alone. It is read anew for each
	// connection, so that a password can change without a restart. Default: none.
	PasswordFile string `mapstructure:"password_file"`

	// MaxConnections limits the connections open at once, at least 1. Default: 4.
	MaxConnections int32 `mapstructure:"max_connections"`

	// CreateSchema lets the exporter create and extend the table, its schema and
	// its partitions, and drop its partitions. When false it changes no definition
	// and writes the columns it finds; it then needs only DML rights, see
	// schema/roles.sql. Default: true.
	CreateSchema bool `mapstructure:"create_schema"`

	// Distribute has Citus distribute a table that the exporter creates by id, see
	// docs/scaling.md. One that is distributed already is written to as such in any case. It needs
	// CreateSchema. Default: false.
	Distribute bool `mapstructure:"distribute"`
}

// connection returns what is configured in the form that package database takes.
func (c DatabaseConfig) connection() database.Connection {
	return database.Connection{
		URL: string(c.URL), Host: string(c.Host), Port: c.Port, User: string(c.User), Password: string(c.Password),
		DBName: string(c.DBName), PasswordFile: c.PasswordFile,
	}
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

// ColumnConfig defines a column of the user's own, or adds sources to a built-in one.
type ColumnConfig struct {
	// Type is the Postgres type of the user's own column: text, varchar(n), boolean,
	// integer, bigint, double precision, uuid, inet, jsonb or timestamptz. It must
	// be empty for built-in columns, except that account_id, sudo_account_id and
	// idempotency_key can be text in a table that does not exist yet.
	Type string `mapstructure:"type"`

	// From lists the attributes that feed the column. The first one with a value of
	// its type wins, on the SERVER span, then on INTERNAL descendants, then on the
	// resource. They come before a built-in column's own sources, and may be missing for one
	// that only becomes text.
	From []string `mapstructure:"from"`
}

// HeadersConfig selects captured request headers.
type HeadersConfig struct {
	// Prefixes select the headers that go to x_crunchy_headers; they match in any
	// case. Default: x-crunchy-.
	Prefixes []string `mapstructure:"prefixes"`

	// TrustedProxies is how many proxies in front of the service tell the truth, at least 0.
	// The client is the entry of that number, counted from the right, of the captured header
	// forwarded, x-forwarded-for or x-real-ip. 0 reads none of them: clients can send them
	// too. Default: 0.
	TrustedProxies int `mapstructure:"trusted_proxies"`
}

// RedactConfig names secrets in addition to the built-in ones.
type RedactConfig struct {
	// QueryParameters are names, in any case, whose values are replaced by
	// REDACTED. Default: none.
	QueryParameters []string `mapstructure:"query_parameters"`
}

// RequestPayloadConfig says whether request bodies are stored.
type RequestPayloadConfig struct {
	// Capture fills request_payload. When false the column stays NULL and
	// request_payload_capture_disabled is true. Default: false.
	Capture bool `mapstructure:"capture"`

	// MaxBytes is the length after which a body is cut, at least 1 byte. Default: 16384.
	MaxBytes ByteSize `mapstructure:"max_bytes"`
}

// PartitionsConfig says which partitions the table has.
type PartitionsConfig struct {
	// Interval is the range of one partition: hour, day, week or month, in UTC.
	// Default: day.
	Interval string `mapstructure:"interval"`

	// CreateAhead is how far into the future partitions exist, at least 0. A line
	// from further ahead is stored at its time of arrival. Default: 72h.
	CreateAhead time.Duration `mapstructure:"create_ahead"`

	// Retention is how long lines are kept, at least 0. A partition is detached when
	// its last line is older, and older lines are dropped on arrival. 0 keeps lines
	// for ever and creates partitions for lines up to 1000 intervals old. Default:
	// 336h.
	Retention time.Duration `mapstructure:"retention"`

	// KeepDetached is how long a detached partition is kept for an operator before
	// it is dropped, at least 0. Default: 72h.
	KeepDetached time.Duration `mapstructure:"keep_detached"`

	// MaxSize limits the size of all partitions, including indexes, TOAST and
	// detached partitions. Beyond it the oldest are dropped, whatever KeepDetached
	// says, but never the one for the present. Lines written between two checks come
	// on top. 0 is no limit. Default: 0.
	MaxSize ByteSize `mapstructure:"max_size"`

	// CheckInterval is the time between two rounds of maintenance, more than 0.
	// Default: 10m.
	CheckInterval time.Duration `mapstructure:"check_interval"`
}

// IndexConfig says how a column is indexed. The name of the column alone will do.
type IndexConfig struct {
	// Column is the column's name.
	Column string `mapstructure:"column"`

	// Sealed is btree to replace the sparse index by an exact one an hour after the partition's
	// time is over. Default: none.
	Sealed string `mapstructure:"sealed"`
}

// UnmarshalText reads the name of a column.
func (c *IndexConfig) UnmarshalText(name []byte) error {
	*c = IndexConfig{Column: string(name)}
	return nil
}

// maintained returns the configuration in the form the partition maintainer takes.
func (c PartitionsConfig) maintained() partition.Config {
	return partition.Config{
		Interval: partition.Interval(c.Interval), CreateAhead: c.CreateAhead, CheckInterval: c.CheckInterval,
		Retention: c.Retention, KeepDetached: c.KeepDetached, MaxSize: int64(c.MaxSize),
	}
}

// HistoryConfig says what is kept of lines that are gone.
type HistoryConfig struct {
	// Enabled has this collector build the history of the table. Writers leave marks for it
	// wherever there is one. Default: true.
	Enabled bool `mapstructure:"enabled"`

	// Hours and Days are how long what the lines of an hour, and of a day, add up to is kept, at
	// least 0. Hours are kept at least as long as lines, and days at least as long as hours. 0
	// keeps them for ever. Default: 840h and 26280h.
	Hours time.Duration `mapstructure:"hours"`
	Days  time.Duration `mapstructure:"days"`

	// MaxSeries is the most combinations of service, environment, method and route that an hour
	// or a day has rows for, at least 1. The others share one. Default: 2000.
	MaxSeries int `mapstructure:"max_series"`
}

// maintained returns the configuration in the form the maintainer of history takes.
func (c HistoryConfig) maintained(lines partition.Config, createSchema bool) history.Config {
	return history.Config{Hours: c.Hours, Days: c.Days, MaxSeries: c.MaxSeries, CreateSchema: createSchema, Lines: lines}
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
		History:       HistoryConfig{Enabled: true, Hours: 35 * 24 * time.Hour, Days: 3 * 365 * 24 * time.Hour, MaxSeries: 2000},
		Indexes:       []IndexConfig{{Column: "request_id"}, {Column: "trace_id"}, {Column: "account_id"}, {Column: "idempotency_key"}},
		TimeoutConfig: exporterhelper.TimeoutConfig{Timeout: 30 * time.Second},
		QueueConfig:   configoptional.Some(queue),
		BackOffConfig: retry,
	}
}
