package table

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseName(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Name{
		"canonical_api_line":            {"", "canonical_api_line"},
		"metrics.lines":                 {"metrics", "lines"},
		`"my.schema".lines`:             {"my.schema", "lines"},
		`"with ""quotes"""`:             {"", `with "quotes"`},
		"MixedCase":                     {"", "MixedCase"},
		"Zeilen über.alles; DROP TABLE": {"Zeilen über", "alles; DROP TABLE"},
		strings.Repeat("x", 50):         {"", strings.Repeat("x", 50)},
	} {
		got, err := ParseName(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
}

func TestParseName_RefusesInvalidNames(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", ".", "a.", ".b", "a.b.c", `"open`, "nul\x00", "\xff", strings.Repeat("x", 51), strings.Repeat("s", 64) + ".x",
	} {
		_, err := ParseName(text)
		require.Error(t, err, text)
	}
}
