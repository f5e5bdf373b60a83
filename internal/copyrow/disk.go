package copyrow

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
)

// The form of a batch on disk: magic with version, the layout, the lengths of the rows,
// their versions, the rows, and a CRC-32C of it all. The layout goes along because the
// configuration can change while a batch waits. The first form has no versions; it is
// read for as long as queues can hold it.
const (
	diskMagic  = "CLR\x02"
	firstMagic = "CLR\x01"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ErrCorrupted says that bytes are not a batch that Marshal returned.
var ErrCorrupted = errors.New("corrupted batch")

// Marshal returns the batch in the format on disk.
func (b Batch) Marshal() []byte {
	buf := make([]byte, 0, len(b.Rows)+64*len(b.Layout)+4*len(b.Ends))
	buf = append(buf, diskMagic...)
	buf = binary.AppendUvarint(buf, uint64(len(b.Layout)))
	for _, column := range b.Layout {
		buf = binary.AppendUvarint(buf, uint64(len(column.Name)))
		buf = append(buf, column.Name...)
		buf = append(buf, byte(column.Type.Kind))
		buf = binary.AppendUvarint(buf, uint64(column.Type.Width))
	}
	buf = binary.AppendUvarint(buf, uint64(len(b.Ends)))
	start := 0
	for _, end := range b.Ends {
		buf = binary.AppendUvarint(buf, uint64(end-start))
		start = end
	}
	buf = binary.AppendUvarint(buf, uint64(len(b.Versions)))
	for _, version := range b.Versions {
		buf = binary.AppendUvarint(buf, uint64(version))
	}
	return seal(append(buf, b.Rows...))
}

// seal appends the checksum of buf.
func seal(buf []byte) []byte {
	return binary.BigEndian.AppendUint32(buf, crc32.Checksum(buf, castagnoli))
}

// Unmarshal returns the batch that Marshal encoded, or ErrCorrupted. It validates every
// row and does not keep buf.
func Unmarshal(buf []byte) (Batch, error) {
	if len(buf) < len(diskMagic)+crc32.Size {
		return Batch{}, ErrCorrupted
	}
	magic := string(buf[:len(diskMagic)])
	if magic != diskMagic && magic != firstMagic {
		return Batch{}, ErrCorrupted
	}
	body, sum := buf[:len(buf)-crc32.Size], buf[len(buf)-crc32.Size:]
	if crc32.Checksum(body, castagnoli) != binary.BigEndian.Uint32(sum) {
		return Batch{}, ErrCorrupted
	}
	d := decoder{rest: body[len(diskMagic):]}
	var b Batch
	for range d.count() {
		name := string(d.bytes(d.uvarint()))
		kind := d.bytes(1)
		width := d.uvarint()
		if d.failed {
			return Batch{}, ErrCorrupted
		}
		b.Layout = append(b.Layout, Column{Name: name, Type: Type{Kind: Kind(kind[0]), Width: int(width)}})
	}
	end := 0
	for range d.count() {
		end += int(d.uvarint())
		b.Ends = append(b.Ends, end)
	}
	if magic != firstMagic {
		for range d.count() {
			b.Versions = append(b.Versions, uint32(d.uvarint()))
		}
	}
	b.Rows = append([]byte(nil), d.rest...)
	if d.failed || b.Validate() != nil {
		return Batch{}, ErrCorrupted
	}
	return b, nil
}

// Measure returns the rows of a batch on disk and the bytes that they take, 0 for what is
// not one. It looks at their lengths alone.
func Measure(buf []byte) (rows, size int64) {
	d := decoder{rest: buf[len(layoutOf(buf)):]}
	n := d.count()
	for range n {
		size += int64(d.uvarint())
	}
	if d.failed || size > int64(len(buf)) {
		return 0, 0
	}
	return int64(n), size
}

// SameLayoutOnDisk reports whether batches on disk have the same layout and form.
func SameLayoutOnDisk(a, b []byte) bool {
	layout := layoutOf(a)
	return len(layout) > 0 && bytes.Equal(layout, layoutOf(b))
}

// layoutOf returns the head of a batch on disk, up to its layout, or nothing if it cannot
// be read.
func layoutOf(buf []byte) []byte {
	if !bytes.HasPrefix(buf, []byte(diskMagic)) && !bytes.HasPrefix(buf, []byte(firstMagic)) {
		return nil
	}
	d := decoder{rest: buf[len(diskMagic):]}
	for range d.count() {
		d.bytes(d.uvarint())
		d.bytes(1)
		d.uvarint()
	}
	if d.failed {
		return nil
	}
	return buf[:len(buf)-len(d.rest)]
}

// decoder reads from the front of rest. A read beyond the end sets failed for good.
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

// count reads a number of items, each of which takes at least one byte.
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
