package store

import (
	"sync/atomic"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/table"
)

// target is the table that batches go to, as last read. Somebody else may have created it:
// it can lack columns, or have them in another order or with other types.
type target struct {
	table.Definition
	// latest holds the statements for the latest batch; most batches have the same layout.
	latest *atomic.Pointer[batchSQL]
}

func newTarget(definition table.Definition) target {
	return target{definition, &atomic.Pointer[batchSQL]{}}
}

// accepts reports whether the table has the column with a type that accepts its binary
// form.
func (t target) accepts(column copyrow.Column) bool {
	columnType, ok := t.Columns[column.Name]
	return ok && columnType.Accepts(column.Type)
}

// missing returns the names of the columns that the table does not accept.
func (t target) missing(columns []table.Column) []string {
	var names []string
	for _, column := range columns {
		if !t.accepts(copyrow.Column{Name: column.Name, Type: column.Type}) {
			names = append(names, column.Name)
		}
	}
	return names
}

// sql returns the statements for a batch whose columns the table all accepts.
func (t target) sql(batch copyrow.Batch) *batchSQL {
	if latest := t.latest.Load(); latest != nil && copyrow.SameLayout(copyrow.Batch{Layout: latest.layout}, batch) {
		return latest
	}
	sql := newBatchSQL(t.Definition, batch.Layout)
	t.latest.Store(sql)
	return sql
}
