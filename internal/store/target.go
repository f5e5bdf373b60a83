package store

import (
	"slices"

	"canonicallineexporter/schema"
)

// target is the table as it is, which may be somebody else's: some of the
// columns, in any order, or with other types.
type target struct {
	schema.Catalog
}

// accepts reports whether the table has the column with a type that takes its
// binary form.
func (t target) accepts(column schema.Column) bool {
	found, ok := t.Columns[column.Name]
	return ok && found.Takes(column.Type)
}

// missing is the names of the columns that the table does not take.
func (t target) missing(columns []schema.Column) []string {
	var names []string
	for _, column := range columns {
		if !t.accepts(column) {
			names = append(names, column.Name)
		}
	}
	return names
}

// keyColumns make up the primary key; the upsert never changes them.
var keyColumns = []string{"created_at", "id"}

// statement is what the templates of a write need to know.
type statement struct {
	Table        schema.Table
	Names        []string
	Mutable      []merged
	ByStatistics bool
	UpdatedAt    bool
}

// merged is a column that the upsert merges.
type merged struct {
	Name         string
	ByStatistics bool
}

// statement describes the write of a batch whose columns the table all accepts.
func (t target) statement(batch Batch) statement {
	s := statement{Table: t.Table, ByStatistics: columnIndex(batch.Layout, "statistics") >= 0}
	_, s.UpdatedAt = t.Columns["updated_at"]
	for _, column := range batch.Layout {
		s.Names = append(s.Names, column.Name)
		if !slices.Contains(keyColumns, column.Name) {
			s.Mutable = append(s.Mutable, merged{column.Name, s.ByStatistics})
		}
	}
	return s
}
