// Questiondoc writes schema/questions.sql, the functions that answer questions as
// an owner of a table applies them, to its standard output.
package main

import (
	"fmt"
	"os"

	"canonicallineexporter/schema"
)

func main() {
	script := schema.QuestionsScript(schema.Table{Schema: "public", Name: "canonical_api_line"})
	if _, err := os.Stdout.WriteString(script); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
