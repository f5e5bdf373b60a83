package canonicallineexporter

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"canonicallineexporter/internal/collapse"
	"canonicallineexporter/internal/history"
	"canonicallineexporter/internal/index"
	"canonicallineexporter/internal/line"
	"canonicallineexporter/internal/partition"
	"canonicallineexporter/internal/sanitize"
	"canonicallineexporter/internal/store"
)

// This file counts spans and lines by outcome; metadata.yaml describes each metric.

// observeState registers the metrics that report the state of the exporter.
func (e *lineExporter) observeState(partitions *partition.Maintainer, past *history.Maintainer, indexes *index.Maintainer) error {
	t := e.telemetry
	return errors.Join(
		t.RegisterCanonicalLineSpansPendingCallback(e.observePending),
		t.RegisterCanonicalLineAmendableCallback(e.observeAmendable),
		t.RegisterCanonicalLineFailingCallback(e.observeFailing),
		t.RegisterCanonicalLineDatabaseUpCallback(func(_ context.Context, o metric.Int64Observer) error {
			o.Observe(e.answered.Load(), e.attributes())
			return nil
		}),
		t.RegisterCanonicalLineWaitingAgeCallback(func(_ context.Context, o metric.Float64Observer) error {
			o.Observe(e.waiting.age(e.now()).Seconds(), e.attributes())
			return nil
		}),
		e.observePartitions(partitions),
		e.observeIndexes(indexes),
		e.observeHistory(past),
	)
}

// observeHistory registers the metrics of history, where this collector builds it.
func (e *lineExporter) observeHistory(past *history.Maintainer) error {
	if past == nil {
		return nil
	}
	count := func(value func(history.Status) int64) metric.Int64Callback {
		return func(_ context.Context, o metric.Int64Observer) error {
			status, _ := past.Status()
			o.Observe(value(status), e.attributes())
			return nil
		}
	}
	t := e.telemetry
	return errors.Join(
		t.RegisterCanonicalLineHistoryHoursCallback(count(func(s history.Status) int64 { return s.Hours })),
		t.RegisterCanonicalLineHistoryOtherSeriesCallback(count(func(s history.Status) int64 { return s.Others })),
		t.RegisterCanonicalLineHistoryBehindCallback(func(_ context.Context, o metric.Int64Observer) error {
			if status, known := past.Status(); known {
				o.Observe(int64(status.Behind.Seconds()), e.attributes())
			}
			return nil
		}),
	)
}

func (e *lineExporter) observeFailing(_ context.Context, o metric.Int64Observer) error {
	for _, t := range tasks {
		failing := int64(0)
		if e.health.fails(t) {
			failing = 1
		}
		o.Observe(failing, e.attributes("task", string(t)))
	}
	return nil
}

func (e *lineExporter) observeAmendable(_ context.Context, o metric.Int64Observer) error {
	o.Observe(e.collapser.Amendable(), e.attributes())
	return nil
}

func (e *lineExporter) observePending(_ context.Context, o metric.Int64Observer) error {
	o.Observe(e.collapser.Pending(), e.attributes())
	return nil
}

// observePartitions registers the partition metrics, which report the maintainer's
// status. They have no value until it has seen the table.
func (e *lineExporter) observePartitions(partitions *partition.Maintainer) error {
	gauge := func(value func(partition.Status) int64) metric.Int64Callback {
		return func(_ context.Context, o metric.Int64Observer) error {
			if status, known := partitions.Status(); known {
				o.Observe(value(status), e.attributes())
			}
			return nil
		}
	}
	t := e.telemetry
	return errors.Join(
		t.RegisterCanonicalLinePartitionBytesCallback(gauge(func(s partition.Status) int64 { return s.Bytes })),
		t.RegisterCanonicalLinePartitionCountCallback(gauge(func(s partition.Status) int64 { return s.Partitions })),
		t.RegisterCanonicalLinePartitionRunwayCallback(gauge(func(s partition.Status) int64 { return int64(s.Runway.Seconds()) })),
		t.RegisterCanonicalLinePartitionLastSuccessCallback(func(_ context.Context, o metric.Int64Observer) error {
			if status, _ := partitions.Status(); !status.LastSuccess.IsZero() {
				o.Observe(status.LastSuccess.Unix(), e.attributes())
			}
			return nil
		}),
		t.RegisterCanonicalLinePartitionActionsCallback(func(_ context.Context, o metric.Int64Observer) error {
			status, _ := partitions.Status()
			for action := range partition.AllActions() {
				o.Observe(status.Actions[action], e.attributes("action", string(action.Kind), "outcome", string(action.Outcome)))
			}
			return nil
		}),
	)
}

