// Columndoc writes docs/columns.md, the documentation of the table's columns, to
// its standard output.
package main

import (
	"fmt"
	"os"

	"canonicallineexporter/internal/line"
)

func main() {
	if _, err := os.Stdout.WriteString(line.Documentation()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
