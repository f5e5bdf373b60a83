package canonicallineexporter

import (
	"context"
	"errors"

	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/exporter/exporterhelper/xexporterhelper"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"canonicallineexporter/internal/copyrow"
)

// This file is all that knows exporterhelper's experimental request API.

// queued is what waits in the sending queue: rows, so that an item of the queue is a
// line and nothing is encoded twice.
type queued struct {
	copyrow.Batch
}

var _ xexporterhelper.Request = (*queued)(nil)

// ItemsCount is the number of lines.
func (r *queued) ItemsCount() int { return r.Len() }

// BytesSize is the size of the rows in bytes.
func (r *queued) BytesSize() int { return len(r.Rows) }

// MergeSplit appends the lines of other, which may be nil, to those of r and
// cuts the whole into requests of at most maxSize lines or bytes; 0 is no
// limit. Lines of another layout, from before a change of the configuration,
// stay in requests of their own. A single line over maxSize bytes goes alone.
func (r *queued) MergeSplit(
	_ context.Context, maxSize int, sizer exporterhelper.RequestSizerType, other xexporterhelper.Request,
) ([]xexporterhelper.Request, error) {
	if other == nil {
		return r.split(maxSize, sizer), nil
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
		requests = append(requests, &queued{r.Slice(start, end)})
		start = end
	}
	return requests
}

// fill returns where a request of maxSize ends that starts with the line start.
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

// queuedKey carries the request from ConsumeTraces to exporterhelper's converter:
// whether the queue takes it has to be known where spans are collapsed, and
// exporterhelper's interface between the two is pdata.
type queuedKey struct{}

func queuedFromContext(ctx context.Context, _ ptrace.Traces) (xexporterhelper.Request, error) {
	req, ok := ctx.Value(queuedKey{}).(*queued)
	if !ok {
		return nil, errors.New("convert traces: no request in the context")
	}
	return req, nil
}

// queueSettings tells exporterhelper how to keep requests on disk. It calls corrupted for
// every entry that cannot be read: exporterhelper passes over it.
func queueSettings(corrupted func()) xexporterhelper.QueueBatchSettings {
	return xexporterhelper.QueueBatchSettings{Encoding: encoding{corrupted}}
}

// encoding is the form of a request in a persistent queue.
type encoding struct {
	corrupted func()
}

// Marshal encodes the request; the context is not kept.
func (encoding) Marshal(_ context.Context, r xexporterhelper.Request) ([]byte, error) {
	req, ok := r.(*queued)
	if !ok {
		return nil, errors.New("marshal request: not a request of this exporter")
	}
	return req.Marshal(), nil
}

// Unmarshal decodes what Marshal wrote. The storage owns buf: bbolt's memory is only
// valid during the read.
func (e encoding) Unmarshal(buf []byte) (context.Context, xexporterhelper.Request, error) {
	batch, err := copyrow.Unmarshal(buf)
	if err != nil {
		e.corrupted()
		return context.Background(), nil, err
	}
	return context.Background(), &queued{batch}, nil
}
