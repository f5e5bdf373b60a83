package canonicallineexporter

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/partition"
	"canonicallineexporter/internal/pgtest"
)

// movingSQL is the query of docs/deploying.md about lines that the service wrote itself.
var movingSQL = regexp.MustCompile("(?s)## Moving from a table of your own.*?```sql\n(.*?)```")

// The table is the article's, with partitions of its own and lines that the service wrote.
func TestMoving_FromATableOfYourOwn(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	pgtest.CreateArticleTable(t, d)
	d.Exec(t, `
		DO $$
		BEGIN
			FOR day IN -3..0 LOOP
				EXECUTE format('CREATE TABLE lines_%s PARTITION OF canonical_api_line FOR VALUES FROM (%L) TO (%L)', day + 3,
					date_bin('1 day', now(), 'epoch') + day * interval '24 hours', date_bin('1 day', now(), 'epoch') + (day + 1) * interval '24 hours');
			END LOOP;
		END $$;
		INSERT INTO canonical_api_line (created_at, duration, http_method, http_path, http_route, ip, request_id, status, sudo)
		SELECT date_bin('1 day', now(), 'epoch') + interval '1 second' - day * interval '24 hours', '10 ms', 'GET', '/a', '/a', '192.0.2.1', gen_random_uuid(), 200, false
		FROM generate_series(0, 3) AS day`)
	b := setup(t, d.URL, func(cfg *Config) {
		cfg.Partitions.Interval, cfg.Partitions.Retention = string(partition.Day), 25*time.Hour
	})
	require.NoError(t, b.ConsumeTraces(t.Context(), requests(1, 1)))
	d.Await(t, "SELECT to_regproc('canonical_api_line_speed') IS NOT NULL")
	b.flush(t)
	require.Equal(t, int64(5), pgtest.One[int64](t, d, "SELECT count(*) FROM canonical_api_line"))
	require.Equal(t, int64(4), pgtest.One[int64](t, d, "SELECT count(*) FROM pg_class WHERE relname ~ '^lines_' AND relispartition AND relkind = 'r'"),
		"the operator's partitions stay")
	require.Positive(t, pgtest.One[int64](t, d, "SELECT count(*) FROM canonical_api_line_speed('1 hour')"))

	page, err := os.ReadFile("docs/deploying.md")
	require.NoError(t, err)
	found := movingSQL.FindStringSubmatch(string(page))
	require.NotNil(t, found)
	require.Equal(t, []string{"(t,4)", "(f,1)"}, pgtest.All[string](t, d, "SELECT (own, lines)::text FROM ("+strings.TrimRight(found[1], ";\n")+") AS answer"))
}
