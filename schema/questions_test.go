package schema_test

import (
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/line"
	"canonicallineexporter/internal/pgtest"
	"canonicallineexporter/schema"
)

// ask makes the table, its partitions and its questions, and fills it with lines
// of the 24 hours before now.
func ask(t testing.TB, lines int) *pgtest.Database {
	t.Helper()
	d := pgtest.New(t)
	fill(t, d.Pool, lines)
	return d
}

func fill(t testing.TB, pool *pgxpool.Pool, lines int) {
	t.Helper()
	require.NoError(t, schema.Apply(t.Context(), pool, table, line.Columns()))
	_, err := pool.Exec(t.Context(), partitions)
	require.NoError(t, err)
	insert, err := os.ReadFile("testdata/lines.sql")
	require.NoError(t, err)
	now, atOnce := time.Now(), 1_000_000
	for first := 1; first <= lines; first += atOnce {
		_, err = pool.Exec(t.Context(), string(insert), lines, now, "24 hours", first, min(first+atOnce-1, lines))
		require.NoError(t, err)
	}
	_, err = pool.Exec(t.Context(), "VACUUM ANALYZE canonical_api_line")
	require.NoError(t, err)
	applyQuestions(t, pool)
}

func applyQuestions(t testing.TB, pool *pgxpool.Pool) schema.Asked {
	t.Helper()
	asked, err := schema.ApplyQuestions(t.Context(), pool, schema.Table{Schema: "public", Name: "canonical_api_line"})
	require.NoError(t, err)
	require.Empty(t, asked.Failed)
	return asked
}

// partitions covers the days around now.
const partitions = `
	DO $$
	DECLARE day date;
	BEGIN
		SET LOCAL timezone = 'UTC';
		FOR day IN SELECT generate_series(current_date - 3, current_date + 1, interval '1 day') LOOP
			EXECUTE format('CREATE TABLE %I PARTITION OF canonical_api_line FOR VALUES FROM (%L) TO (%L)',
				'canonical_api_line_' || to_char(day, 'YYYYMMDD'), day, day + 1);
		END LOOP;
	END $$`

// call is a question with its arguments for a day and for an hour.
type call struct{ name, day, hour string }

func (c call) sql(arguments string) string {
	return "SELECT * FROM canonical_api_line_" + c.name + "(" + arguments + ")"
}

var calls = []call{
	{"speed", "", "'1 hour'"},
	{"reads", "", "'1 hour'"},
	{"writes", "", "'1 hour'"},
	{"rate", "", "'1 hour'"},
	{"heatmap", "", "'1 hour'"},
	{"errors", "", "'1 hour'"},
	{"failures", "", "'1 hour'"},
	{"slowest", "", "'1 hour'"},
	{"costs", "", "'1 hour'"},
	{"n_plus_one", "", "'1 hour'"},
	{"callers", "", "'1 hour'"},
	{"changes", "'12 hours', '12 hours'", "'30 minutes', '30 minutes'"},
	{"account", "'user1@example.com'", "'user1@example.com', '1 hour'"},
	{"request", "md5('request19990')", "md5('request19990'), '1 hour'"},
}

func TestEveryQuestionHasAnAnswer(t *testing.T) {
	t.Parallel()
	d := ask(t, 20_000)
	for _, c := range calls {
		for _, arguments := range []string{c.day, c.hour} {
			require.NotEmpty(t, pgtest.All[string](t, d, "SELECT answer::text FROM ("+c.sql(arguments)+") AS answer"), c)
		}
	}
}
