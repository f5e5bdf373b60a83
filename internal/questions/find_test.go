package questions_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap/zaptest"

	"canonicallineexporter/internal/index"
	"canonicallineexporter/internal/pgtest"
	"canonicallineexporter/internal/questions"
)

// indexLines builds and fills the sparse indexes of the default configuration.
func indexLines(t testing.TB, pool *pgxpool.Pool) {
	t.Helper()
	var columns []index.Column
	for _, name := range []string{"request_id", "trace_id", "account_id", "idempotency_key"} {
		columns = append(columns, index.Column{Name: name})
	}
	indexes := index.New(columns, pool, zaptest.NewLogger(t))
	_, err := indexes.Maintain(t.Context(), lines, roots(t, pool), true)
	require.NoError(t, err)
}

// roots returns the partitions with the ends of their times.
func roots(t testing.TB, pool *pgxpool.Pool) []index.Root {
	t.Helper()
	rows, err := pool.Query(t.Context(), "SELECT partition::regclass::oid, until FROM canonical_api_line_partitions()")
	require.NoError(t, err)
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[index.Root])
	require.NoError(t, err)
	return found
}

// finds returns where a value is found, and in which lines, by their paths.
func finds(t *testing.T, d *pgtest.Database, arguments string) []string {
	t.Helper()
	return pgtest.All[string](t, d, "SELECT found_in || ' ' || http_path FROM canonical_api_line_find("+arguments+")")
}

// various holds a line for each form of a value, from the last days, by its path.
const various = `
	ALTER TABLE canonical_api_line ADD COLUMN team_id bigint, ADD COLUMN shard integer, ADD COLUMN label text;
	INSERT INTO canonical_api_line (id, http_path, request_id, ip, http_method, sudo, duration, status,
		created_at, trace_id, span_id, account_id, account_email, idempotency_key, team_id, shard, label)
	SELECT rpad(lpad(to_hex((extract(epoch FROM now() - ago::interval) * 1000)::bigint), 12, '0'), 32, md5(path))::uuid,
		path, coalesce(request, gen_random_uuid()), coalesce(ip::inet, '192.0.2.1'), 'GET', false, '1 ms', 200,
		now() - ago::interval, trace, span, account::uuid, email, key::uuid, team, shard, label
	FROM (VALUES
		('/request', '1 min', '11111111-1111-4111-8111-111111111111'::uuid, NULL, NULL, NULL, NULL, NULL, NULL, NULL::bigint, NULL::int, NULL),
		('/old', '3 days', '11111111-1111-4111-8111-111111111111', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
		('/trace', '2 days', NULL, NULL, '4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7', NULL, NULL, NULL, NULL, NULL, NULL),
		('/short', '2 days', NULL, NULL, '0000000000000000a3ce929d0e0e4736', NULL, NULL, NULL, NULL, NULL, NULL, NULL),
		('/key', '1 day', NULL, NULL, NULL, NULL, NULL, NULL, '33333333-3333-4333-8333-333333333333', NULL, NULL, NULL),
		('/account', '1 day', NULL, NULL, NULL, NULL, '44444444-4444-4444-8444-444444444444', 'alice@example.com', NULL, 4711, 47, 'Blue'),
		('/address', '2 days', NULL, '2001:db8::7', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
		('/both', '1 day', '55555555-5555-4555-8555-555555555555', NULL, '55555555555545558555555555555555', NULL, NULL, NULL, NULL, NULL, NULL, NULL)
	) AS line (path, ago, request, ip, trace, span, account, email, key, team, shard, label)`

