package canonicallineexporter

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.uber.org/zap"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/line"
	"canonicallineexporter/internal/partition"
	"canonicallineexporter/internal/table"
)

// Validate returns every fault, each with its key; exporterhelper's parts validate
// themselves. It looks whether the files that database::url names can be read, changes
// nothing and quotes no secret.
func (c *Config) Validate() error {
	var f faults
	f.database(c.Database)
	_, err := table.ParseName(c.Table)
	f.refuse("table", err)
	f.require(c.AttributePrefix != "", "attribute_prefix", "must not be empty")
	f.require(strings.Trim(c.AttributePrefix, ".") == c.AttributePrefix, "attribute_prefix", "must not begin or end with a dot")
	f.require(c.Collapse.MaxPendingSpans >= 1, "collapse::max_pending_spans", "must be at least 1")
	f.require(c.Collapse.PendingTTL > 0, "collapse::pending_ttl", "must be positive")
	f.require(c.Collapse.AmendWindow >= 0, "collapse::amend_window", "must not be negative")
	for _, name := range slices.Sorted(maps.Keys(c.Columns)) {
		f.column("columns::"+name, name, c.Columns[name])
	}
	for i, text := range c.Skip {
		_, err := parseCondition(text, component.TelemetrySettings{Logger: zap.NewNop()})
		f.refuse(fmt.Sprintf("skip::%d", i), err)
	}
	f.require(!slices.Contains(c.Headers.Prefixes, ""), "headers::prefixes",
		"must not contain an empty prefix: it would select every header")
	f.require(c.Headers.TrustedProxies >= 0, "headers::trusted_proxies", "must not be negative")
	f.require(!slices.Contains(c.Redact.QueryParameters, ""), "redact::query_parameters", "must not contain an empty name")
	f.require(c.RequestPayload.MaxBytes >= 1, "request_payload::max_bytes", "must be at least 1")
	f.partitions(c.Partitions)
	f.require(c.History.Hours >= 0, "history::hours", "must not be negative")
	f.require(c.History.Days >= 0, "history::days", "must not be negative")
	f.require(c.History.MaxSeries >= 1, "history::max_series", "must be at least 1")
	f.indexes(c)
	if c.QueueConfig.HasValue() {
		f.queue(*c.QueueConfig.Get())
	}
	return errors.Join(f...)
}

// faults collects the errors of a configuration.
type faults []error

// require records a fault of the key unless ok.
func (f *faults) require(ok bool, key, text string) {
	if !ok {
		f.refuse(key, errors.New(text))
	}
}

// refuse records err as a fault of the key; nil is none.
func (f *faults) refuse(key string, err error) {
	if err != nil {
		*f = append(*f, fmt.Errorf("`%s` %w", key, err))
	}
}

func (f *faults) database(c DatabaseConfig) {
	f.require(c.URL != "" || c.Host != "", "database::url", "is required unless `database::host` is set")
	found := c.connection().Check()
	for _, key := range slices.Sorted(maps.Keys(found)) {
		f.refuse("database::"+key, found[key])
	}
	f.require(c.MaxConnections >= 1, "database::max_connections", "must be at least 1")
	f.require(!c.Distribute || c.CreateSchema, "database::distribute", "needs `database::create_schema`; without it, the table's owner distributes it")
}

func (f *faults) column(key, name string, c ColumnConfig) {
	builtIn, settable := line.BuiltIn(name)
	f.refuse(key, table.CheckColumnName(name))
	f.require(c.Type != "" || builtIn, key+"::type", "is required for a column that is not built in")
	retyped := line.HoldsID(name) && c.Type == "text"
	f.require(c.Type == "" || !builtIn || retyped, key+"::type", "must not be set for a built-in column, except as text for an ID")
	f.require(!builtIn || settable, key, "is computed by the exporter and takes no sources")
	if c.Type != "" {
		_, err := copyrow.ParseType(c.Type)
		f.refuse(key+"::type", err)
	}
	f.require((len(c.From) > 0 || retyped) && !slices.Contains(c.From, ""), key+"::from", "must name at least one attribute, none empty")
}

func (f *faults) partitions(c PartitionsConfig) {
	_, err := partition.ParseInterval(c.Interval)
	f.refuse("partitions::interval", err)
	f.require(c.CreateAhead >= 0, "partitions::create_ahead", "must not be negative")
	f.require(c.Retention >= 0, "partitions::retention", "must not be negative")
	f.require(c.KeepDetached >= 0, "partitions::keep_detached", "must not be negative")
	f.require(c.MaxSize >= 0, "partitions::max_size", "must not be negative")
	f.require(c.CheckInterval > 0, "partitions::check_interval", "must be positive")
}

// Sizes in bytes below which a size was meant for lines: a line has a few hundred bytes.
const (
	minQueueBytes      = 10_000_000
	minBatchBytes      = 10_000
	minLargeBatchBytes = 100_000
)

// queue refuses what exporterhelper accepts and would lose or hold up lines.
func (f *faults) queue(c exporterhelper.QueueBatchConfig) {
	f.require(!c.BlockOnOverflow, "sending_queue::block_on_overflow",
		"must be false: clients that give up waiting can block the queue for ever, and a full queue on disk may not start")
	f.require(c.Sizer != exporterhelper.RequestSizerTypeBytes || c.QueueSize >= minQueueBytes, "sending_queue::queue_size",
		fmt.Sprintf("must be at least %d if sending_queue::sizer is bytes", minQueueBytes))
	if !c.Batch.HasValue() {
		return
	}
	batch := c.Batch.Get()
	f.require(!c.WaitForResult, "sending_queue::wait_for_result",
		"must be false unless sending_queue::batch is disabled: clients would time out before a batch is complete")
	if batch.Sizer != exporterhelper.RequestSizerTypeBytes {
		return
	}
	f.require(batch.MinSize == 0 || batch.MinSize >= minBatchBytes, "sending_queue::batch::min_size",
		fmt.Sprintf("must be 0 or at least %d if sending_queue::batch::sizer is bytes", minBatchBytes))
	f.require(batch.MaxSize == 0 || batch.MaxSize >= minLargeBatchBytes, "sending_queue::batch::max_size",
		fmt.Sprintf("must be 0 or at least %d if sending_queue::batch::sizer is bytes", minLargeBatchBytes))
}
