// Docgen writes docs/columns.md from the definitions of the columns and
// schema/questions.sql from the questions.
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
		"docs/columns.md":      reference(line.Descriptions()),
		"schema/questions.sql": questions.Script(table.Name{Schema: "public", Name: "canonical_api_line"}),
	} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil { //nolint:gosec // documents are for everybody
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
