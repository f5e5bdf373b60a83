package store

import (
	"embed"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgtype"

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
	fmt.Fprint(columns, "updated_at,")
	for _, column := range layout {
		fmt.Fprintf(columns, "%q %s,", column.Name, column.Type)
	}
	return table.Name{Schema: "pg_temp", Name: fmt.Sprintf("canonical_line_staging_%016x", columns.Sum64())}
}

// batchSQL holds the statements that write batches of one layout to one table.
type batchSQL struct {
	table  table.Name
	layout []copyrow.Column
	// copy fills the table, copyStaging the staging table, which createStaging creates. check fails
	// if the table has changed since it was read; so do copy and compare, unless it is distributed.
	copy, createStaging, copyStaging, insert, compare, upsert, isolate, missing, check string
	// fence follows copy, and note marks the staged lines' hours that history may hold.
	fence, note string
	// fenced says that the table has a history.
	fenced bool
	// distributed says that Citus keeps the rows on its nodes. Its COPY takes no condition.
	distributed bool
	// closed is the latest hour, counted from 1970, that history was found to hold perhaps: lines
	// up to it are marked at once.
	closed atomic.Int64
	// exact says that the table itself refuses a line that is already stored.
	exact bool
}

// mergedColumn is a column that the upsert merges; ByStatistics says that the version with
// the richer statistics wins.
type mergedColumn struct {
	Name         string
	ByStatistics bool
}

// columnsOfType are columns of one type in the table.
type columnsOfType struct {
	Columns []string
	// ArrayName is the name in pg_catalog of the array of this type, or of this type if it is
	// an Array.
	ArrayName string
	Array     bool
}

// builtin knows the names of types.
var builtin = pgtype.NewMap()

// typesOf returns the columns of a layout by the types that they have in the table.
func typesOf(definition table.Definition, layout []copyrow.Column) (types []*columnsOfType) {
	byOID := map[uint32]*columnsOfType{}
	for _, column := range layout {
		oid := definition.Columns[column.Name].OID
		known, _ := builtin.TypeForOID(oid)
		found := byOID[oid]
		if found == nil {
			found = &columnsOfType{ArrayName: "_" + known.Name}
			if column.Type.Kind == copyrow.TextArray {
				found.ArrayName, found.Array = known.Name, true
			}
			types = append(types, found)
		}
		found.Columns = append(found.Columns, column.Name)
		switch column.Type.Kind {
		case copyrow.TextArray, copyrow.DoublePrecision, copyrow.Timestamp:
			// Postgres would turn a column of another type of the same length into one of
			// these where they form an array.
		default:
			byOID[oid] = found
		}
	}
	return types
}

// newBatchSQL returns the statements for batches of a layout that the table accepts.
func newBatchSQL(definition table.Definition, layout []copyrow.Column) *batchSQL {
	data := struct {
		Table, Staging table.Name
		Fenced         bool
		Key            table.Key
		Layout         []copyrow.Column
		Names          []string
		// Staged are the columns that a staged line can set in the table.
		Staged                  []string
		Distributed             bool
		Fingerprint             int64
		Types                   []*columnsOfType
		Merged                  []mergedColumn
		ByStatistics, UpdatedAt bool
		RowClasses              []string
		OwnClasses              string
	}{
		Table: definition.Name, Fenced: definition.Fenced, Distributed: definition.Distributed,
		Staging: stagingTable(layout), Key: definition.Key, Fingerprint: definition.Fingerprint,
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
	if !data.Distributed {
		data.Types = typesOf(definition, layout)
	}
	data.Staged = data.Names
	if data.UpdatedAt {
		data.Staged = append(slices.Clone(data.Names), "updated_at")
	}
	sql := &batchSQL{
		table: definition.Name, layout: layout, exact: definition.Key.Exact(), fenced: definition.Fenced, distributed: definition.Distributed,
		copy:          statements.Render("copy.sql", data),
		createStaging: statements.Render("create_staging.sql", data),
		insert:        statements.Render("insert.sql", data),
		upsert:        statements.Render("upsert.sql", data),
		compare:       statements.Render("compare.sql", data),
		isolate:       statements.Render("prepare_isolation.sql", data) + do(statements.Render("isolate.sql", data)),
		missing:       statements.Render("missing.sql", data),
		check:         statements.Render("check.sql", data),
		note:          statements.Render("note.sql", data),
		fence:         withoutComments(statements.Render("fence.sql", data)),
	}
	if !sql.exact {
		sql.createStaging = statements.Render("lock.sql", data) + sql.createStaging
	}
	data.Table, data.Types = data.Staging, nil
	sql.copyStaging = statements.Render("copy.sql", data)
	return sql
}

// withoutComments returns a part of a statement without the comment that precedes it, which holds its
// placeholders, too.
func withoutComments(sql string) string {
	for strings.HasPrefix(sql, "--") {
		_, sql, _ = strings.Cut(sql, "\n")
	}
	return sql
}

// do returns the statement that runs a body in PL/pgSQL. A literal holds it, since an
// identifier in it could end a dollar-quoted one.
func do(body string) string { return statements.Render("do.sql", body) }
