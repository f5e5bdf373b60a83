package index

import "canonicallineexporter/internal/table"

// Script returns what the maintainer does for a schema-qualified table as a script for psql,
// to be run again and again.
func Script(of table.Name, columns []string) string {
	return statements.Render("script.sql", struct {
		Table   table.Name
		Columns []string
	}{of, columns})
}
