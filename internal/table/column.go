// Package table defines the canonical line table: its name, its columns, how it stands
// in the catalogue and the DDL that creates what is missing of it.
package table

import "canonicallineexporter/internal/copyrow"

// Column is one column of the canonical line table.
type Column struct {
	Name string
	Type copyrow.Type
	// NotNull columns hold a value in every line.
	NotNull bool
	// Default is the SQL expression of the column's default; empty: none.
	Default string
	// Comment says what the column holds. The table has it as the column's comment.
	Comment string
}

// Added returns the definition with which the column joins a table that holds rows:
// that of a new table, but NULL where older rows would have no value.
func (c Column) Added() Column {
	c.NotNull = c.NotNull && c.Default != ""
	return c
}
