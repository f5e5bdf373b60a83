package store

import (
	"slices"
	"sync/atomic"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/table"
)

// target is the table as it is, which may be somebody else's: some of the
// columns, in any order, or with other types.
type target struct {
	table.Definition
	// latest is how the latest batch was written; most have the same columns.
	latest *atomic.Pointer[plan]
}

func newTarget(catalog table.Definition) target {
	return target{catalog, &atomic.Pointer[plan]{}}
}

// accepts reports whether the table has the column with a type that takes its
// binary form.
func (t target) accepts(column copyrow.Column) bool {
	columnType, ok := t.Columns[column.Name]
	return ok && columnType.Accepts(column.Type)
}

// missing is the names of the columns that the table does not take.
func (t target) missing(columns []table.Column) []string {
	var names []string
	for _, column := range columns {
		if !t.accepts(copyrow.Column{Name: column.Name, Type: column.Type}) {
			names = append(names, column.Name)
		}
	}
	return names
}

// keyColumns make up the primary key; the upsert never changes them.
var keyColumns = []string{"created_at", "id"}

// plan is the statements that write batches of a layout.
type plan struct {
	layout []copyrow.Column
	// copy fills the table, copyStaging the staging table.
	copy, createStaging, copyStaging, upsert string
}

// merged is a column that the upsert merges.
type merged struct {
	Name         string
	ByStatistics bool
}

// plan is how to write a batch whose columns the table all accepts.
func (t target) plan(batch copyrow.Batch) *plan {
	if latest := t.latest.Load(); latest != nil && copyrow.SameLayout(copyrow.Batch{Layout: latest.layout}, batch) {
		return latest
	}
	data := struct {
		Table                   table.Name
		Names                   []string
		Mutable                 []merged
		ByStatistics, UpdatedAt bool
	}{Table: t.Name, ByStatistics: copyrow.Index(batch.Layout, "statistics") >= 0}
	_, data.UpdatedAt = t.Columns["updated_at"]
	for _, column := range batch.Layout {
		data.Names = append(data.Names, column.Name)
		if !slices.Contains(keyColumns, column.Name) {
			data.Mutable = append(data.Mutable, merged{column.Name, data.ByStatistics})
		}
	}
	p := &plan{
		layout: batch.Layout, copy: statements.Render("copy.sql", data),
		createStaging: statements.Render("create_staging.sql", data), upsert: statements.Render("upsert.sql", data),
	}
	data.Table = table.Name{Schema: "pg_temp", Name: "canonical_line_staging"}
	p.copyStaging = statements.Render("copy.sql", data)
	t.latest.Store(p)
	return p
}
