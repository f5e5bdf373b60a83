package questions_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/pgtest"
)

func explain(t *testing.T, d *pgtest.Database, options, sql string) string {
	t.Helper()
	return strings.Join(pgtest.All[string](t, d, "EXPLAIN ("+options+") "+sql), "\n")
}

func TestQuestions_ReadOnlyThePartitionsOfTheirWindow(t *testing.T) {
	t.Parallel()
	d := ask(t, 20_000)
	for _, c := range calls {
		if slices.Contains([]string{"account", "request"}, c.name) {
			continue // see TestQuestions_Find_ReadsNoMoreThanItHasTo
		}
		for arguments, days := range map[string][]string{c.day: {"day_0", "day_1"}, c.hour: {"day_0"}} {
			sql := c.sql(arguments)
			plan := explain(t, d, "ANALYZE, COSTS OFF, TIMING OFF", sql)
			require.NotContains(t, plan, "Function Scan on canonical_api_line_", "%s is not inlined:\n%s", sql, plan)
			for n := range 5 {
				day := fmt.Sprintf("day_%d", n)
				require.Equal(t, slices.Contains(days, day), strings.Contains(plan, " on "+day), "%s, partition %s:\n%s", sql, day, plan)
			}
			require.NotContains(t, plan, "external", "%s sorts on disk:\n%s", sql, plan)
			require.NotContains(t, plan, "Disk", "%s aggregates on disk:\n%s", sql, plan)
		}
	}
}

// A partition that the planner leaves out is not locked.
func TestQuestions_ThatMakeTheirQuery_ReadOnlyThePartitionsOfTheirWindow(t *testing.T) {
	t.Parallel()
	d := ask(t, 20_000)
	for _, c := range made {
		for arguments, days := range map[string][]string{c.day: {"day_0", "day_1"}, c.hour: {"day_0"}} {
			tx, err := d.Pool.Begin(t.Context())
			require.NoError(t, err)
			answer(t, tx, c.sql(arguments))
			locked := answer(t, tx, `
				SELECT relname::text FROM pg_locks JOIN pg_class ON pg_class.oid = relation
				WHERE pid = pg_backend_pid() AND relname ~ '^day_.$' ORDER BY 1`)
			require.NoError(t, tx.Rollback(t.Context()))
			var read []string
			for _, partition := range locked {
				read = append(read, partition["relname"].(string))
			}
			require.Equal(t, days, read, c.sql(arguments))
		}
	}
}
