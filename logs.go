package canonicallineexporter

import (
	"context"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pipeline"

	"canonicallineexporter/internal/collapse"
	"canonicallineexporter/internal/request"
)

// ConsumeLogs takes in what log records say of requests, and returns once lines that this
// changes are in the queue.
func (e *lineExporter) ConsumeLogs(ctx context.Context, ld plog.Logs) error {
	delivery, passed := e.collapser.EnterLogs(ld, e.now())
	defer delivery.Release()
	if err := e.offer(ctx, delivery); err != nil {
		return err
	}
	e.add(ctx, e.telemetry.CanonicalLineLogRecords, passed, "outcome", "passed_over")
	e.add(ctx, e.telemetry.CanonicalLineLogRecords, ld.LogRecordCount()-passed, "outcome", "taken")
	return nil
}

// unexplainedInARow is how many failures without an exception, with none that has one among
// them, make it likely that exceptions go elsewhere.
const unexplainedInARow = 100

// noteExplained warns once if failures have no exceptions where no pipeline of logs could have
// brought them.
func (e *lineExporter) noteExplained(delivery *collapse.Delivery) {
	for _, r := range delivery.Requests {
		if r.Span.Status().Code() != ptrace.StatusCodeError {
			continue
		}
		_, recorded := request.LastException(r.Span)
		if recorded || r.Descendants.Recorded.Count > 0 || len(r.Descendants.Failures) > 0 {
			e.unexplained.Store(0)
		} else if e.unexplained.Add(1) == unexplainedInARow && !shared.serves(e, pipeline.SignalLogs) {
			e.logger.Warn("requests fail without an exception: if services send exceptions as log records, add this exporter to a pipeline of logs")
		}
	}
}
