package store

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"canonicallineexporter/internal/pgtest"
	"canonicallineexporter/schema"
)

func TestQuestionsComeWithTheTable(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	for range 3 {
		require.NoError(t, b.store.Maintain(t.Context()))
	}
	made := b.logs.FilterMessage("created functions that answer questions")
	require.Equal(t, 1, made.Len())
	require.Len(t, pgtest.All[string](t, b.Database, "SELECT function FROM canonical_api_line_questions()"), len(schema.Questions()))

	b.Exec(t, "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
	require.NoError(t, b.store.Maintain(t.Context()))
	require.NotEmpty(t, pgtest.All[string](t, b.Database, "SELECT function FROM canonical_api_line_questions()"), "they come back with it")
}

func TestQuestionsThatCannotBeMadeCostNoLine(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.Exec(t, "CREATE FUNCTION canonical_api_line_rate() RETURNS int LANGUAGE sql AS 'SELECT 1'")
	require.Equal(t, Result{Inserted: 1}, b.write(t, batchOf(t, span{id: 1})))
	require.NoError(t, b.store.Maintain(t.Context()))
	warnings := b.logs.FilterField(zap.String("function", "rate")).All()
	require.Len(t, warnings, 1, "once")
	require.Len(t, pgtest.All[string](t, b.Database, "SELECT function FROM canonical_api_line_questions()"), len(schema.Questions())-1)
}

func TestWithoutCreateSchemaNoFunctionIsCreated(t *testing.T) {
	t.Parallel()
	b := setup(t, func(cfg *Config) { cfg.CreateSchema = false })
	require.NoError(t, schema.Apply(t.Context(), b.Pool, b.store.cfg.Table, b.store.cfg.Columns))
	require.NoError(t, b.store.Maintain(t.Context()))
	require.Zero(t, pgtest.One[int64](t, b.Database, "SELECT count(*) FROM pg_proc WHERE proname LIKE 'canonical%'"))
}
