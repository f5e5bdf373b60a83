// Docgen writes what is generated from the column table and from the questions:
// docs/columns.md and schema/questions.sql.
package main

import (
	"fmt"
	"os"

	"canonicallineexporter/internal/line"
	"canonicallineexporter/internal/questions"
	"canonicallineexporter/internal/table"
)

func main() {
	for path, text := range map[string]string{
		"docs/columns.md":      columns(line.Descriptions()),
		"schema/questions.sql": questions.Script(table.Name{Schema: "public", Name: "canonical_api_line"}),
	} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil { //nolint:gosec // documents are for everybody
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
