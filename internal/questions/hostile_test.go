package questions_test

import (
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/pgtest"
	"canonicallineexporter/internal/questions"
)

func TestQuestions_HostileSchemaFirstInThePath_IsNeverCalled(t *testing.T) {
	t.Parallel()
	d := ask(t, 1000)
	d.AddHostileSchema(t)
	cfg := d.Pool.Config()
	cfg.ConnConfig.RuntimeParams["search_path"] = pgtest.HostilePath
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	applyQuestions(t, pool)
	for _, name := range questions.Names() {
		arguments := map[string]string{"request": "'x'", "account": "'x'"}[name]
		_, err := pool.Exec(t.Context(), "SELECT * FROM public.canonical_api_line_"+name+"("+arguments+")")
		require.NoError(t, err, name)
	}
}