// observeIndexes registers the metrics of indexes, which report the maintainer's status. They
// have no value until it has seen the table.
func (e *lineExporter) observeIndexes(indexes *index.Maintainer) error {
	t := e.telemetry
	return errors.Join(
		t.RegisterCanonicalLineIndexBytesCallback(func(_ context.Context, o metric.Int64Observer) error {
			for column, status := range indexes.Status() {
				o.Observe(status.Bytes, e.attributes("column", column))
			}
			return nil
		}),
		t.RegisterCanonicalLineIndexPartitionsCallback(func(_ context.Context, o metric.Int64Observer) error {
			for column, status := range indexes.Status() {
				o.Observe(status.Indexed, e.attributes("column", column, "state", "indexed"))
				o.Observe(status.Missing, e.attributes("column", column, "state", "missing"))
			}
			return nil
		}),
		t.RegisterCanonicalLineIndexUnsummarizedCallback(func(_ context.Context, o metric.Int64Observer) error {
			for column, status := range indexes.Status() {
				o.Observe(status.Unsummarized, e.attributes("column", column))
			}
			return nil
		}),
	)
}

// startCounters has every counter begin at 0 with every label that it can have: the first
// value of a counter that begins with it is no increase to Prometheus.
func (e *lineExporter) startCounters(ctx context.Context) {
	t := e.telemetry
	for _, c := range []struct {
		counter metric.Int64Counter
		label   string
		values  []string
	}{
		{t.CanonicalLineAmended, "", nil},
		{t.CanonicalLineAmendableEvicted, "", nil},
		{t.CanonicalLineClockSkew, "", nil},
		{t.CanonicalLineQueueCorrupted, "", nil},
		{t.CanonicalLineDropped, "reason", []string{"expired", "gave_up", "rejected", "skipped"}},
		{t.CanonicalLineLogRecords, "outcome", []string{"taken", "passed_over"}},
		{t.CanonicalLineSpansEvicted, "reason", []string{"max_pending_spans", "pending_ttl"}},
		{t.CanonicalLineSpansReceived, "role", []string{"server", "other"}},
		{t.CanonicalLineSpansResolved, "outcome", []string{"attached", "unrelated", "late", "duplicate"}},
		{t.CanonicalLineWritten, "outcome", []string{"inserted", "updated", "unchanged"}},
	} {
		if c.label == "" {
			c.counter.Add(ctx, 0, e.attributes())
		}
		for _, value := range c.values {
			c.counter.Add(ctx, 0, e.attributes(c.label, value))
		}
	}
	for _, column := range e.mapper.Columns() {
		for _, kind := range []string{"characters", "length", "json", "type"} {
			t.CanonicalLineRepairs.Add(ctx, 0, e.attributes("column", column.Name, "kind", kind))
		}
	}
}

