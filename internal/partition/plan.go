package partition

import (
	"slices"
	"time"
)

// Range is a stretch of time: From is in it, To is not.
type Range struct {
	From, To time.Time
}

// Contains reports whether t falls into the range.
func (r Range) Contains(t time.Time) bool {
	return !t.Before(r.From) && t.Before(r.To)
}

// Creation is one partition to be made.
type Creation struct {
	// Name is the unqualified name of the partition's table.
	Name string
	Range
}

// Plan says which partitions have to be made so that the table takes rows for
// all of want, beside those that exist in any order. Ranges follow interval;
// where a partition of another size already covers part of one, only the gap is
// filled.
func Plan(table string, interval Interval, existing, want []Range) []Creation {
	taken := slices.Clone(existing)
	var creations []Creation
	for _, w := range want {
		for from := interval.Floor(w.From); from.Before(w.To); from = interval.Next(from) {
			for _, gap := range gaps(Range{from, interval.Next(from)}, taken) {
				creations = append(creations, Creation{table + interval.suffix(gap.From), gap})
				taken = append(taken, gap)
			}
		}
	}
	return creations
}

// gaps is what is left of r without taken.
func gaps(r Range, taken []Range) []Range {
	slices.SortFunc(taken, func(a, b Range) int { return a.From.Compare(b.From) })
	var left []Range
	for _, t := range taken {
		if !t.To.After(r.From) || !t.From.Before(r.To) {
			continue
		}
		if t.From.After(r.From) {
			left = append(left, Range{r.From, t.From})
		}
		r.From = t.To
	}
	if r.From.Before(r.To) {
		left = append(left, r)
	}
	return left
}
