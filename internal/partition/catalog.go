package partition

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"canonicallineexporter/internal/table"
)

// Range is a stretch of time: From is in it, To is not.
type Range struct {
	From, To time.Time
}

// Contains reports whether t falls into the range.
func (r Range) Contains(t time.Time) bool {
	return !t.Before(r.From) && t.Before(r.To)
}

// Partition is a table that holds lines of its range, or did until it was
// detached.
type Partition struct {
	OID  uint32
	Name table.Name
	// Range is empty of a DEFAULT partition.
	Range
	Attached bool
	// Pending says that a DETACH CONCURRENTLY has begun and not ended: the
	// partition takes no lines, and no other can be detached.
	Pending bool
	Default bool
	// Bytes is the size with indexes and TOAST, 0 where it was not asked for.
	Bytes int64

	// made says that this exporter made it and nobody renamed it since; only then
	// has mark a meaning.
	made bool
	mark mark
}

// takesLines reports whether a line of its range goes into the partition.
func (p Partition) takesLines() bool { return p.Attached && !p.Pending && !p.Default }

// stage is how far a partition of ours has come; of others, inUse.
func (p Partition) stage() stage {
	if !p.made {
		return inUse
	}
	return p.mark.Stage
}

// Catalog is all partitions, attached or not, in order of their range.
type Catalog []Partition

// read lists the partitions of a schema-qualified table; sizes takes a look at
// their files.
func read(ctx context.Context, db table.Querier, parent table.Name, sizes bool) (Catalog, error) {
	rows, err := db.Query(ctx, statements.Render("partitions.sql", nil), parent.String(), markPrefix, sizes)
	if err != nil {
		return nil, fmt.Errorf("list partitions: %w", err)
	}
	var catalog Catalog
	var p Partition
	var from, to pgtype.Timestamptz
	var comment string
	_, err = pgx.ForEachRow(rows, []any{
		&p.OID, &p.Name.Schema, &p.Name.Name, &p.Attached, &p.Pending, &p.Default, &from, &to, &comment, &p.Bytes,
	}, func() error {
		p.mark, p.made = parseMark(comment)
		p.made = p.made && p.mark.Of == parent.String() && parent.Sibling(p.mark.Name) == p.Name
		switch {
		case p.Attached:
			p.Range = Range{bound(from), bound(to)}
			catalog = append(catalog, p)
		case p.made:
			p.Range = Range{p.mark.From, p.mark.To}
			catalog = append(catalog, p)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list partitions: %w", err)
	}
	slices.SortFunc(catalog, func(a, b Partition) int { return a.From.Compare(b.From) })
	return catalog, nil
}

// bound turns an infinite bound into a time beyond every line's.
func bound(t pgtype.Timestamptz) time.Time {
	switch t.InfinityModifier {
	case pgtype.NegativeInfinity:
		return time.Time{}
	case pgtype.Infinity:
		return time.Date(math.MaxInt16, 1, 1, 0, 0, 0, 0, time.UTC)
	default:
		return t.Time.UTC()
	}
}

// attached is the ranges that no other partition can be attached over.
func (c Catalog) attached() []Range {
	var ranges []Range
	for _, p := range c {
		if p.Attached && !p.Default {
			ranges = append(ranges, p.Range)
		}
	}
	return ranges
}

// hasDefault reports whether somebody made a DEFAULT partition.
func (c Catalog) hasDefault() bool {
	return slices.ContainsFunc(c, func(p Partition) bool { return p.Default })
}

// newestMade is the attached partition of ours furthest ahead.
func (c Catalog) newestMade() (Partition, bool) {
	for _, p := range slices.Backward(c) {
		if p.made && p.takesLines() {
			return p, true
		}
	}
	return Partition{}, false
}

// floor is where what was retired ends; the zero time if nothing was.
func (c Catalog) floor() time.Time {
	var floor time.Time
	for _, p := range c {
		if p.made && p.mark.Floor.After(floor) {
			floor = p.mark.Floor
		}
	}
	return floor
}

// takes reports whether a line of the time t has a partition.
func (c Catalog) takes(t time.Time) bool {
	return slices.ContainsFunc(c, func(p Partition) bool {
		return p.Default || p.takesLines() && p.Contains(t)
	})
}

// coveredUntil is the end of the partitions that follow each other from now on;
// now, if there is none.
func (c Catalog) coveredUntil(now time.Time) time.Time {
	for _, p := range c {
		if p.takesLines() && p.Contains(now) {
			now = p.To
		}
	}
	return now
}

// bytes is the size of all partitions and of those that wait to be dropped. What
// an operator detached is out of our hands.
func (c Catalog) bytes() (sum int64) {
	for _, p := range c {
		if p.Attached || p.stage() != inUse {
			sum += p.Bytes
		}
	}
	return sum
}
