package canonicallineexporter

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/exporter/exporterhelper/xexporterhelper"

	"canonicallineexporter/internal/store"
)

// write stores one batch. exporterhelper retries after every error that is not permanent:
// the store has already dropped the rows that Postgres refuses for their own values, so no
// remaining error is the lines' fault.
func (e *lineExporter) write(ctx context.Context, r xexporterhelper.Request) error {
	req, err := e.linesOf(ctx, r)
	if err != nil {
		e.health.report(writing, err)
		return err
	}
	if req.Len() == 0 {
		return nil
	}
	if e.cfg.queuesInMemory() && e.unwritten.skip(req) {
		return nil
	}
	began := time.Now()
	e.attempt(req, began)
	written, err := e.store.Write(ctx, req.Batch)
	if partial, ok := errors.AsType[*store.PartialError](err); ok {
		req.Batch, written = partial.Rest, partial.Stored
	}
	e.countWritten(ctx, written)
	if err != nil {
		err = fmt.Errorf("write %d lines, the first with id %s: %w", req.Len(), req.firstID(), err)
	}
	e.observeWrite(ctx, req.Len(), time.Since(began), err)
	e.health.report(writing, err)
	if e.cfg.queuesInMemory() && e.unwritten.attempted(req, err, e.now()) {
		return nil
	}
	if err != nil && e.moveBack(ctx, req, err) {
		return nil
	}
	if err != nil {
		return e.failed(ctx, req, err)
	}
	e.waiting.remove(req)
	return nil
}

// moveBack puts lines that Postgres goes on refusing back into the queue, behind others, which
// may show whether the lines are at fault. It reports whether it did: otherwise, and the
// first time, exporterhelper waits and tries again.
func (e *lineExporter) moveBack(ctx context.Context, req *queued, err error) bool {
	_, refused := errors.AsType[*store.RefusedError](err)
	retry := e.cfg.BackOffConfig
	again := refused && req.refused
	req.refused = refused
	if !again || !e.cfg.queues() || !retry.Enabled || retry.MaxElapsedTime > 0 {
		return false
	}
	if err := e.enqueue(ctx, &queued{Batch: req.Batch}); err != nil {
		return false
	}
	if e.cfg.queuesInMemory() {
		e.unwritten.attempted(req, nil, e.now())
	}
	return true
}
