package store

import (
	"embed"
	"fmt"
	"hash/fnv"
	"slices"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/database"
	"canonicallineexporter/internal/table"
)

//go:embed *.sql
var files embed.FS

var statements = database.ParseStatements(files)

// stagingTable returns the table through which the upsert of a layout goes.
func stagingTable(layout []copyrow.Column) table.Name {
	columns := fnv.New64a()
	for _, column := range layout {
		fmt.Fprintf(columns, "%q %s,", column.Name, column.Type)
	}
	return table.Name{Schema: "pg_temp", Name: fmt.Sprintf("canonical_line_staging_%016x", columns.Sum64())}
}

// batchSQL holds the statements that write batches of one layout to one table.
type batchSQL struct {
	table  table.Name
	layout []copyrow.Column
	// copy fills the table, copyStaging the staging table, which createStaging creates. Both
	// copy and createStaging fail if the table has changed since it was read.
	copy, createStaging, copyStaging, insert, upsert, known, isolate, missing string
	// exact says that the table itself refuses a line that is already stored.
	exact bool
}

// mergedColumn is a column that the upsert merges; ByStatistics says that the version with
// the richer statistics wins.
type mergedColumn struct {
	Name         string
	ByStatistics bool
}

// newBatchSQL returns the statements for batches of a layout that the table accepts.
func newBatchSQL(definition table.Definition, layout []copyrow.Column) *batchSQL {
	data := struct {
		Table, Staging          table.Name
		Key                     table.Key
		Layout                  []copyrow.Column
		Names                   []string
		Fingerprint             int64
		Merged                  []mergedColumn
		ByStatistics, UpdatedAt bool
		RowClasses              []string
		OwnClasses              string
	}{
		Table: definition.Name, Staging: stagingTable(layout), Key: definition.Key, Fingerprint: definition.Fingerprint,
		Layout: layout, ByStatistics: copyrow.Index(layout, "statistics") >= 0,
		RowClasses: database.RowClasses, OwnClasses: database.OwnClasses,
	}
	_, data.UpdatedAt = definition.Columns["updated_at"]
	for _, column := range layout {
		data.Names = append(data.Names, column.Name)
		if !slices.Contains(table.KeyColumns, column.Name) {
			data.Merged = append(data.Merged, mergedColumn{column.Name, data.ByStatistics})
		}
	}
	check := statements.Render("check.sql", data)
	sql := &batchSQL{
		table: definition.Name, layout: layout, exact: definition.Key.Exact(),
		copy:          check + statements.Render("copy.sql", data),
		createStaging: statements.Render("create_staging.sql", data) + check,
		insert:        statements.Render("insert.sql", data),
		upsert:        statements.Render("upsert.sql", data),
		known:         statements.Render("known.sql", data),
		isolate:       statements.Render("prepare_isolation.sql", data) + do(statements.Render("isolate.sql", data)),
		missing:       statements.Render("missing.sql", data),
	}
	data.Table = data.Staging
	sql.copyStaging = statements.Render("copy.sql", data)
	return sql
}

// do returns the statement that runs a body in PL/pgSQL. A literal holds it, since an
// identifier in it could end a dollar-quoted one.
func do(body string) string { return statements.Render("do.sql", body) }
