package copyrow

import (
	"bytes"
	"io"
)

var (
	// streamHeader holds the signature, the flags and the length of the header's extension.
	streamHeader = []byte("PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	// streamTrailer holds -1 in place of a number of fields.
	streamTrailer = []byte{0xff, 0xff}
)

// Stream returns the rows as COPY ... FROM STDIN (FORMAT binary) expects them. It shares
// memory with the batch.
func (b Batch) Stream() io.Reader {
	return io.MultiReader(bytes.NewReader(streamHeader), bytes.NewReader(b.Rows), bytes.NewReader(streamTrailer))
}
