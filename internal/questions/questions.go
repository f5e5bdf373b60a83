// Package questions creates the SQL functions that answer questions about the table.
package questions

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"strings"

	"canonicallineexporter/internal/database"
	"canonicallineexporter/internal/table"
)

//go:embed functions/*.sql
var functionFiles embed.FS

//go:embed *.sql
var files embed.FS

var (
	statements         = database.ParseStatements(files)
	functionStatements = database.ParseStatements(below(functionFiles, "functions"))
)

func below(files fs.FS, dir string) fs.FS {
	inside, err := fs.Sub(files, dir)
	if err != nil {
		panic(err)
	}
	return inside
}

// Names returns the names of the functions without the table's, which precedes them. A
// name has at most 12 bytes, the room that the table's leaves. The others call the
// first.
func Names() []string {
	return []string{
		"window", "speed", "reads", "writes", "rate", "heatmap", "changes", "errors", "failures",
		"slowest", "costs", "n_plus_one", "callers", "account", "request", "questions",
	}
}

// question is what a function's definition is rendered with.
type question struct {
	Table table.Name
	// Create is CREATE, or CREATE OR REPLACE of one that is ours.
	Create string
	// Mark ends the function's comment and says that it is ours, and of which
	// version.
	Mark string
}

// Function is the name of a question's function: beside the table and led by its
// name, so that the questions of several tables do not clash.
func (q question) Function(name string) table.Name {
	return q.Table.Sibling(q.Table.Name + "_" + name)
}

// MarkStart is what the mark of any version begins with.
func (question) MarkStart() string { return " [canonical_line " }

// newQuestion returns a question about the schema-qualified table.
func newQuestion(of table.Name, name string) question {
	version := sha256.Sum256([]byte(functionStatements.Render(name+".sql", question{})))
	return question{Table: of, Create: "CREATE", Mark: question{}.MarkStart() + hex.EncodeToString(version[:4]) + "]"}
}

// Script returns the functions of a schema-qualified table as a script for psql.
func Script(of table.Name) string {
	data := struct {
		question
		Names, Definitions []string
	}{question: question{Table: of}, Names: Names()}
	for _, name := range data.Names {
		definition := functionStatements.Render(name+".sql", newQuestion(of, name))
		data.Definitions = append(data.Definitions, strings.TrimSpace(definition))
	}
	return statements.Render("script.sql", data)
}
