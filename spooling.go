package canonicallineexporter

import (
	"context"
	"errors"
	"slices"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/exporter/exporterhelper/xexporterhelper"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/zap"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/spool"
)

// newSpool returns the spool of a queue on disk, nil if the queue is in memory.
func newSpool(cfg *Config, logger *zap.Logger) *spool.Spool {
	if !cfg.QueueConfig.HasValue() || cfg.QueueConfig.Get().StorageID == nil {
		return nil
	}
	queue := cfg.QueueConfig.Get()
	return spool.New(spool.Config{
		Measure: copyrow.Measure, Alike: copyrow.SameLayoutOnDisk, Capacity: queue.QueueSize, Sizer: queue.Sizer, Logger: logger,
	})
}

// enqueue returns once the request is in the queue, and on disk if the queue is.
func (e *lineExporter) enqueue(ctx context.Context, req *queued) error {
	offer := func(ctx context.Context) error {
		return e.Traces.ConsumeTraces(&parcel{ctx, req}, ptrace.NewTraces())
	}
	switch {
	case e.spool != nil:
		return e.spool.Offer(ctx, req.Marshal(), offer)
	case e.cfg.queuesInMemory():
		// The queue keeps the context with the request, and never waits: what a receiver
		// has put into its own would take more memory than the line.
		return offer(context.Background())
	default:
		return offer(ctx)
	}
}

// unmarshalBundle merges the entries of a bundle, which have one layout. Those that
// cannot be read are passed over and counted.
func unmarshalBundle(bundle []byte, corrupted func()) *queued {
	merged := &queued{}
	for entry := range spool.Entries(bundle) {
		batch, err := copyrow.Unmarshal(entry)
		switch {
		case err != nil:
			corrupted()
		case merged.Len() == 0:
			merged.Batch = batch
		default:
			merged.Append(batch)
		}
	}
	return merged
}

// unread is a request that the storage did not give when its turn came: it is read
// when it is written, and like all else until that succeeds.
type unread struct {
	ticket uint64
	lines  *queued // once it is read
}

var _ xexporterhelper.Request = (*unread)(nil)

// ItemsCount is not known.
func (*unread) ItemsCount() int { return 0 }

// BytesSize is not known.
func (*unread) BytesSize() int { return 0 }

// MergeSplit keeps it apart from other requests.
func (u *unread) MergeSplit(
	ctx context.Context, maxSize int, sizer exporterhelper.RequestSizerType, other xexporterhelper.Request,
) ([]xexporterhelper.Request, error) {
	if other == nil {
		return []xexporterhelper.Request{u}, nil
	}
	others, err := other.MergeSplit(ctx, maxSize, sizer, nil)
	return append([]xexporterhelper.Request{u}, others...), err
}

// linesOf returns the lines of what comes out of the queue.
func (e *lineExporter) linesOf(ctx context.Context, r xexporterhelper.Request) (*queued, error) {
	u, ok := r.(*unread)
	if !ok {
		req, ok := r.(*queued)
		if !ok {
			return nil, errors.New("write request: not a request of this exporter")
		}
		return req, nil
	}
	if u.lines == nil {
		bundle, err := e.spool.Read(ctx, u.ticket)
		if err != nil {
			return nil, err
		}
		u.lines = unmarshalBundle(bundle, e.countCorrupted)
	}
	return u.lines, nil
}

// startup is how long the exporters of a collector may take until all have opened their
// queues.
const startup = 5 * time.Second

// watchQueues looks for queues on disk that nobody reads any more, once all exporters have
// started and then with every check of the partitions, until ctx ends.
func (e *lineExporter) watchQueues(ctx context.Context, host component.Host) {
	timer := time.NewTimer(startup)
	defer timer.Stop()
	var former []spool.Abandoned
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		found := spool.FindAbandoned(host, e.id.Type())
		e.reportAbandoned(ctx, found, former)
		former = found
		timer.Reset(e.cfg.Partitions.CheckInterval)
	}
}

// reportAbandoned logs the queues that were not abandoned before, and measures all that
// are or were.
func (e *lineExporter) reportAbandoned(ctx context.Context, found, former []spool.Abandoned) {
	observe := func(a spool.Abandoned) {
		e.telemetry.CanonicalLineQueueAbandoned.Record(ctx, a.Lines, e.attributes("file", a.File))
	}
	for _, a := range former {
		a.Lines = 0
		observe(a)
	}
	for _, a := range found {
		observe(a)
		known := func(f spool.Abandoned) bool { return f.File == a.File }
		if !slices.ContainsFunc(former, known) {
			e.logger.Warn("no exporter reads this queue, whose lines were accepted: start one with the name it had, "+
				"and with this storage, to write them; or delete the file", zap.String("file", a.File), zap.Int64("lines", a.Lines))
		}
	}
}
