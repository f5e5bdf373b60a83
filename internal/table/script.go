package table

// Script returns the DDL of a schema-qualified table as a script for psql. It creates
// what Apply creates in an existing schema.
func Script(name Name, columns []Column) string {
	return statements.Render("script.sql", tableData{name, columns})
}
