package questions_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/line"
	"canonicallineexporter/internal/pgtest"
	"canonicallineexporter/internal/table"
)

// copied returns a database on Citus with the same lines as another, and with its questions.
func copied(t *testing.T, from *pgtest.Database, days int) *pgtest.Database {
	t.Helper()
	to := pgtest.Citus(t).NewDatabase(t)
	require.NoError(t, table.Apply(t.Context(), to.Pool, lines, line.Columns()))
	require.NoError(t, table.Distribute(t.Context(), to.Pool, lines))
	to.Exec(t, partitionsOf(days+4))
	applyQuestions(t, to.Pool)
	source, err := from.Pool.Acquire(t.Context())
	require.NoError(t, err)
	defer source.Release()
	target, err := to.Pool.Acquire(t.Context())
	require.NoError(t, err)
	defer target.Release()
	var text bytes.Buffer
	_, err = source.Conn().PgConn().CopyTo(t.Context(), &text, "COPY (SELECT * FROM canonical_api_line) TO STDOUT")
	require.NoError(t, err)
	_, err = target.Conn().PgConn().CopyFrom(t.Context(), &text, "COPY canonical_api_line FROM STDIN")
	require.NoError(t, err)
	return to
}

// approximate are the columns that buckets tell within 2.2 percent, and what says so.
var approximate = regexp.MustCompile(`^p[0-9]+(_|$)|^accuracy$`)

// sorted returns the rows of an answer as texts, in an order of their own: two rows that are alike in
// what a question orders by come in any. Columns that skip matches are left out.
func sorted(t *testing.T, answers []map[string]any, skip *regexp.Regexp) []string {
	t.Helper()
	var rows []string
	for _, row := range answers {
		row = maps.Clone(row)
		maps.DeleteFunc(row, func(column string, _ any) bool { return skip != nil && skip.MatchString(column) })
		text, err := json.Marshal(row)
		require.NoError(t, err)
		rows = append(rows, string(text))
	}
	slices.Sort(rows)
	return rows
}

func TestQuestions_OnCitus_AnswerAsOnAPlainTable(t *testing.T) {
	t.Parallel()
	plain := ask(t, 10_000)
	plain.Exec(t, `UPDATE canonical_api_line SET http_route = '/new', service_version = '2'
		WHERE created_at > now() - interval '50 minutes' AND http_route = '/teams'`)
	plain.Exec(t, "UPDATE canonical_api_line SET service_version = '1' WHERE service_version IS NULL")
	citus := copied(t, plain, 1)
	until := fmt.Sprintf("until => '%s'", time.Now().UTC().Format(time.RFC3339Nano))
	asked := slices.Concat(calls, made, []call{
		{"window", "", "'1 hour'"},
		{"past", "", "'1 hour'"},
		{"find", "'user1@example.com'", "'/teams', '1 hour'"},
		{"speed", "exact => true", "'1 hour', exact => true"},
		{"rate", "exact => true", "'1 hour', exact => true"},
		{"changes", "", "'50 minutes', '6 hours'"},
		{"request", "md5('request9990')", "md5('request9990')"},
		{"costs", "service => 'api'", "'1 hour', method => canonical_api_line_one_of('GET', 'POST')"},
	})
	answers := map[string]int{}
	for _, c := range asked {
		for _, arguments := range []string{c.day, c.hour} {
			sql := c.sql(strings.TrimPrefix(arguments+", "+until, ", "))
			want, got := answer(t, plain.Pool, sql), answer(t, citus.Pool, sql)
			for isSampled(want) { // by chance, of so few lines
				want = answer(t, plain.Pool, sql)
			}
			answers[c.name] += len(want)
			var skip *regexp.Regexp
			if slices.Contains([]string{"speed", "reads", "writes", "rate"}, c.name) && !strings.Contains(arguments, "exact") {
				skip = approximate
				require.Equal(t, "±2.2 %", got[0]["accuracy"], sql)
				requireClose(t, want, got, sql)
			}
			require.Equal(t, sorted(t, want, skip), sorted(t, got, skip), sql)
		}
	}
	for _, c := range asked {
		require.Positive(t, answers[c.name], c.name)
	}
}

