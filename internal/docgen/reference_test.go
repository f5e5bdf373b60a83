package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/convention"
	"canonicallineexporter/internal/line"
)

func TestReference_NamesEveryColumn(t *testing.T) {
	t.Parallel()
	text := reference(line.Descriptions(), convention.Attributes)
	for _, c := range line.Columns() {
		require.Contains(t, text, "| `"+c.Name+"` | ")
	}
}
