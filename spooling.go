package canonicallineexporter

import (
	"bytes"
	"context"
	"errors"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/exporter/exporterhelper/xexporterhelper"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/zap"

	"canonicallineexporter/internal/spool"
)

// newSpool returns the spool of a queue on disk, nil if the queue is in memory.
func newSpool(cfg *Config, logger *zap.Logger) *spool.Spool {
	if !cfg.QueueConfig.HasValue() || cfg.QueueConfig.Get().StorageID == nil {
		return nil
	}
	queue := cfg.QueueConfig.Get()
	return spool.New(spool.Config{
		Measure: measureEntry, Alike: alikeEntries, Capacity: queue.QueueSize, Sizer: queue.Sizer, Logger: logger,
	})
}

// Start starts the exporter, with the spool between exporterhelper and the storage.
func (e *lineExporter) Start(ctx context.Context, host component.Host) error {
	if e.spool != nil {
		host = e.spool.Host(host, *e.cfg.QueueConfig.Get().StorageID)
	}
	return e.Traces.Start(ctx, host)
}

// enqueue returns once the request is in the queue, and on disk if the queue is.
func (e *lineExporter) enqueue(ctx context.Context, req *request, td ptrace.Traces) error {
	offer := func(ctx context.Context) error {
		return e.Traces.ConsumeTraces(context.WithValue(ctx, requestKey{}, req), td)
	}
	if e.spool == nil {
		return offer(ctx)
	}
	return e.spool.Offer(ctx, marshal(req), offer)
}

// unmarshalBundle merges the entries of a bundle, which have one layout. Those that
// cannot be read are passed over and counted.
func unmarshalBundle(bundle []byte, corrupted func()) *request {
	merged := &request{}
	for entry := range spool.Entries(bundle) {
		req, err := unmarshal(entry)
		switch {
		case err != nil:
			corrupted()
		case merged.Len() == 0:
			merged = req
		default:
			merged.Append(req.Batch)
		}
	}
	return merged
}

// unread is a request that the storage did not give when its turn came: it is read
// when it is written, and like all else until that succeeds.
type unread struct {
	ticket uint64
	lines  *request // once it is read
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
func (e *lineExporter) linesOf(ctx context.Context, r xexporterhelper.Request) (*request, error) {
	u, ok := r.(*unread)
	if !ok {
		req, ok := r.(*request)
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

// measureEntry returns the lines of an entry and the bytes of their rows, as the
// queue counts them.
func measureEntry(entry []byte) (items, size int64) {
	d := decoder{rest: entry[len(layoutOf(entry)):]}
	n := d.count()
	for range n {
		size += int64(d.uvarint())
	}
	if d.failed || size > int64(len(entry)) {
		return 0, 0
	}
	return int64(n), size
}

// alikeEntries reports whether entries have the same layout.
func alikeEntries(a, b []byte) bool {
	layout := layoutOf(a)
	return len(layout) > 0 && bytes.Equal(layout, layoutOf(b))
}

// layoutOf is the head of an entry, up to its layout; empty if it cannot be read.
func layoutOf(entry []byte) []byte {
	if !bytes.HasPrefix(entry, []byte(encodingMagic)) {
		return nil
	}
	d := decoder{rest: entry[len(encodingMagic):]}
	for range d.count() {
		d.bytes(d.uvarint())
		d.bytes(1)
		d.uvarint()
	}
	if d.failed {
		return nil
	}
	return entry[:len(entry)-len(d.rest)]
}
