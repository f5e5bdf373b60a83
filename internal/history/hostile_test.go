package history

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap/zaptest"

	"canonicallineexporter/internal/database"
	"canonicallineexporter/internal/line"
	"canonicallineexporter/internal/pgtest"
	"canonicallineexporter/internal/table"
)

func TestMaintainer_HostileSchemaFirstInThePath_BuildsAllTheSame(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.write(t, sample{id: 1, at: b.present.Add(-50 * time.Hour), route: "/a", duration: time.Second, status: 200})
	b.AddHostileSchema(t)
	poolConfig, err := database.ParsePoolConfig(b.URL, 2)
	require.NoError(t, err)
	poolConfig.ConnConfig.RuntimeParams["search_path"] = pgtest.HostilePath
	pool, err := pgxpool.NewWithConfig(t.Context(), poolConfig)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	b.Maintainer = New(b.cfg, pool, zaptest.NewLogger(t))
	b.keep(t)
	require.EqualValues(t, 1, b.total(t))
	b.write(t, sample{id: 2, at: b.present.Add(-50 * time.Hour), route: "/a", duration: time.Second, status: 200})
	b.Exec(t, "CREATE ROLE "+b.Name+"_reader; GRANT SELECT ON canonical_api_line TO "+b.Name+"_reader")
	b.keep(t)
	require.EqualValues(t, 2, b.total(t))
}

func TestMaintainer_AnyTableName(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	for _, name := range []table.Name{
		{Schema: "public", Name: strings.Repeat("x", maxName)}, {Schema: `it's "Café".`, Name: `O'Reilly"; DROP $$`},
	} {
		require.NoError(t, table.Apply(t.Context(), b.Pool, name, line.Columns()))
		for range 2 {
			_, err := b.Maintain(t.Context(), name)
			require.NoError(t, err)
		}
		absent, err := missing(t.Context(), b.Pool, name)
		require.NoError(t, err)
		require.Empty(t, absent)
	}
}

// Whoever locks the table as a whole holds up a round, and no longer than that.
func TestMaintainer_LockedTable_IsLeftForTheNextRound(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.write(t, sample{id: 1, at: b.present.Add(-2 * time.Hour), route: "/a", duration: time.Second, status: 200})
	b.keep(t)
	tx, err := b.Pool.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), "LOCK TABLE canonical_api_line")
	require.NoError(t, err)
	more, err := b.Maintain(t.Context(), lines)
	require.NoError(t, err)
	require.False(t, more)
	require.NoError(t, tx.Rollback(t.Context()))
}
