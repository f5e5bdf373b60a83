package spool

import "slices"

// keys is an ascending list of keys, kept as runs, for they mostly follow each
// other.
type keys []run

// run is the keys from (and with) from up to (and without) to.
type run struct{ from, to uint64 }

// add puts a key in its place, which is mostly the end.
func (k *keys) add(key uint64) { k.addRange(key, key+1) }

// addRange adds keys that are not among them.
func (k *keys) addRange(from, to uint64) {
	if from == to {
		return
	}
	i := len(*k)
	for i > 0 && (*k)[i-1].from > from {
		i--
	}
	if i > 0 && (*k)[i-1].to == from {
		i--
		(*k)[i].to = to
	} else {
		*k = slices.Insert(*k, i, run{from, to})
	}
	if i+1 < len(*k) && (*k)[i+1].from == to {
		(*k)[i].to = (*k)[i+1].to
		*k = slices.Delete(*k, i+1, i+2)
	}
}

// first is the lowest key, or otherwise if there is none.
func (k keys) first(otherwise uint64) uint64 {
	if len(k) == 0 {
		return otherwise
	}
	return k[0].from
}

// firsts are the lowest n keys, or all if they are fewer.
func (k keys) firsts(n int) []uint64 {
	var lowest []uint64
	for _, r := range k {
		for key := r.from; key < r.to; key++ {
			if len(lowest) == n {
				return lowest
			}
			lowest = append(lowest, key)
		}
	}
	return lowest
}

// pop removes the lowest key.
func (k *keys) pop() {
	(*k)[0].from++
	if (*k)[0].from == (*k)[0].to {
		*k = (*k)[1:]
	}
}
