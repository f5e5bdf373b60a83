package store

import (
	"bytes"
	"cmp"
	"slices"

	"canonicallineexporter/internal/copyrow"
)

// fold leaves one version of every line in the batch, the newest, and splits marks off. It
// returns the batch itself if all of its rows are the first of their line.
func fold(batch copyrow.Batch) (lines, marks copyrow.Batch) {
	if batch.Versions == nil {
		return batch, copyrow.Batch{}
	}
	column := copyrow.Index(batch.Layout, "id")
	newest := map[[16]byte]int{}
	for i, version := range batch.Versions {
		if version == 0 || version == copyrow.Mark {
			continue
		}
		id := [16]byte(batch.Value(i, column))
		if other, ok := newest[id]; !ok || batch.Versions[other] <= version {
			newest[id] = i
		}
	}
	var kept, marked []int
	for i, version := range batch.Versions {
		if version == copyrow.Mark {
			marked = append(marked, i)
		} else if n, ok := newest[[16]byte(batch.Value(i, column))]; !ok || n == i {
			kept = append(kept, i)
		}
	}
	return batch.Pick(kept), batch.Pick(marked)
}

// lanes splits lines into those that are new and those that replace what may be stored.
// Each lane is written in transactions of its own that take keys in order, so that writers
// of the same lines queue up instead of deadlocking; one transaction for both would not.
func lanes(batch copyrow.Batch) (fresh, amended copyrow.Batch) {
	if batch.Versions == nil {
		return batch, copyrow.Batch{}
	}
	var first, later []int
	for i, version := range batch.Versions {
		if version == 0 {
			first = append(first, i)
		} else {
			later = append(later, i)
		}
	}
	return batch.Pick(first), batch.Pick(later)
}

// sorted returns the batch with its rows in the order of their keys.
func sorted(batch copyrow.Batch) copyrow.Batch {
	type key struct {
		createdAt int64
		id        [16]byte
		row       int
	}
	createdAt, id := copyrow.Index(batch.Layout, "created_at"), copyrow.Index(batch.Layout, "id")
	keys := make([]key, batch.Len())
	for i := range keys {
		keys[i] = key{batch.Time(i, createdAt).UnixMicro(), [16]byte(batch.Value(i, id)), i}
	}
	byKey := func(a, b key) int {
		return cmp.Or(cmp.Compare(a.createdAt, b.createdAt), bytes.Compare(a.id[:], b.id[:]))
	}
	if slices.IsSortedFunc(keys, byKey) {
		return batch
	}
	slices.SortStableFunc(keys, byKey)
	rows := make([]int, len(keys))
	for i, k := range keys {
		rows[i] = k.row
	}
	return batch.Pick(rows)
}
