// Docgen writes docs/columns.md and schema/table.sql, which it generates from the column
// table, and schema/questions.sql.
package main

import (
	"fmt"
	"os"

	"canonicallineexporter/internal/convention"
	"canonicallineexporter/internal/line"
	"canonicallineexporter/internal/questions"
	"canonicallineexporter/internal/table"
)

func main() {
	name := table.Name{Schema: "public", Name: "canonical_api_line"}
	for path, text := range map[string]string{
		"docs/columns.md":      reference(line.Descriptions(), convention.Attributes),
		"schema/table.sql":     table.Script(name, line.Columns()),
		"schema/questions.sql": questions.Script(name),
	} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil { //nolint:gosec // documents are for everybody
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
