package partition

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/database"
	"canonicallineexporter/internal/pgtest"
)

func TestMaintainer_HostileSchemaFirstInThePath_IsNeverCalled(t *testing.T) {
	t.Parallel()
	k := keep(t, func(cfg *Config) { cfg.MaxSize = 1 << 40 })
	role := "secured_" + k.Name
	k.Exec(t, strings.ReplaceAll(`CREATE ROLE secured; ALTER TABLE lines ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
				GRANT SELECT ON lines TO secured; GRANT UPDATE (note) ON lines TO secured WITH GRANT OPTION;
				CREATE POLICY reading ON lines FOR SELECT TO secured USING (true);
				CREATE POLICY writing ON lines AS RESTRICTIVE FOR UPDATE TO secured USING (true) WITH CHECK (true)`, "secured", role))
	t.Cleanup(func() {
		_, err := k.Pool.Exec(context.WithoutCancel(t.Context()), "DROP OWNED BY "+role+"; DROP ROLE "+role)
		require.NoError(t, err)
	})
	k.round(t, 0)
	k.AddHostileSchema(t)
	poolConfig, err := database.ParsePoolConfig(k.URL, 2)
	require.NoError(t, err)
	poolConfig.ConnConfig.RuntimeParams["search_path"] = pgtest.HostilePath
	k.pool, err = pgxpool.NewWithConfig(t.Context(), poolConfig)
	require.NoError(t, err)
	defer k.pool.Close()

	for range 6 {
		k.round(t, 24*time.Hour)
	}
	require.NoError(t, k.EnsureFor(t.Context(), parent, []time.Time{k.at.Add(5 * 24 * time.Hour)}))
	_, err = k.Expired(t.Context(), parent, []time.Time{k.at})
	require.NoError(t, err)
	require.Equal(t, []string{"lines_20230516", "lines_20230517", "lines_20230518", "lines_20230519", "lines_20230523"}, k.attached(t))
	require.NotContains(t, k.tables(t), "lines_20230512")
	require.Empty(t, k.warnings())
}
