package database

import (
	"io/fs"
	"strings"
	"text/template"

	"github.com/jackc/pgx/v5"
)

// Statements holds SQL templates, one in each file. Only identifiers and definitions
// go through a template; values are always parameters.
type Statements struct {
	templates *template.Template
}

// ParseStatements reads every .sql file of files. It panics on a template that does
// not parse, so it belongs in a package variable.
func ParseStatements(files fs.FS) Statements {
	functions := template.FuncMap{"identifier": QuoteIdentifier, "literal": quoteLiteral}
	return Statements{template.Must(template.New("").Funcs(functions).ParseFS(files, "*.sql"))}
}

// Render fills the template of the file name with data. It panics if data does not
// fit the template: both are part of the program.
func (s Statements) Render(name string, data any) string {
	var sql strings.Builder
	if err := s.templates.ExecuteTemplate(&sql, name, data); err != nil {
		panic(err)
	}
	return sql.String()
}

// QuoteIdentifier quotes one unqualified identifier.
func QuoteIdentifier(name string) string { return pgx.Identifier{name}.Sanitize() }

// quoteLiteral quotes text for statements that take no parameters.
func quoteLiteral(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
