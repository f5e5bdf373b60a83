package pgtest

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
)

// Database is a database that belongs to one test. It starts empty.
type Database struct {
	// Name is unique on the server; URL connects to it as the superuser.
	Name, URL string
	// Pool serves the test's own statements.
	Pool *pgxpool.Pool
	// Cluster is the Citus that the database is on; nil for a single server.
	Cluster *Cluster

	server *Server
}

var databases atomic.Int64

// New returns a database on the shared server, or on Citus where the environment variable
// PGTEST_CITUS is all. It is dropped after the test.
func New(t testing.TB) *Database {
	t.Helper()
	if OnCitus {
		return Citus(t).NewDatabase(t)
	}
	return Shared(t).NewDatabase(t)
}

// NewDatabase returns a database on this server. It is dropped after the test.
func (s *Server) NewDatabase(t testing.TB) *Database {
	t.Helper()
	return newDatabase(t, &Database{server: s})
}

// newDatabase creates a database.
func newDatabase(t testing.TB, d *Database) *Database {
	t.Helper()
	d.Name = fmt.Sprintf("test_%d", databases.Add(1))
	d.URL = d.server.URL(d.Name)
	d.Create(t)
	pool, err := pgxpool.New(t.Context(), d.URL)
	require.NoError(t, err)
	d.Pool = pool
	t.Cleanup(func() {
		pool.Close()
		d.Drop(t)
	})
	return d
}

// Create creates the database, after Drop too.
func (d *Database) Create(t testing.TB) {
	t.Helper()
	create := "CREATE DATABASE " + pgx.Identifier{d.Name}.Sanitize()
	if d.Cluster != nil {
		create += " TEMPLATE " + citusTemplate
	}
	d.onEachNode(t, create)
}

// Drop drops the database and terminates its connections.
func (d *Database) Drop(t testing.TB) {
	t.Helper()
	d.onEachNode(t, "DROP DATABASE IF EXISTS "+pgx.Identifier{d.Name}.Sanitize()+" WITH (FORCE)")
}

// onEachNode runs a statement on every server that the database is on.
func (d *Database) onEachNode(t testing.TB, sql string) {
	t.Helper()
	if d.Cluster == nil {
		d.server.exec(t, sql)
		return
	}
	for _, node := range d.Cluster.nodes() {
		node.exec(t, sql)
	}
}

// Close refuses new connections to the database and terminates the existing ones.
func (d *Database) Close(t testing.TB) {
	t.Helper()
	d.server.exec(t, "ALTER DATABASE "+pgx.Identifier{d.Name}.Sanitize()+" ALLOW_CONNECTIONS false")
	d.server.exec(t, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '"+d.Name+"'")
}

// Open accepts connections again after Close.
func (d *Database) Open(t testing.TB) {
	t.Helper()
	d.server.exec(t, "ALTER DATABASE "+pgx.Identifier{d.Name}.Sanitize()+" ALLOW_CONNECTIONS true")
	d.Pool.Reset()
}

// Exec runs statements in the database.
func (d *Database) Exec(t testing.TB, sql string, args ...any) {
	t.Helper()
	_, err := d.Pool.Exec(t.Context(), sql, args...)
	require.NoError(t, err)
}

// One returns the first column of the first row of a query.
func One[T any](t testing.TB, d *Database, sql string, args ...any) T {
	t.Helper()
	return All[T](t, d, sql, args...)[0]
}

// All returns the first column of every row of a query.
func All[T any](t testing.TB, d *Database, sql string, args ...any) []T {
	t.Helper()
	rows, err := d.Pool.Query(t.Context(), sql, args...)
	require.NoError(t, err)
	values, err := pgx.CollectRows(rows, pgx.RowTo[T])
	require.NoError(t, err)
	return values
}

// awaitCondition makes the server evaluate the condition again and again, each time in its
// own transaction: a longer one would keep its locks and not see new partitions. The
// condition is not met while its table is missing.
const awaitCondition = `
DO $await$
DECLARE
    met boolean;
    deadline timestamptz := clock_timestamp() + interval '60 seconds';
BEGIN
    LOOP
        BEGIN
            SELECT (%s) INTO met;
            EXIT WHEN met;
        EXCEPTION WHEN undefined_table OR invalid_schema_name THEN
            NULL;
        END;
        COMMIT;
        IF clock_timestamp() > deadline THEN
            RAISE 'condition not met within 60 seconds';
        END IF;
        PERFORM pg_sleep(0.01);
    END LOOP;
END
$await$`

// Await waits until the condition, an SQL expression, is true. The test fails after a
// minute.
func (d *Database) Await(t testing.TB, condition string) {
	t.Helper()
	_, err := d.Pool.Exec(t.Context(), fmt.Sprintf(awaitCondition, condition))
	require.NoError(t, err, condition)
}

// URL returns the URL of a database for the superuser.
func (s *Server) URL(database string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s", s.Port, database)
}

func (s *Server) exec(t testing.TB, sql string) {
	t.Helper()
	// The test's own context has ended when its cleanup runs.
	ctx := context.WithoutCancel(t.Context())
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	require.NoError(t, err)
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, sql)
	require.NoError(t, err)
}
