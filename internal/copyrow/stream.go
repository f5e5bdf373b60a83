package copyrow

import (
	"bytes"
	"io"
)

// Header and trailer of the stream: signature, flags, length of the header's
// extension; then -1 instead of a number of fields.
var (
	streamHeader  = []byte("PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	streamTrailer = []byte{0xff, 0xff}
)

// Stream returns the rows as COPY ... FROM STDIN (FORMAT binary) takes them. It
// reads the batch's memory.
func (b Batch) Stream() io.Reader {
	return io.MultiReader(bytes.NewReader(streamHeader), bytes.NewReader(b.Rows), bytes.NewReader(streamTrailer))
}
