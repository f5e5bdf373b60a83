package copyrow

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"time"
)

// Batch holds rows of one layout, without the header and the trailer of the stream.
type Batch struct {
	// Layout holds the columns of every row, in order. Batches share it, so it must not be
	// changed.
	Layout []Column
	// Rows holds the encoded rows, one after another.
	Rows []byte
	// Ends holds the offset in Rows at which each row ends.
	Ends []int
	// Versions holds the version of every row: 0 is the first of its line, one with a higher
	// version replaces those before it, and Mark is the last. nil: all are the first.
	Versions []uint32
}

// Mark is the version of a row that says of a stored line that it is incomplete and holds
// nothing else.
const Mark = math.MaxUint32

// Version returns the version of the i-th row.
func (b Batch) Version(i int) uint32 {
	if b.Versions == nil {
		return 0
	}
	return b.Versions[i]
}

// Len returns the number of rows.
func (b Batch) Len() int { return len(b.Ends) }

// start returns the offset in Rows at which the i-th row starts.
func (b Batch) start(i int) int {
	if i == 0 {
		return 0
	}
	return b.Ends[i-1]
}

// Slice returns the rows from i up to, but not including, j. It shares memory with b.
func (b Batch) Slice(i, j int) Batch {
	start := b.start(i)
	part := Batch{Layout: b.Layout, Ends: slices.Clone(b.Ends[i:j])}
	for k := range part.Ends {
		part.Ends[k] -= start
	}
	if b.Versions != nil {
		part.Versions = slices.Clone(b.Versions[i:j])
	}
	if i < j {
		part.Rows = b.Rows[start:b.Ends[j-1]:b.Ends[j-1]]
	}
	return part
}

// Pick returns the rows at these positions, in their order.
func (b Batch) Pick(rows []int) Batch {
	picked := Batch{Layout: b.Layout, Ends: make([]int, 0, len(rows))}
	size := 0
	for _, i := range rows {
		size += b.Ends[i] - b.start(i)
	}
	picked.Rows = make([]byte, 0, size)
	if b.Versions != nil {
		picked.Versions = make([]uint32, 0, len(rows))
	}
	for _, i := range rows {
		picked.Rows = append(picked.Rows, b.Rows[b.start(i):b.Ends[i]]...)
		picked.Ends = append(picked.Ends, len(picked.Rows))
		if b.Versions != nil {
			picked.Versions = append(picked.Versions, b.Versions[i])
		}
	}
	return picked
}

// Append adds the rows of other, which must have the same layout.
func (b *Batch) Append(other Batch) {
	start := len(b.Rows)
	// append alone grows large batches in small steps and copies them often.
	if need := start + len(other.Rows); need > cap(b.Rows) {
		b.Rows = slices.Grow(b.Rows, max(start, len(other.Rows)))
	}
	b.Rows = append(b.Rows, other.Rows...)
	if b.Versions != nil || other.Versions != nil {
		b.Versions = append(b.versions(), other.versions()...)
	}
	for _, end := range other.Ends {
		b.Ends = append(b.Ends, start+end)
	}
}

// versions returns the version of every row.
func (b Batch) versions() []uint32 {
	if b.Versions != nil {
		return b.Versions
	}
	return make([]uint32, b.Len())
}

// SameLayout reports whether rows of a and b can stand in one batch.
func SameLayout(a, b Batch) bool { return slices.Equal(a.Layout, b.Layout) }

// errMalformed says that bytes are not rows of the layout.
var errMalformed = errors.New("malformed rows")

// Validate returns an error unless Rows consists of rows of the layout that end at
// Ends. It checks the length of fields, not their content.
func (b Batch) Validate() error {
	start := 0
	for _, end := range b.Ends {
		if end < start || end > len(b.Rows) {
			return errMalformed
		}
		if err := validateRow(b.Rows[start:end], len(b.Layout)); err != nil {
			return err
		}
		start = end
	}
	if start != len(b.Rows) || b.Versions != nil && len(b.Versions) != len(b.Ends) {
		return errMalformed
	}
	return nil
}

// validateRow returns an error unless row consists of this number of fields.
func validateRow(row []byte, fields int) error {
	if len(row) < 2 || int(binary.BigEndian.Uint16(row)) != fields {
		return errMalformed
	}
	row = row[2:]
	for range fields {
		if len(row) < 4 {
			return errMalformed
		}
		length := fieldLength(row)
		if length < -1 || length > len(row)-4 {
			return errMalformed
		}
		row = row[4+max(length, 0):]
	}
	if len(row) != 0 {
		return errMalformed
	}
	return nil
}

// fieldLength returns the length of the value of the first field, -1 for NULL.
func fieldLength(fields []byte) int { return int(int32(binary.BigEndian.Uint32(fields))) }

// row returns the fields of the i-th row.
func (b Batch) row(i int) fields { return fields(b.Rows[b.start(i)+2 : b.Ends[i]]) }

// fields holds the remaining fields of a row.
type fields []byte

// next removes the first field. It returns the field with its length and the value
// without it, which is nil for NULL.
func (f *fields) next() (whole, value []byte) {
	length := fieldLength(*f)
	whole = (*f)[:4+max(length, 0)]
	if length >= 0 {
		value = whole[4:]
	}
	*f = (*f)[len(whole):]
	return whole, value
}

// Index returns the position of the column of this name in a layout, or -1 if there is
// none.
func Index(layout []Column, name string) int {
	return slices.IndexFunc(layout, func(c Column) bool { return c.Name == name })
}

// Value returns the encoded value of a column in the i-th row, nil for NULL.
func (b Batch) Value(i, column int) []byte {
	row := b.row(i)
	for range column {
		row.next()
	}
	_, value := row.next()
	return value
}

// Time returns the value of a column in the i-th row, which must be a Timestamp and not
// NULL.
func (b Batch) Time(i, column int) time.Time {
	value := b.Value(i, column)
	return time.UnixMicro(int64(binary.BigEndian.Uint64(value)) + epochMicroseconds)
}

// Project returns the batch with only the columns that keep accepts. It returns the batch
// itself if keep accepts all.
func (b Batch) Project(keep func(Column) bool) Batch {
	kept := make([]bool, len(b.Layout))
	projected := Batch{Versions: b.Versions}
	for i, column := range b.Layout {
		if kept[i] = keep(column); kept[i] {
			projected.Layout = append(projected.Layout, column)
		}
	}
	if len(projected.Layout) == len(b.Layout) {
		return b
	}
	projected.Rows = make([]byte, 0, len(b.Rows))
	projected.Ends = make([]int, 0, len(b.Ends))
	for i := range b.Ends {
		projected.Rows = AppendRowStart(projected.Rows, len(projected.Layout))
		row := b.row(i)
		for _, keep := range kept {
			if whole, _ := row.next(); keep {
				projected.Rows = append(projected.Rows, whole...)
			}
		}
		projected.Ends = append(projected.Ends, len(projected.Rows))
	}
	return projected
}
