package store

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"

	"canonicallineexporter/internal/copyrow"
)

// fold leaves one version of every line in the batch, the richest, and splits marks off: what
// says of a line that it is incomplete. It returns the batch itself if all of its rows are the first of their line.
func fold(batch copyrow.Batch) (lines, marks copyrow.Batch) {
	if batch.Versions == nil {
		return batch, copyrow.Batch{}
	}
	column := copyrow.Index(batch.Layout, "id")
	richest := map[[16]byte]int{}
	for i, version := range batch.Versions {
		if version != 0 && version != copyrow.Mark {
			richest[[16]byte(batch.Value(i, column))] = i
		}
	}
	var kept, marked []int
	for i, version := range batch.Versions {
		id := [16]byte(batch.Value(i, column))
		if other, amended := richest[id]; version != copyrow.Mark && amended && i != other && richer(batch, i, other) {
			richest[id] = i
		}
	}
	for i, version := range batch.Versions {
		n, amended := richest[[16]byte(batch.Value(i, column))]
		switch {
		case version == copyrow.Mark:
			marked = append(marked, i)
		case !amended || n == i:
			kept = append(kept, i)
		case countsOf(batch, i).Incomplete && !countsOf(batch, n).Incomplete:
			// It may know spans that the richest version lacks, see merge.sql.
			marked = append(marked, i)
		}
	}
	return batch.Pick(kept), batch.Pick(marked)
}

// richer reports whether a row is a richer version of a line than another: by what its
// statistics count, as in merge.sql, else by its version. The version alone does not tell: a
// queue on disk can hold versions that a collector made and others that the next one made,
// which knows less.
func richer(batch copyrow.Batch, i, other int) bool {
	a, b := countsOf(batch, i), countsOf(batch, other)
	return cmp.Or(
		cmp.Compare(a.Spans, b.Spans), cmp.Compare(a.Exceptions, b.Exceptions), cmp.Compare(a.LogRecords, b.LogRecords),
		cmp.Compare(batch.Versions[i], batch.Versions[other]),
	) > 0
}

// counts are the statistics that decide between versions.
type counts struct {
	Spans      int `json:"spans"`
	Exceptions int `json:"exceptions"`
	LogRecords int `json:"log_records"`
	Incomplete bool
}

func countsOf(batch copyrow.Batch, i int) (c counts) {
	column := copyrow.Index(batch.Layout, "statistics")
	if column < 0 {
		return c
	}
	// The text of a jsonb comes after a byte with its version. What is not there counts as 0.
	if text := batch.Value(i, column); len(text) > 1 {
		_ = json.Unmarshal(text[1:], &c)
	}
	return c
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
