// Docgen writes docs/columns.md and schema/table.sql, which it generates from the column
// table, schema/history.sql, schema/questions.sql and schema/indexes.sql. It completes config.schema.json, which mdatagen has
// generated.
package main

import (
	"fmt"
	"os"

	canonical "canonicallineexporter"
	"canonicallineexporter/internal/convention"
	"canonicallineexporter/internal/history"
	"canonicallineexporter/internal/index"
	"canonicallineexporter/internal/line"
	"canonicallineexporter/internal/questions"
	"canonicallineexporter/internal/table"
)

func main() {
	name := table.Name{Schema: "public", Name: "canonical_api_line"}
	schema, err := completeSchema("config.schema.json")
	exitOn(err)
	var indexed []string
	for _, x := range canonical.NewFactory().CreateDefaultConfig().(*canonical.Config).Indexes {
		indexed = append(indexed, x.Column)
	}
	for path, text := range map[string]string{
		"docs/columns.md":      reference(line.Descriptions(), convention.Attributes),
		"schema/table.sql":     table.Script(name, line.Columns()),
		"schema/history.sql":   history.Script(name),
		"schema/questions.sql": questions.Script(name),
		"schema/indexes.sql":   index.Script(name, indexed),
		"config.schema.json":   schema,
	} {
		exitOn(os.WriteFile(path, []byte(text), 0o644)) //nolint:gosec // documents are for everybody
	}
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
