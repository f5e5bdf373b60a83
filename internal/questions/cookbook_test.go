package questions_test

import (
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/questions"
)

func TestCookbook_EveryQueryRuns(t *testing.T) {
	t.Parallel()
	d := ask(t, 2_000)
	cookbook, err := os.ReadFile("../../docs/queries.md")
	require.NoError(t, err)
	queries := regexp.MustCompile("(?s)```sql\n(.*?)```").FindAllSubmatch(cookbook, -1)
	require.Greater(t, len(queries), 10)
	for _, query := range queries {
		answer(t, d.Pool, string(query[1]))
	}
	for _, name := range questions.Names() {
		require.Contains(t, string(cookbook), "canonical_api_line_"+name+"(", "a question that the cookbook does not ask")
	}
}
