package canonicallineexporter

import (
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"

	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/exporter/exporterhelper/xexporterhelper"

	"canonicallineexporter/internal/spool"
	"canonicallineexporter/internal/store"
	"canonicallineexporter/schema"
)

// This file and spooling.go are all that knows exporterhelper's experimental request
// API.

// request is what waits in the sending queue: rows, so that an item of the
// queue is a line and nothing is encoded twice.
type request struct {
	store.Batch
}

var _ xexporterhelper.Request = (*request)(nil)

// ItemsCount is the number of lines.
func (r *request) ItemsCount() int { return r.Len() }

// BytesSize is the size of the rows in bytes.
func (r *request) BytesSize() int { return len(r.Rows) }

// MergeSplit appends the lines of other, which may be nil, to those of r and
// cuts the whole into requests of at most maxSize lines or bytes; 0 is no
// limit. Lines of another layout, from before a change of the configuration,
// stay in requests of their own. A single line over maxSize bytes goes alone.
func (r *request) MergeSplit(
	_ context.Context, maxSize int, sizer exporterhelper.RequestSizerType, other xexporterhelper.Request,
) ([]xexporterhelper.Request, error) {
	if other == nil {
		return r.split(maxSize, sizer), nil
	}
	if u, ok := other.(*unread); ok {
		return append(r.split(maxSize, sizer), u), nil
	}
	o, ok := other.(*request)
	if !ok {
		return nil, errors.New("merge requests: not a request of this exporter")
	}
	if !store.SameLayout(r.Batch, o.Batch) {
		return append(r.split(maxSize, sizer), o.split(maxSize, sizer)...), nil
	}
	r.Append(o.Batch)
	return r.split(maxSize, sizer), nil
}

func (r *request) split(maxSize int, sizer exporterhelper.RequestSizerType) []xexporterhelper.Request {
	var requests []xexporterhelper.Request
	for start := 0; start < r.Len(); {
		end := r.Len()
		if maxSize > 0 {
			end = r.fill(start, maxSize, sizer)
		}
		if start == 0 && end == r.Len() {
			return []xexporterhelper.Request{r}
		}
		requests = append(requests, &request{r.Slice(start, end)})
		start = end
	}
	return requests
}

// fill is where a request of maxSize that starts with the line start ends.
func (r *request) fill(start, maxSize int, sizer exporterhelper.RequestSizerType) int {
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

// queueSettings tells exporterhelper how to keep requests on disk, and calls
// corrupted for every entry that cannot be read: exporterhelper passes over it.
func queueSettings(corrupted func()) xexporterhelper.QueueBatchSettings {
	return xexporterhelper.QueueBatchSettings{Encoding: encoding{corrupted}}
}

// encoding is the form of a request in a persistent queue: magic, version, the
// layout, the lengths of the rows, the rows, and a CRC-32C of it all. The layout
// goes along because the configuration can change between stop and start.
type encoding struct {
	corrupted func()
}

const encodingMagic = "CLR\x01"

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errCorrupted says that an entry of the persistent queue cannot be read.
var errCorrupted = errors.New("corrupted entry of the persistent queue")

// Marshal encodes the request, unless it is stored already; the context is not kept.
func (encoding) Marshal(ctx context.Context, r xexporterhelper.Request) ([]byte, error) {
	req, ok := r.(*request)
	if !ok {
		return nil, errors.New("marshal request: not a request of this exporter")
	}
	if spool.Stored(ctx) {
		return nil, nil
	}
	return marshal(req), nil
}

func marshal(req *request) []byte {
	buf := make([]byte, 0, len(req.Rows)+64*len(req.Layout)+4*len(req.Ends))
	buf = append(buf, encodingMagic...)
	buf = binary.AppendUvarint(buf, uint64(len(req.Layout)))
	for _, column := range req.Layout {
		buf = binary.AppendUvarint(buf, uint64(len(column.Name)))
		buf = append(buf, column.Name...)
		buf = append(buf, byte(column.Type.Kind))
		buf = binary.AppendUvarint(buf, uint64(column.Type.Width))
	}
	buf = binary.AppendUvarint(buf, uint64(len(req.Ends)))
	start := 0
	for _, end := range req.Ends {
		buf = binary.AppendUvarint(buf, uint64(end-start))
		start = end
	}
	return seal(append(buf, req.Rows...))
}

// seal appends the checksum.
func seal(buf []byte) []byte {
	return binary.BigEndian.AppendUint32(buf, crc32.Checksum(buf, castagnoli))
}

// Unmarshal decodes a bundle of what Marshal wrote.
func (e encoding) Unmarshal(bundle []byte) (context.Context, xexporterhelper.Request, error) {
	if ticket, ok := spool.Unread(bundle); ok {
		return context.Background(), &unread{ticket: ticket}, nil
	}
	return context.Background(), unmarshalBundle(bundle, e.corrupted), nil
}

// unmarshal decodes an entry and checks it to the last row.
func unmarshal(buf []byte) (*request, error) {
	if len(buf) < len(encodingMagic)+crc32.Size || string(buf[:len(encodingMagic)]) != encodingMagic {
		return nil, errCorrupted
	}
	body, sum := buf[:len(buf)-crc32.Size], buf[len(buf)-crc32.Size:]
	if crc32.Checksum(body, castagnoli) != binary.BigEndian.Uint32(sum) {
		return nil, errCorrupted
	}
	d := decoder{rest: body[len(encodingMagic):]}
	req := &request{}
	for range d.count() {
		name := string(d.bytes(d.uvarint()))
		kind := d.bytes(1)
		width := d.uvarint()
		if d.failed {
			return nil, errCorrupted
		}
		req.Layout = append(req.Layout, schema.Column{
			Name: name, Type: schema.Type{Kind: schema.Kind(kind[0]), Width: int(width)},
		})
	}
	end := 0
	for range d.count() {
		end += int(d.uvarint())
		req.Ends = append(req.Ends, end)
	}
	// The storage owns buf: bbolt's memory is only valid during the read.
	req.Rows = append([]byte(nil), d.rest...)
	if d.failed || req.Validate() != nil {
		return nil, errCorrupted
	}
	return req, nil
}

// decoder reads from the front of rest; what is not there fails it for good.
type decoder struct {
	rest   []byte
	failed bool
}

func (d *decoder) uvarint() uint64 {
	n, size := binary.Uvarint(d.rest)
	if size <= 0 {
		d.failed, d.rest = true, nil
		return 0
	}
	d.rest = d.rest[size:]
	return n
}

// count reads a number of things of at least one byte each.
func (d *decoder) count() uint64 {
	n := d.uvarint()
	if n > uint64(len(d.rest)) {
		d.failed = true
		return 0
	}
	return n
}

func (d *decoder) bytes(n uint64) []byte {
	if n > uint64(len(d.rest)) {
		d.failed, d.rest = true, nil
		return nil
	}
	b := d.rest[:n]
	d.rest = d.rest[n:]
	return b
}
