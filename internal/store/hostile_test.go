package store

import (
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/database"
	"canonicallineexporter/internal/pgtest"
)

func TestStore_Write_HostileSchemaFirstInThePath_IsNeverCalled(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.write(t, batchOf(t, span{id: 1}))
	b.AddHostileSchema(t)
	poolConfig, err := database.ParsePoolConfig(b.URL, 1)
	require.NoError(t, err)
	poolConfig.ConnConfig.RuntimeParams["search_path"] = pgtest.HostilePath
	pool, err := pgxpool.NewWithConfig(t.Context(), poolConfig)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	b.store.pool = pool

	require.Equal(t, Outcomes{Inserted: 1}, b.write(t, batchOf(t, span{id: 2})))
	require.Equal(t, Outcomes{Updated: 1}, b.write(t, batchOf(t, span{id: 1, descendants: 3})))
	b.write(t, versionsOf(t, []span{{id: 2}}, copyrow.Mark))
	require.Equal(t, []string{`{"spans": 3}`, `{"incomplete": true}`}, pgtest.All[string](t, b.Database, statistics))
}
