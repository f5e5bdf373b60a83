package database

import (
	"io/fs"
	"strings"
	"text/template"

	"github.com/jackc/pgx/v5"
)

// Statements holds SQL templates, one in each file. Only identifiers, definitions and
// comments go through a template; other values are always parameters. Templates can
// call:
//
//	identifier   quotes one unqualified identifier
//	identifiers  quotes a list of them, separated by commas
//	literal      quotes text for statements that take no parameters
type Statements struct {
	templates *template.Template
}

// ParseStatements reads every .sql file of files, whose templates can call those of each other.
// It panics on a template that does not parse, so it belongs in a package variable.
func ParseStatements(files ...fs.FS) Statements {
	functions := template.FuncMap{
		"identifier": QuoteIdentifier, "identifiers": quoteIdentifiers, "literal": QuoteLiteral,
	}
	templates := template.New("").Funcs(functions)
	for _, f := range files {
		template.Must(templates.ParseFS(f, "*.sql"))
	}
	return Statements{templates}
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

func quoteIdentifiers(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = QuoteIdentifier(name)
	}
	return strings.Join(quoted, ", ")
}

// QuoteLiteral quotes text for statements that take no parameters, as libpq's PQescapeLiteral
// does: E” means the same whatever
// standard_conforming_strings is.
func QuoteLiteral(text string) string {
	quoted := "'" + strings.ReplaceAll(text, "'", "''") + "'"
	if strings.Contains(text, `\`) {
		return " E" + strings.ReplaceAll(quoted, `\`, `\\`)
	}
	return quoted
}
