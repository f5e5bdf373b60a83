package index

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest"
	"go.uber.org/zap/zaptest/observer"

	"canonicallineexporter/internal/pgtest"
	"canonicallineexporter/internal/table"
)

var parent = table.Name{Schema: "public", Name: "lines"}

// keeper is a maintainer of the indexes of its own table.
type keeper struct {
	*pgtest.Database
	*Maintainer
	logs *observer.ObservedLogs
}

// keep returns a keeper of a table with three partitions of a day, of which today is the last.
func keep(t *testing.T, columns ...string) *keeper {
	t.Helper()
	d := pgtest.New(t)
	d.Exec(t, `
		CREATE TABLE lines (
			created_at timestamptz, request_id uuid, trace_id varchar(32), note text, flag boolean, PRIMARY KEY (created_at, request_id)
		) PARTITION BY RANGE (created_at);
		DO $$
		BEGIN
			FOR ago IN 0..2 LOOP
				EXECUTE format('CREATE TABLE lines_%s PARTITION OF lines FOR VALUES FROM (%L) TO (%L)', ago,
					date_trunc('day', now(), 'UTC') - ago * interval '24 h', date_trunc('day', now(), 'UTC') - (ago - 1) * interval '24 h');
			END LOOP;
		END $$;
		COMMENT ON COLUMN lines_0.request_id IS 'Whose'`)
	core, logs := observer.New(zapcore.InfoLevel)
	m := New(nil, d.Pool, zap.New(zapcore.NewTee(core, zaptest.NewLogger(t).Core())))
	k := &keeper{d, m, logs}
	k.configure(columns...)
	return k
}

// configure has the keeper index the columns.
func (k *keeper) configure(columns ...string) {
	k.columns = nil
	for _, name := range columns {
		k.columns = append(k.columns, Column{Name: name})
	}
}

// fill inserts lines into the partition of some days ago.
func (k *keeper) fill(t *testing.T, ago, lines int) {
	t.Helper()
	k.Exec(t, `INSERT INTO lines
		SELECT date_trunc('day', now(), 'UTC') - $1 * interval '24 h' + n * interval '1 ms', md5('r' || $1 || n)::uuid, md5('t' || $1 || n), repeat('x', 400)
		FROM generate_series(1, $2) AS n`, ago, lines)
}

// roots returns the partitions as the rounds of a collector do.
func (k *keeper) roots(t *testing.T) (roots []Root) {
	t.Helper()
	today := time.Now().UTC().Truncate(24 * time.Hour)
	for ago := range 3 {
		for _, oid := range pgtest.All[uint32](t, k.Database,
			"SELECT inhrelid FROM pg_inherits WHERE inhparent = 'lines'::regclass AND inhrelid::regclass::text ~ $1", fmt.Sprintf("_%d\"?$", ago)) {
			root := Root{OID: oid, Until: today.AddDate(0, 0, 1-ago)}
			if ago > 0 {
				root.Until = root.Until.Add(-2 * lateTime) // also an hour after midnight
			}
			roots = append(roots, root)
		}
	}
	return roots
}

// round runs one round that may change indexes, and in which nothing fails.
func (k *keeper) round(t *testing.T) (deferred bool) {
	t.Helper()
	deferred, err := k.Maintain(t.Context(), parent, k.roots(t), true)
	require.NoError(t, err)
	return deferred
}

// indexes lists the indexes but for those of primary keys, in the order in which they were made.
func (k *keeper) indexes(t *testing.T) []string {
	t.Helper()
	return pgtest.All[string](t, k.Database, `
		SELECT x.indexrelid::regclass || CASE WHEN x.indisvalid THEN '' ELSE ' invalid' END
		FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid AND c.relnamespace = 'public'::regnamespace
		WHERE NOT x.indisprimary ORDER BY x.indexrelid`)
}

// comments lists the comments on request_id in the partitions.
func (k *keeper) comments(t *testing.T) []string {
	t.Helper()
	return pgtest.All[string](t, k.Database, `
		SELECT COALESCE(col_description(a.attrelid, a.attnum), $$none$$) FROM pg_attribute a JOIN pg_inherits i ON i.inhparent = 'lines'::regclass AND i.inhrelid = a.attrelid
		WHERE a.attname = 'request_id' ORDER BY a.attrelid::regclass::text`)
}

// hold opens a transaction that has run sql. It ends with release, at the latest after the
// test.
func (k *keeper) hold(t *testing.T, sql string) (release func()) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), k.URL)
	require.NoError(t, err)
	tx, err := conn.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), sql)
	require.NoError(t, err)
	ctx := context.WithoutCancel(t.Context())
	release = func() { conn.Close(ctx) }
	t.Cleanup(release)
	return release
}

// unsummarized returns how many of the first n ranges of an index have no summary, and gives
// them one.
func (k *keeper) unsummarized(t *testing.T, index string, n int64) int64 {
	t.Helper()
	return pgtest.One[int64](t, k.Database, "SELECT sum(brin_summarize_range($1::regclass, page)) FROM generate_series(0, 64 * $2 - 1, 64) AS page", index, n)
}
