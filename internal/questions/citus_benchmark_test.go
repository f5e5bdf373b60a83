package questions_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/pgtest"
)

// BenchmarkOnCitus_Questions asks about a day of lines in a plain table and in distributed ones.
func BenchmarkOnCitus_Questions(b *testing.B) {
	for _, nodes := range []int{0, 1, 3} {
		b.Run(fmt.Sprint(nodes, "_nodes_of_Citus"), func(b *testing.B) {
			d := pgtest.Nodes(b, nodes)
			fill(b, d.Pool, *benchmarkLines)
			for _, question := range []string{"speed()", "speed(exact => true)", "errors()", "costs()", "differences()", "find('user1@example.com')"} {
				b.Run(question, func(b *testing.B) {
					for b.Loop() {
						_, err := d.Pool.Exec(b.Context(), "SELECT * FROM canonical_api_line_"+question)
						require.NoError(b, err)
					}
				})
			}
		})
	}
}
