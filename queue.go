package canonicallineexporter

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/exporter/exporterhelper/xexporterhelper"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/spool"
)

// Only this file knows exporterhelper's experimental request API.

// queued is a request in the sending queue. It holds rows, so that an item of the queue
// is a line and nothing is encoded twice.
type queued struct {
	copyrow.Batch

	// tried is when the first attempt to write the lines began, nil before it.
	tried *time.Time
	// refused says that an attempt has failed because Postgres refuses all of the lines.
	refused bool
}

var _ xexporterhelper.Request = (*queued)(nil)

// ItemsCount returns the number of lines.
func (r *queued) ItemsCount() int { return r.Len() }

// BytesSize returns the size of the rows in bytes.
func (r *queued) BytesSize() int { return len(r.Rows) }

// MergeSplit appends the lines of other, which may be nil, to those of r and splits the
// result into requests of at most maxSize lines or bytes; 0 is no limit. Lines with
// another layout, from before a change of the configuration, stay in requests of their
// own. A line larger than maxSize bytes gets a request of its own.
func (r *queued) MergeSplit(
	_ context.Context, maxSize int, sizer exporterhelper.RequestSizerType, other xexporterhelper.Request,
) ([]xexporterhelper.Request, error) {
	if other == nil {
		return r.split(maxSize, sizer), nil
	}
	if u, ok := other.(*unread); ok {
		return append(r.split(maxSize, sizer), u), nil
	}
	o, ok := other.(*queued)
	if !ok {
		return nil, errors.New("merge requests: not a request of this exporter")
	}
	if !copyrow.SameLayout(r.Batch, o.Batch) {
		return append(r.split(maxSize, sizer), o.split(maxSize, sizer)...), nil
	}
	r.Append(o.Batch)
	return r.split(maxSize, sizer), nil
}

func (r *queued) split(maxSize int, sizer exporterhelper.RequestSizerType) []xexporterhelper.Request {
	var requests []xexporterhelper.Request
	for start := 0; start < r.Len(); {
		end := r.Len()
		if maxSize > 0 {
			end = r.fill(start, maxSize, sizer)
		}
		if start == 0 && end == r.Len() {
			return []xexporterhelper.Request{r}
		}
		requests = append(requests, &queued{Batch: r.Slice(start, end)})
		start = end
	}
	return requests
}

// fill returns the end of the request that starts with line start and holds at most
// maxSize.
func (r *queued) fill(start, maxSize int, sizer exporterhelper.RequestSizerType) int {
	if sizer == exporterhelper.RequestSizerTypeItems {
		return min(start+maxSize, r.Len())
	}
	begin := 0
	if start > 0 {
		begin = r.Ends[start-1]
	}
	end := start + 1
	for end < r.Len() && r.Ends[end]-begin <= maxSize {
		end++
	}
	return end
}

// parcel is the context that carries a request from enqueue to exporterhelper's converter.
// enqueue has to know whether the queue accepted it, and exporterhelper passes only pdata
// between the two. The converter takes the request out, because the context lives as long
// as the entry of the queue, and its rows may have been merged into another by then.
type parcel struct {
	context.Context //nolint:containedctx // a parcel is a context

	req *queued
}

// parcelKey is the key of a parcel in itself.
type parcelKey struct{}

func (p *parcel) Value(key any) any {
	if key == (parcelKey{}) {
		return p
	}
	return p.Context.Value(key)
}

func queuedFromContext(ctx context.Context, _ ptrace.Traces) (xexporterhelper.Request, error) {
	p, ok := ctx.Value(parcelKey{}).(*parcel)
	if !ok || p.req == nil {
		return nil, errors.New("convert traces: no request in the context")
	}
	req := p.req
	p.req = nil
	return req, nil
}

// queueSettings tells exporterhelper how to store requests on disk. exporterhelper skips
// unreadable entries; corrupted is called for each of them.
func queueSettings(corrupted func()) xexporterhelper.QueueBatchSettings {
	return xexporterhelper.QueueBatchSettings{Encoding: encoding{corrupted}}
}

// encoding encodes requests for a persistent queue.
type encoding struct {
	corrupted func()
}

// Marshal encodes the request, unless it is stored already; the context is not kept.
func (encoding) Marshal(ctx context.Context, r xexporterhelper.Request) ([]byte, error) {
	req, ok := r.(*queued)
	if !ok {
		return nil, errors.New("marshal request: not a request of this exporter")
	}
	if spool.Stored(ctx) {
		return nil, nil
	}
	return req.Marshal(), nil
}

// Unmarshal decodes a bundle of what Marshal wrote.
func (e encoding) Unmarshal(bundle []byte) (context.Context, xexporterhelper.Request, error) {
	if ticket, ok := spool.Unread(bundle); ok {
		return context.Background(), &unread{ticket: ticket}, nil
	}
	return context.Background(), unmarshalBundle(bundle, e.corrupted), nil
}
