// Package questions creates the SQL functions that answer questions about the table.
package questions

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"strings"

	"canonicallineexporter/internal/database"
	"canonicallineexporter/internal/rollup"
	"canonicallineexporter/internal/table"
)

//go:embed functions/*.sql
var functionFiles embed.FS

//go:embed *.sql
var files embed.FS

var (
	statements         = database.ParseStatements(files)
	functionStatements = database.ParseStatements(rollup.Files, below(functionFiles, "functions"))
)

func below(files fs.FS, dir string) fs.FS {
	inside, err := fs.Sub(files, dir)
	if err != nil {
		panic(err)
	}
	return inside
}

// Names returns the names of the functions without the table's name, which precedes them.
// A name has at most 12 bytes, so that it fits an identifier after the longest table name.
// The first function comes first because the others call it.
func Names() []string {
	return []string{
		"window", "one_of", "kept", "past", "overall", "speed", "reads", "writes", "rate", "heatmap", "spread", "pulse", "trends", "changes", "errors", "failures", "slowest",
		"costs", "spent", "n_plus_one", "callers", "differences", "deploys", "burn", "partitions", "sizes", "state", "look_up", "find",
		"account", "request", "history", "compare", "questions",
	}
}

// question fills the template of a function.
type question struct {
	Table table.Name
	// Create is CREATE, or CREATE OR REPLACE for a function that the exporter created.
	Create string
	// Mark ends the function's comment. It says that the exporter created the function, and
	// which version it is.
	Mark string
	// Distributed says that Citus keeps the lines on its nodes.
	Distributed bool
}

// Function returns the name of a function. It is in the table's schema and starts with the
// table's name, so that the questions of several tables do not clash.
func (q question) Function(name string) table.Name {
	return q.Table.Sibling(q.Table.Name + "_" + name)
}

// Sums lists the columns that history adds up.
func (question) Sums() []string { return rollup.Sums }

// MarkStart returns the text that the mark of every version starts with.
func (question) MarkStart() string { return " [canonical_line " }

// newQuestion returns the data for the function of a schema-qualified table.
func newQuestion(of table.Name, name string, distributed bool) question {
	version := sha256.Sum256([]byte(question{Distributed: distributed}.definition(name)))
	return question{
		Table: of, Create: "CREATE", Mark: question{}.MarkStart() + hex.EncodeToString(version[:4]) + "]", Distributed: distributed,
	}
}

// definition returns the statements that create the function.
func (q question) definition(name string) string {
	definition := functionStatements.Render(name+".sql", q)
	if q.Distributed {
		return q.distributed(name, definition)
	}
	return definition
}

// Script returns the functions of a schema-qualified table as a script for psql.
func Script(of table.Name) string {
	data := struct {
		question
		Names, Definitions []string
	}{question: question{Table: of}, Names: Names()}
	for _, name := range data.Names {
		definition := newQuestion(of, name, false).definition(name)
		data.Definitions = append(data.Definitions, strings.TrimSpace(definition))
	}
	return statements.Render("script.sql", data)
}
