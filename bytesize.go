package canonicallineexporter

import (
	"errors"
	"math"

	"github.com/dustin/go-humanize"
)

// ByteSize is a number of bytes. In the configuration it is a number, or a text with a unit:
// 100GiB, 16 kB.
type ByteSize int64

// UnmarshalText reads a text with or without a unit.
func (s *ByteSize) UnmarshalText(text []byte) error {
	size, err := humanize.ParseBytes(string(text))
	if err != nil || size > math.MaxInt64 {
		return errors.New("is no size such as 100GiB or 500 MB")
	}
	*s = ByteSize(size)
	return nil
}
