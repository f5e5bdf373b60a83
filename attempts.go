package canonicallineexporter

import (
	"context"
	"encoding/hex"
	"time"

	"go.opentelemetry.io/collector/config/configretry"
	"go.opentelemetry.io/collector/consumer/consumererror"

	"canonicallineexporter/internal/copyrow"
)

// This file counts the lines that are given up because they could not be written. Lines
// whose client waits for the outcome are not lost: the client has their spans.

// retryConfig returns how exporterhelper retries. It does not say what it gives up, so that
// failed gives up queued lines in its place.
func retryConfig(cfg *Config) configretry.BackOffConfig {
	retry := cfg.BackOffConfig
	if cfg.queues() {
		retry.MaxElapsedTime = 0
	}
	return retry
}

// queues reports whether clients have their answer before their lines are written.
func (c *Config) queues() bool {
	return c.QueueConfig.HasValue() && !c.QueueConfig.Get().WaitForResult
}

// queuesInMemory reports whether lines exist only in memory after clients have their answer.
func (c *Config) queuesInMemory() bool {
	return c.queues() && c.QueueConfig.Get().StorageID == nil
}

// lines returns the number of rows that are lines, not marks.
func (r *queued) lines() int {
	lines := r.Len()
	for i := range r.Len() {
		if r.Version(i) == copyrow.Mark {
			lines--
		}
	}
	return lines
}

// firstID returns the id of the first line in hexadecimal.
func (r *queued) firstID() string {
	return hex.EncodeToString(r.Value(0, copyrow.Index(r.Layout, "id")))
}

// attempt takes note that an attempt to write the lines begins.
func (e *lineExporter) attempt(r *queued, now time.Time) {
	if r.tried == nil {
		r.tried = &now
	}
}

// failed takes note that the attempt failed. It returns err for exporterhelper, as a
// permanent error if the lines are given up.
func (e *lineExporter) failed(ctx context.Context, r *queued, err error) error {
	retry := e.cfg.BackOffConfig
	switch {
	case !e.cfg.queues():
		return err // the client has the spans
	case retry.Enabled && (retry.MaxElapsedTime == 0 || time.Since(*r.tried) < retry.MaxElapsedTime):
		e.waiting.add(r)
		return err
	default:
		e.waiting.remove(r)
		e.add(ctx, e.telemetry.CanonicalLineDropped, r.lines(), "reason", "gave_up")
		return consumererror.NewPermanent(err)
	}
}
