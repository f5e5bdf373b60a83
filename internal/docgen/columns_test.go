package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/line"
)

func TestColumns_NamesEveryColumn(t *testing.T) {
	t.Parallel()
	text := columns(line.Descriptions())
	for _, c := range line.Columns() {
		require.Contains(t, text, "| `"+c.Name+"` | ")
	}
}
