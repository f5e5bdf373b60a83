package pgtest

import (
	"testing"

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
