package pgtest

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

func TestServer_SetClock_SetsThatOfTheServer(t *testing.T) {
	t.Parallel()
	server, err := Start(fast...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop()) })
	require.NoError(t, server.FakeClock())
	for _, ahead := range []time.Duration{720 * time.Hour, -720 * time.Hour, 0} {
		require.NoError(t, server.SetClock(ahead))
		require.Eventually(t, func() bool {
			conn, err := pgx.Connect(t.Context(), server.URL("postgres"))
			require.NoError(t, err)
			defer conn.Close(t.Context())
			var now time.Time
			require.NoError(t, conn.QueryRow(t.Context(), "SELECT clock_timestamp()").Scan(&now))
			return time.Until(now.Add(-ahead)).Abs() < time.Hour
		}, time.Minute, 10*time.Millisecond, "no clock %s ahead", ahead)
	}
}
