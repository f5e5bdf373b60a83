// Package table defines the canonical line table: its name and columns, its definition in
// the catalogue, and the DDL that creates what is missing.
package table

import "canonicallineexporter/internal/copyrow"

// Column describes one column of the canonical line table.
type Column struct {
	Name string
	Type copyrow.Type
	// NotNull columns hold a value in every line.
	NotNull bool
	// Default is an SQL expression; empty means no default.
	Default string
	// Comment says what the column holds. It becomes the column's comment in Postgres.
	Comment string
}

// Added returns the column as it is added to a table that may hold rows: existing rows
// have no value, so a column without a default becomes nullable.
func (c Column) Added() Column {
	c.NotNull = c.NotNull && c.Default != ""
	return c
}
