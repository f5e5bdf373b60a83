package questions_test

import (
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/pgtest"
	"canonicallineexporter/internal/questions"
)

// Everybody may create functions, operators and types in a schema of their own, and a
// superuser may have that schema in the search_path when asking a question.
func TestQuestions_HostileSchemaFirstInThePath_IsNeverCalled(t *testing.T) {
	t.Parallel()
	d := ask(t, 1000)
	keep(t, d.Pool)
	for _, name := range questions.Names() {
		d.Exec(t, "COMMENT ON FUNCTION canonical_api_line_"+name+" IS 'older [canonical_line 0]'")
	}
	known := pgtest.One[string](t, d, "SELECT request_id::text FROM canonical_api_line LIMIT 1")
	d.AddHostileSchema(t)
	for _, path := range []string{pgtest.HostilePath, "hostile, public"} {
		cfg := d.Pool.Config()
		cfg.ConnConfig.RuntimeParams["search_path"] = path
		pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
		require.NoError(t, err)
		t.Cleanup(pool.Close)
		_, err = pool.Exec(t.Context(), "SELECT 1 + 1.5")
		require.ErrorContains(t, err, "hostile operator")
		applyQuestions(t, pool)
		for _, name := range questions.Names() {
			for _, arguments := range map[string][]string{
				"request":    {"'" + known + "'", "'x', '1 hour', '2026-01-01'"},
				"account":    {"'10.0.0.1'", "'x', '1 hour', '2026-01-01'"},
				"one_of":     {"'x', 'y'", "NULL"},
				"questions":  {""},
				"partitions": {""},
				"look_up":    {"'" + known + "', NULL", "'x', '{user_agent}', '1 hour', '2026-01-01', NULL"},
				"find":       {"'" + known + "'", "'10.0.0.0/30'", "'user1@example.com'", "'/teams'", "'01ARZ3NDEKTSV4RRFFQ69G5FAV'"},
				"reads":      {"", "'1 hour', '2026-01-01'"},
				"writes":     {"", "'1 hour', '2026-01-01'"},
				"changes":    {"", "'1 hour', '1 hour', NULL, 'api', 'GET', '/teams'"},
				"burn":       {"", "0.99, '1 hour', '12 hours', NULL, 'api', 'GET', '/teams'"},
				"kept":       {""},
				"history":    {"", "'3 days', NULL, 'api', step => '1 day'"},
				"compare":    {"", "'1 day', '2 days', NULL, 'api', 'GET', '/teams'"},
			}[name] {
				requireCalls(t, pool, path, name, arguments)
			}
		}
		for _, name := range []string{"window", "past", "speed", "rate", "heatmap", "errors", "failures", "slowest", "costs", "n_plus_one", "callers", "differences", "deploys"} {
			requireCalls(t, pool, path, name, "")
			requireCalls(t, pool, path, name, "'12 hours', NULL, 'api', 'GET', '/teams'")
		}
	}
}

func requireCalls(t *testing.T, pool *pgxpool.Pool, path, name, arguments string) {
	t.Helper()
	_, err := pool.Exec(t.Context(), "SELECT * FROM public.canonical_api_line_"+name+"("+arguments+")")
	require.NoError(t, err, "%s(%s) with the search_path %s", name, arguments, path)
}
