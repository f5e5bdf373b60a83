package canonicallineexporter

import (
	"context"
	"reflect"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.uber.org/zap"

	"canonicallineexporter/internal/collapse"
	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/line"
)

// The collector reloads its configuration by shutting all components down and starting new
// ones in the same process. What an exporter could not finish goes to the next one of its
// id. An exporter cannot tell a reload from the end of the process.

// handover is what one exporter leaves to the next. The zero value is nothing.
type handover struct {
	// batches hold lines that were accepted and not written, each with its layout.
	batches []copyrow.Batch
	// collapser keeps the spans of requests that are running or can be amended; nil: none.
	collapser *collapse.Collapser
	// mapper and cfg are those that the collapser was made for.
	mapper *line.Mapper
	cfg    *Config
}

// registry holds what exporters left, by their id. It is safe for concurrent use.
type registry struct {
	mu   sync.Mutex
	left map[component.ID]handover
}

var handovers = registry{left: map[component.ID]handover{}}

func (r *registry) leave(id component.ID, h handover) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left[id] = h
}

// take returns what was left for an id and removes it.
func (r *registry) take(id component.ID) handover {
	r.mu.Lock()
	defer r.mu.Unlock()
	h := r.left[id]
	delete(r.left, id)
	return h
}

// inherit takes over what the exporter before this one left, and reports whether that had
// spans. Its lines wait for requeue.
func (e *lineExporter) inherit() (spans bool) {
	e.inherited = true
	h := handovers.take(e.id)
	e.unwritten.keep(h.batches...)
	switch {
	case h.collapser == nil:
	case h.cfg.AttributePrefix == e.cfg.AttributePrefix && reflect.DeepEqual(h.cfg.Columns, e.cfg.Columns):
		h.collapser.Resume(collapseConfig(e.cfg, e.mapper, e.skip))
		e.collapser = h.collapser
	default:
		// Its spans lack attributes that lines are made of now.
		e.giveUp(h.collapser, h.mapper)
	}
	return h.collapser != nil
}

// giveUp has requeue offer the lines of what waits in a collapser that nobody uses any more.
func (e *lineExporter) giveUp(c *collapse.Collapser, mapper *line.Mapper) {
	encoder := mapper.Encoder()
	defer encoder.Release()
	delivery := c.Finish()
	defer delivery.Release()
	batch, _ := encode(encoder, delivery)
	e.unwritten.keep(batch)
}

// finish stores what still waits, or has the queue take its lines. Nothing else feeds it any
// more.
func (e *lineExporter) finish(ctx context.Context) {
	e.unwritten.close()
	if e.stopFeeding == nil {
		return
	}
	e.stopFeeding()
	e.feeding.Wait()
	if e.storeSpans(ctx) {
		return
	}
	delivery := e.collapser.Suspend(e.now())
	defer delivery.Release()
	_ = e.offerTo(ctx, delivery, e.enqueueOrKeep)
}

// enqueueOrKeep keeps in memory what the queue does not take.
func (e *lineExporter) enqueueOrKeep(ctx context.Context, req *queued) error {
	if err := e.enqueue(ctx, req); err != nil {
		e.unwritten.keep(req.Batch)
	}
	return nil
}

// handOver leaves to the next exporter what this one could not finish. Nothing else of the
// exporter may run any more.
func (e *lineExporter) handOver() {
	if !e.inherited {
		return
	}
	batches := e.unwritten.all()
	handovers.leave(e.id, handover{batches, e.collapser, e.mapper, e.cfg})
	lines := 0
	for _, batch := range batches {
		lines += batch.Len()
	}
	if lines > 0 {
		e.logger.Warn("lines wait in memory for the next start of this exporter in this process; they are lost if it ends",
			zap.Int("lines", lines))
	}
}

// requeue offers the lines that were taken over to the queue until it has them all or ctx
// ends.
func (e *lineExporter) requeue(ctx context.Context) {
	const pause = time.Second
	for {
		batch, ok := e.unwritten.next()
		if !ok {
			return
		}
		refused := e.requeueBatch(ctx, batch)
		if refused.Len() == 0 {
			continue
		}
		e.unwritten.keep(refused)
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// requeueBatch offers a batch in parts that fit the queue and returns what it refuses.
func (e *lineExporter) requeueBatch(ctx context.Context, batch copyrow.Batch) (refused copyrow.Batch) {
	most, sizer := 0, exporterhelper.RequestSizerTypeItems
	if e.cfg.QueueConfig.HasValue() && e.cfg.QueueConfig.Get().Sizer != exporterhelper.RequestSizerTypeRequests {
		most, sizer = int(e.cfg.QueueConfig.Get().QueueSize), e.cfg.QueueConfig.Get().Sizer
	}
	taken := 0
	for _, part := range (&queued{Batch: batch}).split(most, sizer) {
		lines := part.ItemsCount()
		if err := e.enqueue(ctx, part.(*queued)); err != nil { //nolint:forcetypeassert // split makes no other
			break
		}
		taken += lines
	}
	return batch.Slice(taken, batch.Len())
}
