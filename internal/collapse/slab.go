package collapse

// slab is an array that grows without moving and uses freed elements again.
// Elements are counted from 1, so that 0 stands for none.
type slab[T any] struct {
	chunks [][]T
	used   int32
	free   []int32
}

// chunk is how many elements are allocated at once.
const chunk = 256

func (s *slab[T]) add(v T) int32 {
	if n := len(s.free); n > 0 {
		i := s.free[n-1]
		s.free = s.free[:n-1]
		*s.at(i) = v
		return i
	}
	if int(s.used) == len(s.chunks)*chunk {
		s.chunks = append(s.chunks, make([]T, chunk))
	}
	s.used++
	*s.at(s.used) = v
	return s.used
}

func (s *slab[T]) at(i int32) *T { return &s.chunks[(i-1)/chunk][(i-1)%chunk] }

// remove frees the element and what it refers to. Once all are free, so is the
// memory.
func (s *slab[T]) remove(i int32) {
	var zero T
	*s.at(i) = zero
	s.free = append(s.free, i)
	if len(s.free) == int(s.used) && len(s.chunks) > 1 {
		*s = slab[T]{}
	}
}
