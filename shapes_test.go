package canonicallineexporter

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// shapeRow is a row of the table of shapes: the file and the language.
var shapeRow = regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\| ([^|]+) \\| [^|]+ \\| \\[source\\]\\(https://[^)]+\\) \\|$")

func TestShapes_HaveASource(t *testing.T) {
	t.Parallel()
	var listed []string
	languages := map[string]bool{}
	for _, row := range shapeRow.FindAllStringSubmatch(documents(t)["testdata/shapes/README.md"], -1) {
		listed = append(listed, row[1])
		languages[row[2]] = true
	}
	files, err := filepath.Glob("testdata/shapes/*.jsonl")
	require.NoError(t, err)
	var shapes []string
	for _, file := range files {
		shapes = append(shapes, strings.TrimSuffix(filepath.Base(file), ".jsonl"))
	}
	require.ElementsMatch(t, shapes, listed)
	require.GreaterOrEqual(t, len(shapes), 50)
	require.Greater(t, len(languages), 12, "and one is the proxies")
}