func TestQuestions_Find_FindsEveryFormOfAValue(t *testing.T) {
	t.Parallel()
	d := few(t, "('1 min', '/', '1 s', 200, 1, '', '', '{}')")
	d.Exec(t, various)
	for _, indexed := range []bool{false, true} {
		if indexed {
			indexLines(t, d.Pool)
			d.Exec(t, "CREATE INDEX ON canonical_api_line (team_id); CREATE INDEX ON canonical_api_line (shard); CREATE INDEX ON canonical_api_line (label)")
		}
		for value, want := range map[string][]string{
			"11111111-1111-4111-8111-111111111111":   {"request_id /request", "request_id /old"},
			"11111111111141118111111111111111":       {"request_id /request", "request_id /old"},
			`"11111111-1111-4111-8111-111111111111"`: {"request_id /request", "request_id /old"},
			"0H248H248H848R248H248H248H":             {"request_id /request", "request_id /old"},
			"4BF92F3577B34DA6A3CE929D0E0E4736":       {"trace_id /trace"},
			"00f067aa0ba902b7":                       {"span_id /trace"},
			"a3ce929d0e0e4736":                       {"trace_id /short"},
			"33333333-3333-4333-8333-333333333333":   {"idempotency_key /key"},
			"44444444-4444-4444-8444-444444444444":   {"account_id /account"},
			"alice@example.com":                      {"account_email /account"},
			"Alice@Example.com":                      {"account_email /account"},
			"2001:db8::7":                            {"ip /address"},
			"2001:db8::/32":                          {"ip /address"},
			"/account":                               {"http_path /account"},
			"55555555-5555-4555-8555-555555555555":   {"request_id, trace_id /both"},
			"66666666-6666-4666-8666-666666666666":   nil,
			"a:b":                                    nil, "1.2.3": nil, "::/300": nil, "": nil, "NULL": nil, "'": nil, "%": nil, "9999999999999999999999": nil,
		} {
			require.Equal(t, want, append([]string(nil), finds(t, d, "'"+strings.ReplaceAll(value, "'", "''")+"'")...), value)
		}
	}
	require.Equal(t, []string{"team_id /account"}, finds(t, d, "'4711'"))
	require.Equal(t, []string{"shard /account"}, finds(t, d, "'47'"))
	require.Equal(t, []string{"label /account"}, finds(t, d, "'Blue'"))
	require.Empty(t, finds(t, d, "NULL"))
	require.Equal(t, []string{"request_id /request"}, finds(t, d, "'11111111-1111-4111-8111-111111111111', top => 1"))
	require.Equal(t, []string{"request_id /old"}, finds(t, d, "'11111111-1111-4111-8111-111111111111', until => now() - interval '1 day'"))
	require.Equal(t, []string{"request_id /request"}, finds(t, d, "'11111111-1111-4111-8111-111111111111', '1 day'"))
	require.Equal(t, []string{"id /account"}, finds(t, d, "(SELECT id::text FROM canonical_api_line WHERE http_path = '/account')"))
}

// Locks tell what is read: a partition that is locked holds up whoever reads it.
func TestQuestions_Find_ReadsNoMoreThanItHasTo(t *testing.T) {
	t.Parallel()
	d := ask(t, 2_000)
	indexLines(t, d.Pool)
	lock, err := d.Pool.Begin(t.Context())
	require.NoError(t, err)
	defer lock.Rollback(context.WithoutCancel(t.Context())) //nolint:errcheck // the database goes anyway
	_, err = lock.Exec(t.Context(), "LOCK TABLE ONLY day_2, day_3, day_4 IN ACCESS EXCLUSIVE MODE")
	require.NoError(t, err)
	conn, err := pgx.Connect(t.Context(), d.URL)
	require.NoError(t, err)
	defer conn.Close(context.WithoutCancel(t.Context()))
	_, err = conn.Exec(t.Context(), "SET lock_timeout = '1ms'; SET plan_cache_mode = force_custom_plan")
	require.NoError(t, err)
	for _, sql := range []string{
		"SELECT * FROM canonical_api_line_find('" + "user1@example.com', top => 2)",
		"SELECT * FROM canonical_api_line_find(md5('absent'), '24 hours')",
		"SELECT * FROM canonical_api_line_request(md5('request7'), '24 hours')",
		"SELECT * FROM canonical_api_line_account('user1@example.com')",
	} {
		_, err := conn.Exec(t.Context(), sql)
		require.NoError(t, err, sql)
	}
	_, err = conn.Exec(t.Context(), "SELECT * FROM canonical_api_line_find(md5('absent'))")
	require.ErrorContains(t, err, "55P03")
}

