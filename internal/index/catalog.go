package index

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"canonicallineexporter/internal/table"
)

// Root is a table whose lines are indexed: a partition, or a table that is not partitioned.
type Root struct {
	OID uint32
	// Until is the end of its time, after which few lines come; the zero time if it has none.
	Until time.Time
}

// commentStart starts the comment on every index that this exporter made.
const commentStart = "Made by canonical_line"

// commentOf says what an index of the column is for, and what becomes of it.
func commentOf(exact bool, column string) string {
	kind := "sparse index, which the exporter summarises behind the writers,"
	if exact {
		kind = "exact index"
	}
	return fmt.Sprintf("%s: %s to find lines by %s. Dropped by hand, it is not made again until the configuration names the column anew.",
		commentStart, kind, column)
}

// leaf is a table that holds lines.
type leaf struct {
	OID  uint32
	Name table.Name
	// Until is that of its root.
	Until time.Time
	// Owned says that this role has the rights of its owner.
	Owned bool
	// Busy says that somebody changes the table, vacuums it or builds an index.
	Busy    bool
	Pages   int64
	Columns []column
	// ReadAt is the time of the database.
	ReadAt time.Time
}

// over reports whether hardly a line comes for the leaf any more.
func (l leaf) over() bool {
	return !l.Until.IsZero() && l.ReadAt.Sub(l.Until) > lateTime
}

// column is a column of a leaf with its indexes.
type column struct {
	Name string
	// OperatorClass is that of a sparse index; empty if its type has none.
	OperatorClass string
	// Comment is the column's comment without the note.
	Comment string
	Note    note
	Indexes []existing
}

// existing is an index that leads with a column.
type existing struct {
	OID       uint32
	Name      table.Name
	Exact     bool
	Valid     bool
	Commented bool
	// File changes when the index is made anew.
	File uint32
	// RangePages is how many pages a range of a sparse index has.
	RangePages int64
	Bytes      int64
}

// own returns this exporter's index of the column: the one that it has commented, or that it
// was killed over.
func (c column) own(exact bool) (existing, bool) {
	for _, x := range c.Indexes {
		if x.Exact == exact && (x.Commented || c.Note.building() && x.Name.Name == c.Note.Index) {
			return x, true
		}
	}
	return existing{}, false
}

// indexed reports whether lines can be found by the column.
func (c column) indexed() bool {
	for _, x := range c.Indexes {
		if x.Valid {
			return true
		}
	}
	return false
}

// read lists the leaves of roots with the columns.
func read(ctx context.Context, db table.Querier, roots []Root, columns []string) ([]leaf, error) {
	until := map[uint32]time.Time{}
	oids := make([]uint32, len(roots))
	for i, root := range roots {
		oids[i], until[root.OID] = root.OID, root.Until
	}
	rows, err := db.Query(ctx, statements.Render("indexes.sql", nil), oids, columns, noteStart)
	if err != nil {
		return nil, fmt.Errorf("list indexes: %w", err)
	}
	var leaves []leaf
	var root uint32
	var l leaf
	var c column
	var x existing
	var comment, method, indexComment string
	_, err = pgx.ForEachRow(rows, []any{
		&root, &l.OID, &l.Name.Schema, &l.Name.Name, &l.Owned, &l.Busy, &l.Pages,
		&c.Name, &c.OperatorClass, &comment,
		&x.OID, &x.Name.Name, &method, &x.Valid, &indexComment, &x.File, &x.RangePages, &x.Bytes, &l.ReadAt,
	}, func() error {
		if len(leaves) == 0 || leaves[len(leaves)-1].OID != l.OID {
			l.Until = until[root]
			leaves = append(leaves, l)
		}
		last := &leaves[len(leaves)-1]
		if len(last.Columns) == 0 || last.Columns[len(last.Columns)-1].Name != c.Name {
			c.Comment, c.Note = parseNote(comment)
			last.Columns = append(last.Columns, c)
		}
		if x.OID != 0 {
			x.Name.Schema = l.Name.Schema
			x.Exact, x.Commented = method != "brin", strings.HasPrefix(indexComment, commentStart)
			inColumn := &last.Columns[len(last.Columns)-1]
			inColumn.Indexes = append(inColumn.Indexes, x)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list indexes: %w", err)
	}
	return leaves, nil
}
