package collapse

import "slices"

// fifo holds values in the order in which they came. Each has a place, by which it is found
// until it is dropped. Its memory is used again, and what it holds is not scanned by the
// garbage collector if T has no pointers.
type fifo[T any] struct {
	// size is how many values a chunk holds.
	size   int64
	chunks [][]T
	// first is the number of the first chunk.
	first int64
	spare [][]T
}

// maxSpare bounds the chunks that are kept for use.
const maxSpare = 4

// reserve adds n values side by side, at most a chunk of them, and returns the place of the
// first. The caller has to set them all.
func (f *fifo[T]) reserve(n int) (place int64, values []T) {
	last := len(f.chunks) - 1
	if last < 0 || f.size-int64(len(f.chunks[last])) < int64(n) {
		f.chunks = append(f.chunks, f.chunk())
		last++
	}
	c := &f.chunks[last]
	used := len(*c)
	*c = slices.Grow(*c, n)[:used+n]
	return (f.first+int64(last))*f.size + int64(used), (*c)[used:]
}

// chunk returns an empty chunk. The first grows to its size, so that few values take little.
func (f *fifo[T]) chunk() []T {
	if n := len(f.spare); n > 0 {
		c := f.spare[n-1]
		f.spare = f.spare[:n-1]
		return c
	}
	if len(f.chunks) == 0 {
		return nil
	}
	return make([]T, 0, f.size)
}

// at returns the n values from a place on, side by side.
func (f *fifo[T]) at(place int64, n int) []T {
	if n == 0 {
		return nil
	}
	c := f.chunks[place/f.size-f.first]
	return c[place%f.size:][:n]
}

// drop forgets the values before a place.
func (f *fifo[T]) drop(before int64) {
	for ; len(f.chunks) > 0 && f.first < before/f.size; f.first++ {
		if len(f.spare) < maxSpare {
			f.spare = append(f.spare, f.chunks[0][:0])
		}
		f.chunks[0] = nil
		f.chunks = f.chunks[1:]
	}
}