func (e *lineExporter) countReceived(ctx context.Context, spans collapse.Outcomes, requests outcomes) {
	t := e.telemetry
	e.add(ctx, t.CanonicalLineSpansReceived, spans.Servers, "role", "server")
	e.add(ctx, t.CanonicalLineSpansReceived, spans.Others, "role", "other")
	e.add(ctx, t.CanonicalLineSpansResolved, spans.Attached, "outcome", "attached")
	e.add(ctx, t.CanonicalLineSpansResolved, spans.Unrelated, "outcome", "unrelated")
	e.add(ctx, t.CanonicalLineSpansResolved, spans.Late, "outcome", "late")
	e.add(ctx, t.CanonicalLineSpansResolved, spans.Duplicates, "outcome", "duplicate")
	e.add(ctx, t.CanonicalLineSpansEvicted, spans.Evicted, "reason", "max_pending_spans")
	e.add(ctx, t.CanonicalLineSpansEvicted, spans.Expired, "reason", "pending_ttl")
	e.add(ctx, t.CanonicalLineAmended, spans.Amended)
	e.add(ctx, t.CanonicalLineAmendableEvicted, spans.AmendableEvicted)
	e.add(ctx, t.CanonicalLineWritten, spans.Repeated, "outcome", "unchanged")
	e.add(ctx, t.CanonicalLineDropped, requests[line.Expired], "reason", "expired")
	e.add(ctx, t.CanonicalLineDropped, requests[line.Skipped], "reason", "skipped")
	e.add(ctx, t.CanonicalLineClockSkew, requests[line.Restamped])
}

func (e *lineExporter) countWritten(ctx context.Context, lines store.Outcomes) {
	t := e.telemetry
	e.add(ctx, t.CanonicalLineWritten, lines.Inserted, "outcome", "inserted")
	e.add(ctx, t.CanonicalLineWritten, lines.Updated, "outcome", "updated")
	e.add(ctx, t.CanonicalLineWritten, lines.Unchanged, "outcome", "unchanged")
	e.add(ctx, t.CanonicalLineDropped, lines.Rejected, "reason", "rejected")
	e.add(ctx, t.CanonicalLineDropped, lines.Expired, "reason", "expired")
}

// countCorrupted counts an unreadable entry of the persistent queue. The number of lines
// in it is unknown.
func (e *lineExporter) countCorrupted() {
	e.add(context.Background(), e.telemetry.CanonicalLineQueueCorrupted, 1)
	e.logger.Warn("passed over an entry of the persistent queue that cannot be read")
}

// observeWrite records how long an attempt to write took and, if it succeeded, how many
// lines the batch had.
func (e *lineExporter) observeWrite(ctx context.Context, lines int, took time.Duration, err error) {
	outcome := "written"
	if err != nil {
		outcome = "failed"
	}
	e.telemetry.CanonicalLineBatchDuration.Record(ctx, took.Seconds(), e.attributes("outcome", outcome))
	if err == nil {
		e.telemetry.CanonicalLineBatchSize.Record(ctx, int64(lines), e.attributes())
	}
}

func (e *lineExporter) countRepairs(ctx context.Context, encoder *line.Encoder) {
	encoder.Repairs(func(column string, repairs sanitize.Repairs) {
		for kind, n := range map[string]int{
			"characters": repairs.Characters, "length": repairs.Length, "json": repairs.JSON, "type": repairs.Type,
		} {
			e.add(ctx, e.telemetry.CanonicalLineRepairs, n, "kind", kind, "column", column)
		}
		if repairs.Type == 0 {
			return
		}
		if _, warned := e.unfit.LoadOrStore(column, true); !warned {
			e.logger.Warn("values are left out: the type of their column cannot hold them; see `columns` for another type or a column of your own",
				zap.String("column", column))
		}
	})
}

// add adds n to the counter with the attributes, which are alternating keys and values.
// It does nothing if n is 0.
func (e *lineExporter) add(ctx context.Context, counter metric.Int64Counter, n int, attributes ...string) {
	if n > 0 {
		counter.Add(ctx, int64(n), e.attributes(attributes...))
	}
}

// attributes returns the attributes, which are alternating keys and values, with the table,
// which every metric has: a collector may have several exporters of this type.
func (e *lineExporter) attributes(attributes ...string) metric.MeasurementOption {
	set := make([]attribute.KeyValue, 0, 3)
	set = append(set, attribute.String("table", e.table.String()))
	for i := 0; i+1 < len(attributes); i += 2 {
		set = append(set, attribute.String(attributes[i], attributes[i+1]))
	}
	return metric.WithAttributes(set...)
}
