package pgtest

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

func TestNew_DatabasesAreSeparate(t *testing.T) {
	t.Parallel()
	a, b := New(t), New(t)
	a.Exec(t, "CREATE TABLE only_in_a ()")
	require.True(t, One[bool](t, a, "SELECT to_regclass('only_in_a') IS NOT NULL"))
	require.False(t, One[bool](t, b, "SELECT to_regclass('only_in_a') IS NOT NULL"))
}

func TestDatabase_Await_SeesLaterCommits(t *testing.T) {
	t.Parallel()
	d := New(t)
	committed := make(chan error)
	go func() {
		_, err := d.Pool.Exec(t.Context(), "SELECT pg_sleep(0.05); CREATE TABLE late (n int); INSERT INTO late VALUES (1)")
		committed <- err
	}()
	d.Await(t, "EXISTS (SELECT FROM late)")
	require.NoError(t, <-committed)
}

func TestServer_Standby_HasAllThatIsCommittedOncePromoted(t *testing.T) {
	t.Parallel()
	server, err := Start("fsync=off")
	require.NoError(t, err)
	for n := range 2 {
		standby, err := server.Standby(t.Context(), "")
		require.NoError(t, err)
		server.exec(t, "CREATE DATABASE d"+string(rune('a'+n)))
		require.NoError(t, server.Crash())
		require.NoError(t, server.Stop())
		require.NoError(t, standby.Promote())
		server = standby
	}
	t.Cleanup(func() { require.NoError(t, server.Stop()) })
	conn, err := pgx.Connect(t.Context(), server.URL("postgres"))
	require.NoError(t, err)
	defer conn.Close(t.Context())
	var databases int
	require.NoError(t, conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_database WHERE datname IN ('da', 'db')").Scan(&databases))
	require.Equal(t, 2, databases)
}