func TestQuestions_Find_TimeInTheID_NarrowsTheWindowAndFallsBack(t *testing.T) {
	t.Parallel()
	d := few(t, "('1 min', '/', '1 s', 200, 1, '', '', '{}')")
	// Version 7, of 30 hours and of an hour ago.
	const v7 = `(lpad(to_hex((extract(epoch FROM now() - $1::interval) * 1000)::bigint), 12, '0') || '70008000000000000001')::uuid`
	insert := func(ago, path, id string) {
		d.Exec(t, `INSERT INTO canonical_api_line (http_path, request_id, ip, http_method, sudo, duration, status, created_at)
			VALUES ($2, `+v7+`, '::1', 'GET', false, '1 ms', 200, now() - $3::interval)`, id, path, ago)
	}
	insert("3 hours", "/its time", "3 hours")
	insert("1 min", "/another time", "3 hours 1 second")
	other := pgtest.One[string](t, d, "SELECT request_id::text FROM canonical_api_line WHERE http_path = '/another time'")
	its := pgtest.One[string](t, d, "SELECT request_id::text FROM canonical_api_line WHERE http_path = '/its time'")
	for range 2 {
		require.Equal(t, []string{"request_id /another time"}, finds(t, d, "'"+other+"'"))
		require.Equal(t, []string{"request_id /its time"}, finds(t, d, "'"+its+"'"))
		indexLines(t, d.Pool)
	}
}

// What was written a second ago has no summary.
func TestQuestions_Find_FindsWhatIsNotSummarised(t *testing.T) {
	t.Parallel()
	d := ask(t, 20_000)
	indexLines(t, d.Pool)
	d.Exec(t, `INSERT INTO canonical_api_line (http_path, request_id, ip, http_method, sudo, duration, status)
		VALUES ('/now', '11111111-1111-4111-8111-111111111111', '::1', 'GET', false, '1 ms', 200)`)
	require.Equal(t, []string{"request_id /now"}, finds(t, d, "'11111111-1111-4111-8111-111111111111'"))
	require.Len(t, finds(t, d, "md5('rare request')"), 20)
	require.Len(t, finds(t, d, "md5('rare trace')"), 20)
	require.Len(t, finds(t, d, "md5('rare account')"), 20)
	require.Len(t, finds(t, d, "md5('rare account'), top => 3"), 3)
	require.Len(t, answer(t, d.Pool, "SELECT * FROM canonical_api_line_account(md5('rare account'), '30 hours')"), 20)
}

// Statistics are missing on today's partition for a while, and may be wrong.
func TestQuestions_Find_UsesTheIndexWhateverTheStatisticsSay(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	fill(t, d.Pool, 100_000)
	indexLines(t, d.Pool)
	for _, statistics := range []string{"DELETE FROM pg_statistic", "ANALYZE canonical_api_line"} {
		d.Exec(t, statistics)
		for _, value := range []string{"md5('request99000')", "md5('absent')", "md5('rare account')"} {
			// What this session has read of the tables, but for single lines by way of their keys.
			const tuples = `SELECT sum(pg_stat_get_xact_tuples_returned(c) + pg_stat_get_xact_tuples_fetched(c))::bigint
				FROM unnest('{day_0,day_1}'::regclass[]) AS c`
			var before, after int64
			require.NoError(t, pgx.BeginFunc(t.Context(), d.Pool, func(tx pgx.Tx) error {
				require.NoError(t, tx.QueryRow(t.Context(), tuples).Scan(&before))
				_, err := tx.Exec(t.Context(), "SELECT * FROM canonical_api_line_find("+value+")")
				require.NoError(t, err)
				return tx.QueryRow(t.Context(), tuples).Scan(&after)
			}))
			require.Less(t, after-before, int64(20_000), "%s after %s", value, statistics)
		}
	}
}

