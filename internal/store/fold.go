package store

import (
	"bytes"
	"cmp"
	"slices"
	"time"

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
	lines, marks = copyrow.Batch{Layout: batch.Layout}, copyrow.Batch{Layout: batch.Layout}
	for i, version := range batch.Versions {
		row := batch.Slice(i, i+1)
		if version == copyrow.Mark {
			marks.Append(row)
		} else if n, ok := newest[[16]byte(batch.Value(i, column))]; !ok || n == i {
			lines.Append(row)
		}
	}
	return lines, marks
}

// lanes splits lines into those that are new and those that replace what may be stored.
func lanes(batch copyrow.Batch) (fresh, amended copyrow.Batch) {
	if batch.Versions == nil {
		return batch, copyrow.Batch{}
	}
	fresh, amended = copyrow.Batch{Layout: batch.Layout}, copyrow.Batch{Layout: batch.Layout}
	for i, version := range batch.Versions {
		if version == 0 {
			fresh.Append(batch.Slice(i, i+1))
		} else {
			amended.Append(batch.Slice(i, i+1))
		}
	}
	return fresh, amended
}

// sorted returns the batch with its rows in the order of their keys.
func sorted(batch copyrow.Batch) copyrow.Batch {
	type key struct {
		createdAt time.Time
		id        [16]byte
		row       int
	}
	createdAt, id := copyrow.Index(batch.Layout, "created_at"), copyrow.Index(batch.Layout, "id")
	keys := make([]key, batch.Len())
	for i := range keys {
		keys[i] = key{batch.Time(i, createdAt), [16]byte(batch.Value(i, id)), i}
	}
	byKey := func(a, b key) int {
		return cmp.Or(a.createdAt.Compare(b.createdAt), bytes.Compare(a.id[:], b.id[:]))
	}
	if slices.IsSortedFunc(keys, byKey) {
		return batch
	}
	slices.SortStableFunc(keys, byKey)
	ordered := copyrow.Batch{Layout: batch.Layout, Rows: make([]byte, 0, len(batch.Rows)), Ends: make([]int, 0, batch.Len())}
	for _, k := range keys {
		ordered.Append(batch.Slice(k.row, k.row+1))
	}
	return ordered
}