func TestQuestions_OnCitus_AnswerFromHistoryAsOnAPlainTable(t *testing.T) {
	t.Parallel()
	plain := remember(t, 6_000, 3)
	citus := copied(t, plain, 3)
	keep(t, citus.Pool)
	until := fmt.Sprintf("until => '%s'", time.Now().UTC().Format(time.RFC3339Nano))
	for _, sql := range []string{
		"speed('50 hours', %s)", "reads('50 hours', %s)", "rate('50 hours', %s, step => '1 hour')", "heatmap('70 hours', %s)", "costs('50 hours', %s)",
		"burn(slow => '20 hours', %s)", "changes('1 day', '2 days', %s)", "history('2 days', %s, step => '1 hour')", "compare('1 day', '1 day', %s)", "past('60 hours', %s)",
	} {
		sql = "SELECT * FROM canonical_api_line_" + fmt.Sprintf(sql, until)
		require.Equal(t, sorted(t, answer(t, plain.Pool, sql), nil), sorted(t, answer(t, citus.Pool, sql), nil), sql)
	}
}

// isSampled reports whether an answer says that it is of a part of the lines.
func isSampled(answers []map[string]any) bool {
	return slices.ContainsFunc(answers, func(row map[string]any) bool {
		note, _ := row["note"].(string)
		return strings.Contains(note, "sampled")
	})
}

// requireClose requires percentiles to differ by no more than the width of a bucket. Those of few lines
// lie between two of them, where an exact answer interpolates.
func requireClose(t *testing.T, want, got []map[string]any, sql string) {
	t.Helper()
	key := func(row map[string]any) string {
		return fmt.Sprint(row["service_name"], row["http_method"], row["http_route"], row["at"])
	}
	found := map[string]map[string]any{}
	for _, row := range got {
		found[key(row)] = row
	}
	for _, row := range want {
		if lines, _ := row["lines"].(int64); lines < 500 {
			continue
		}
		for _, column := range []string{"p50", "p95", "p99"} {
			exact, about := row[column].(pgtype.Interval).Microseconds, found[key(row)][column].(pgtype.Interval).Microseconds
			require.InEpsilon(t, exact, about, 0.06, "%s of %v: %s", column, row, sql)
		}
	}
}

// remote matches a query that Citus sends to a node for the lines of a shard.
var remote = regexp.MustCompile(`(?s)^issuing (SELECT .* FROM .*canonical_api_line_[0-9]+.*)`)

// reduced matches a query whose result is smaller than what it reads.
var reduced = regexp.MustCompile(`GROUP BY|LIMIT|^SELECT (?:pg_catalog\.)?(?:count|min|max|sum)\(`)

func TestQuestions_OnCitus_PullNoLines(t *testing.T) {
	t.Parallel()
	citus := copied(t, ask(t, 2_000), 1)
	cfg, err := pgx.ParseConfig(citus.URL)
	require.NoError(t, err)
	var queries []string
	cfg.OnNotice = func(_ *pgconn.PgConn, notice *pgconn.Notice) {
		if match := remote.FindStringSubmatch(notice.Message); match != nil {
			queries = append(queries, match[1])
		}
	}
	conn, err := pgx.ConnectConfig(t.Context(), cfg)
	require.NoError(t, err)
	defer conn.Close(t.Context())
	_, err = conn.Exec(t.Context(), "SET citus.log_remote_commands = on")
	require.NoError(t, err)
	for _, c := range slices.Concat(calls, made, []call{{"past", "", ""}}) {
		queries = nil
		answer(t, conn, c.sql(c.day))
		require.NotEmpty(t, queries, c.name)
		for _, query := range queries {
			require.Regexp(t, reduced, query, "%s takes lines from the nodes", c.name)
		}
	}
	queries = nil
	answer(t, conn, "SELECT * FROM canonical_api_line_window()")
	require.NotRegexp(t, reduced, queries[0], "what takes lines is told from what does not")
}