func TestQuestions_Find_TablesMadeOtherwise(t *testing.T) {
	t.Parallel()
	const line = `INSERT INTO canonical_api_line (http_path, request_id, ip, http_method, sudo, duration, status, created_at, service_name)
		VALUES ('/a', '11111111-1111-4111-8111-111111111111', '::1', 'GET', false, '1 ms', 200, now(), 'x')`
	for name, partitioned := range map[string]string{
		"not partitioned": "",
		"a DEFAULT":       "PARTITION BY RANGE (created_at); CREATE TABLE part PARTITION OF canonical_api_line DEFAULT",
		"a gap": `PARTITION BY RANGE (created_at); CREATE TABLE part PARTITION OF canonical_api_line DEFAULT;
			CREATE TABLE past PARTITION OF canonical_api_line FOR VALUES FROM (MINVALUE) TO ('2000-01-01')`,
		"two columns": "PARTITION BY RANGE (created_at, service_name); CREATE TABLE part PARTITION OF canonical_api_line FOR VALUES FROM ('2000-01-01', 'a') TO (MAXVALUE, MAXVALUE)",
		"a list":      "PARTITION BY LIST (http_method); CREATE TABLE part PARTITION OF canonical_api_line FOR VALUES IN ('GET')",
		"divided": `PARTITION BY RANGE (created_at); CREATE TABLE part PARTITION OF canonical_api_line FOR VALUES FROM ('2000-01-01') TO (MAXVALUE) PARTITION BY LIST (http_method);
			CREATE TABLE get PARTITION OF part FOR VALUES IN ('GET'); CREATE TABLE other PARTITION OF part DEFAULT`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := pgtest.New(t)
			d.Exec(t, `CREATE TABLE canonical_api_line (id uuid DEFAULT gen_random_uuid(), http_path text, request_id uuid, ip inet, http_method text,
				sudo boolean, duration interval, status integer, created_at timestamptz, service_name text) `+partitioned)
			d.Exec(t, line)
			_, err := questions.Apply(t.Context(), d.Pool, lines)
			require.NoError(t, err)
			require.Equal(t, []string{"request_id /a"}, finds(t, d, "'11111111-1111-4111-8111-111111111111'"))
			require.Equal(t, []string{"http_path /a"}, finds(t, d, "'/a', '1 hour'"))
			require.Empty(t, finds(t, d, "'11111111-1111-4111-8111-111111111111', until => now() - interval '1 hour'"))
		})
	}
}

func TestQuestions_Find_NeedsAPrivilegeOnTheTableAlone(t *testing.T) {
	t.Parallel()
	d := few(t, "('1 min', '/', '1 s', 200, 1, '', '', '{}')")
	d.Exec(t, various)
	indexLines(t, d.Pool)
	role := d.Name + "_reader"
	d.Exec(t, "CREATE ROLE "+role+" LOGIN; GRANT SELECT ON canonical_api_line TO "+role)
	t.Cleanup(func() {
		_, err := d.Pool.Exec(context.WithoutCancel(t.Context()), "DROP OWNED BY "+role+"; DROP ROLE "+role)
		require.NoError(t, err)
	})
	conn, err := pgx.Connect(t.Context(), strings.Replace(d.URL, "postgres@", role+"@", 1))
	require.NoError(t, err)
	defer conn.Close(context.WithoutCancel(t.Context()))
	_, err = conn.Exec(t.Context(), "SET default_transaction_read_only = on")
	require.NoError(t, err)
	ask := func(value string) (found int) {
		require.NoError(t, conn.QueryRow(t.Context(), "SELECT count(*) FROM canonical_api_line_find($1)", value).Scan(&found))
		return found
	}
	require.Equal(t, 2, ask("11111111-1111-4111-8111-111111111111"))
	d.Exec(t, "ALTER TABLE canonical_api_line ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON canonical_api_line USING (http_path = '/old')")
	require.Equal(t, 1, ask("11111111-1111-4111-8111-111111111111"), "and the policies of the table apply")
	var scan string
	require.NoError(t, conn.QueryRow(t.Context(), "SHOW enable_seqscan").Scan(&scan))
	require.Equal(t, "on", scan, "the settings of the function end with it")
}
