package canonicallineexporter

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"canonicallineexporter/internal/collapse"
	"canonicallineexporter/internal/line"
	"canonicallineexporter/internal/partition"
	"canonicallineexporter/internal/sanitize"
	"canonicallineexporter/internal/store"
)

// This file counts spans and lines by outcome; metadata.yaml describes each metric.

func (e *lineExporter) observeAmendable(_ context.Context, o metric.Int64Observer) error {
	o.Observe(e.collapser.Amendable())
	return nil
}

func (e *lineExporter) observePending(_ context.Context, o metric.Int64Observer) error {
	o.Observe(e.collapser.Pending())
	return nil
}

// observePartitions registers the partition metrics, which report the maintainer's
// status. They have no value until it has seen the table.
func (e *lineExporter) observePartitions(partitions *partition.Maintainer) error {
	gauge := func(value func(partition.Status) int64) metric.Int64Callback {
		return func(_ context.Context, o metric.Int64Observer) error {
			if status, known := partitions.Status(); known {
				o.Observe(value(status))
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
				o.Observe(status.LastSuccess.Unix())
			}
			return nil
		}),
		t.RegisterCanonicalLinePartitionActionsCallback(func(_ context.Context, o metric.Int64Observer) error {
			status, _ := partitions.Status()
			for action, n := range status.Actions {
				o.Observe(n, metric.WithAttributes(
					attribute.String("action", string(action.Kind)), attribute.String("outcome", string(action.Outcome))))
			}
			return nil
		}),
	)
}

func (e *lineExporter) countReceived(ctx context.Context, spans collapse.Outcomes, requests outcomes) {
	t := e.telemetry
	add(ctx, t.CanonicalLineSpansReceived, spans.Servers, "role", "server")
	add(ctx, t.CanonicalLineSpansReceived, spans.Others, "role", "other")
	add(ctx, t.CanonicalLineSpansResolved, spans.Attached, "outcome", "attached")
	add(ctx, t.CanonicalLineSpansResolved, spans.Unrelated, "outcome", "unrelated")
	add(ctx, t.CanonicalLineSpansResolved, spans.Late, "outcome", "late")
	add(ctx, t.CanonicalLineSpansResolved, spans.Duplicates, "outcome", "duplicate")
	add(ctx, t.CanonicalLineSpansEvicted, spans.Evicted, "reason", "max_pending_spans")
	add(ctx, t.CanonicalLineSpansEvicted, spans.Expired, "reason", "pending_ttl")
	add(ctx, t.CanonicalLineAmended, spans.Amended)
	add(ctx, t.CanonicalLineAmendableEvicted, spans.AmendableEvicted)
	add(ctx, t.CanonicalLineWritten, spans.Repeated, "outcome", "unchanged")
	add(ctx, t.CanonicalLineDropped, requests[line.Expired], "reason", "expired")
	if restamped := requests[line.Restamped]; restamped > 0 {
		t.CanonicalLineClockSkew.Add(ctx, int64(restamped))
	}
}

func (e *lineExporter) countWritten(ctx context.Context, lines store.Outcomes) {
	t := e.telemetry
	add(ctx, t.CanonicalLineWritten, lines.Inserted, "outcome", "inserted")
	add(ctx, t.CanonicalLineWritten, lines.Updated, "outcome", "updated")
	add(ctx, t.CanonicalLineWritten, lines.Unchanged, "outcome", "unchanged")
	add(ctx, t.CanonicalLineDropped, lines.Rejected, "reason", "rejected")
	add(ctx, t.CanonicalLineDropped, lines.Expired, "reason", "expired")
}

// countCorrupted counts an unreadable entry of the persistent queue. The number of lines
// in it is unknown.
func (e *lineExporter) countCorrupted() {
	e.telemetry.CanonicalLineQueueCorrupted.Add(context.Background(), 1)
	e.logger.Error("passed over an entry of the persistent queue that cannot be read")
}

// observeWrite records how long an attempt to write took and, if it succeeded, how many
// lines the batch had.
func (e *lineExporter) observeWrite(ctx context.Context, lines int, took time.Duration, err error) {
	outcome := "written"
	if err != nil {
		outcome = "failed"
	}
	e.telemetry.CanonicalLineBatchDuration.Record(ctx, took.Seconds(), metric.WithAttributes(attribute.String("outcome", outcome)))
	if err == nil {
		e.telemetry.CanonicalLineBatchSize.Record(ctx, int64(lines))
	}
}

func (e *lineExporter) countRepairs(ctx context.Context, encoder *line.Encoder) {
	encoder.Repairs(func(column string, repairs sanitize.Repairs) {
		for kind, n := range map[string]int{
			"characters": repairs.Characters, "length": repairs.Length, "json": repairs.JSON,
		} {
			add(ctx, e.telemetry.CanonicalLineRepairs, n, "kind", kind, "column", column)
		}
	})
}

// add adds n to the counter with the attributes, which are alternating keys and values.
// It does nothing if n is 0.
func add(ctx context.Context, counter metric.Int64Counter, n int, attributes ...string) {
	if n <= 0 {
		return
	}
	set := make([]attribute.KeyValue, 0, 2)
	for i := 0; i+1 < len(attributes); i += 2 {
		set = append(set, attribute.String(attributes[i], attributes[i+1]))
	}
	counter.Add(ctx, int64(n), metric.WithAttributes(set...))
}
