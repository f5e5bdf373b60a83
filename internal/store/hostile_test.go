package store

import (
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/database"
	"canonicallineexporter/internal/partition"
	"canonicallineexporter/internal/pgtest"
	"canonicallineexporter/internal/table"
)

func TestStore_Write_HostileSchemaFirstInThePath_IsNeverCalled(t *testing.T) {
	t.Parallel()
	for key, change := range map[string]string{
		"a key that ON CONFLICT takes": "",
		"one that it does not take": `ALTER TABLE canonical_api_line DROP CONSTRAINT canonical_api_line_pkey;
				ALTER TABLE canonical_api_line ADD PRIMARY KEY (created_at, id, adjusted_count)`,
	} {
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			b := setup(t, nil)
			b.write(t, batchOf(t, span{id: 1}))
			b.Exec(t, change)
			b.AddHostileSchema(t)
			poolConfig, err := database.ParsePoolConfig(b.URL, 1)
			require.NoError(t, err)
			poolConfig.ConnConfig.RuntimeParams["search_path"] = pgtest.HostilePath
			pool, err := pgxpool.NewWithConfig(t.Context(), poolConfig)
			require.NoError(t, err)
			t.Cleanup(pool.Close)
			cfg := b.store.table.Config
			cfg.Name.Schema = "public"
			partitions := partition.New(partition.Config{Interval: partition.Day}, pool, b.store.logger)
			b.store = New(pool, table.NewMaintainer(cfg, pool, b.store.logger), partitions, b.store.logger)
			t.Cleanup(b.store.Close)

			require.Equal(t, Outcomes{Inserted: 1}, b.write(t, batchOf(t, span{id: 2})))
			require.Equal(t, Outcomes{Updated: 1}, b.write(t, batchOf(t, span{id: 1, descendants: 3})))
			require.Equal(t, Outcomes{Unchanged: 2}, b.write(t, batchOf(t, span{id: 1}, span{id: 2})))
			b.write(t, versionsOf(t, []span{{id: 2}}, copyrow.Mark))
			require.Equal(t, []string{`{"spans": 3}`, `{"incomplete": true}`}, pgtest.All[string](t, b.Database, statistics))

			b.Exec(t, "ALTER TABLE canonical_api_line ADD CONSTRAINT no_teapots CHECK (status <> 418)")
			require.Equal(t, Outcomes{Inserted: 10, Rejected: 10}, b.write(t, batchOf(t, some(3, 20, 2)...)))
		})
	}
}
