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

// Range is a time range that includes From and excludes To.
type Range struct {
	From, To time.Time
}

// Contains reports whether t falls into the range.
func (r Range) Contains(t time.Time) bool {
	return !t.Before(r.From) && t.Before(r.To)
}

// Partition describes a table that is, or was, a partition of the parent.
type Partition struct {
	OID  uint32
	Name table.Name
	// Range is empty for a DEFAULT partition.
	Range
	Attached bool
	// Pending says that a DETACH CONCURRENTLY has begun and not ended: the partition
	// accepts no lines, and no other can be detached.
	Pending bool
	Default bool
	// Divided says that the partition is itself partitioned, and may lack a place for a line.
	Divided bool
	// Bytes is the size with indexes and TOAST; 0 if the sizes were not read.
	Bytes int64

	// jagged says that a part of the lines of To, too, belongs to it: the key has more columns.
	jagged bool
	// managed says that this exporter created it for the parent, and that nobody has renamed
	// it since. Only then does mark have a meaning.
	managed bool
	mark    mark
	// handover is the statement with which another role gives the partition to the owner of
	// the parent; empty if this role has the rights of its owner.
	handover string
}

// acceptsLines reports whether lines of its range go into the partition.
func (p Partition) acceptsLines() bool { return p.Attached && !p.Pending && !p.Default }

// stage returns the stage of a managed partition, and inUse for any other.
func (p Partition) stage() stage {
	if !p.managed {
		return inUse
	}
	return p.mark.Stage
}

// Catalog lists all partitions, attached or not, in the order of their ranges.
type Catalog []Partition

// Read lists the partitions of a schema-qualified table, and those that it had as long as they
// exist.
func Read(ctx context.Context, db table.Querier, parent table.Name) (Catalog, error) {
	return read(ctx, db, parent, false)
}

// ByTime reports whether the partitions of a schema-qualified table are ranges of created_at.
func ByTime(ctx context.Context, db table.Querier, parent table.Name) (bool, error) {
	s, err := readShape(ctx, db, parent, "created_at")
	return s.byTime, err
}

// read lists the partitions of a schema-qualified table. With sizes it also reads how
// large they are.
func read(ctx context.Context, db table.Querier, parent table.Name, sizes bool) (Catalog, error) {
	rows, err := db.Query(ctx, statements.Render("partitions.sql", nil), parent.String(), markPrefix, sizes)
	if err != nil {
		return nil, fmt.Errorf("list partitions: %w", err)
	}
	var catalog Catalog
	var parentOID uint32
	var p Partition
	var from, to pgtype.Timestamptz
	var comment string
	_, err = pgx.ForEachRow(rows, []any{
		&parentOID, &p.OID, &p.Name.Schema, &p.Name.Name, &p.Attached, &p.Pending, &p.Default, &p.Divided, &from, &to, &p.jagged, &comment, &p.Bytes, &p.handover,
	}, func() error {
		p.mark, p.managed = parseMark(comment)
		p.managed = p.managed && p.mark.names(p.Name, parent)
		switch {
		case p.Attached:
			p.Range = Range{bound(from), bound(to)}
		case p.managed:
			p.Range = Range{p.mark.From, p.mark.To}
		default:
			return nil
		}
		catalog = append(catalog, p)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list partitions: %w", err)
	}
	slices.SortFunc(catalog, func(a, b Partition) int { return a.From.Compare(b.From) })
	if sizes {
		if err := catalog.measure(ctx, db, parent); err != nil {
			return nil, err
		}
	}
	return catalog.ownedBy(ctx, db, parent, parentOID)
}

// measure sets the sizes of partitions that Citus keeps on its nodes.
func (c Catalog) measure(ctx context.Context, db table.Querier, parent table.Name) error {
	if distributed, err := table.Distributed(ctx, db, parent); err != nil || !distributed {
		return err
	}
	oids := make([]uint32, len(c))
	for i, p := range c {
		oids[i] = p.OID
	}
	rows, err := db.Query(ctx, statements.Render("sizes.sql", nil), oids)
	if err != nil {
		return fmt.Errorf("read sizes: %w", err)
	}
	var oid uint32
	var bytes int64
	_, err = pgx.ForEachRow(rows, []any{&oid, &bytes}, func() error {
		c[slices.Index(oids, oid)].Bytes = bytes
		return nil
	})
	if err != nil {
		return fmt.Errorf("read sizes: %w", err)
	}
	return nil
}

// bound turns an infinite bound into a time beyond that of every line.
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

// attachedRanges returns the ranges that a new partition must not overlap.
func (c Catalog) attachedRanges() []Range {
	var ranges []Range
	for _, p := range c {
		if !p.Attached || p.Default {
			continue
		}
		taken := p.Range
		if p.jagged {
			taken.To = taken.To.Add(time.Microsecond)
		}
		ranges = append(ranges, taken)
	}
	return ranges
}

// hasDefault reports whether there is a DEFAULT partition.
func (c Catalog) hasDefault() bool {
	return slices.ContainsFunc(c, func(p Partition) bool { return p.Default })
}

// newestManaged returns the managed partition that is furthest ahead and that this role may
// change.
func (c Catalog) newestManaged() (Partition, bool) {
	for _, p := range slices.Backward(c) {
		if p.managed && p.handover == "" && p.acceptsLines() {
			return p, true
		}
	}
	return Partition{}, false
}

// floor returns the end of the newest retired partition; the zero time if none was retired.
func (c Catalog) floor() time.Time {
	var floor time.Time
	for _, p := range c {
		if p.managed && p.mark.Floor.After(floor) {
			floor = p.mark.Floor
		}
	}
	return floor
}

// accepts reports whether a line of the time t has a partition.
func (c Catalog) accepts(t time.Time) bool {
	return slices.ContainsFunc(c, func(p Partition) bool {
		return p.Default || p.acceptsLines() && p.Contains(t)
	})
}

// incomplete returns the divided partition of the time t, if there is one.
func (c Catalog) incomplete(t time.Time) (Partition, bool) {
	i := slices.IndexFunc(c, func(p Partition) bool { return p.Divided && p.acceptsLines() && p.Contains(t) })
	if i < 0 {
		return Partition{}, false
	}
	return c[i], true
}

// coveredUntil returns the end of the partitions that follow each other without a gap from
// now on; now if there is none.
func (c Catalog) coveredUntil(now time.Time) time.Time {
	for _, p := range c {
		if p.acceptsLines() && p.Contains(now) {
			now = p.To
		}
	}
	return now
}

// bytes returns the size of all partitions, including those that wait to be dropped. It
// leaves out what an operator detached.
func (c Catalog) bytes() (sum int64) {
	for _, p := range c {
		if p.Attached || p.stage() != inUse {
			sum += p.Bytes
		}
	}
	return sum
}
