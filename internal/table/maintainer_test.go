package table_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
	"golang.org/x/sync/errgroup"

	"canonicallineexporter/internal/line"
	"canonicallineexporter/internal/pgtest"
	"canonicallineexporter/internal/table"
)

// Lines are written without a column that cannot be added, and the attempt is not made
// again at once: others would queue up behind it.
func TestMaintainer_Maintain_ColumnThatCannotBeAdded_IsLeftForLater(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		// before runs as the superuser, who holds the locks of held meanwhile.
		before, held, says string
	}{
		"a reader": {held: "SELECT FROM canonical_api_line", says: "55P03"},
		"another collector that hangs": {
			held: `SELECT pg_advisory_xact_lock(1667329647, hashtext('"canonical_api_line"'))`, says: "55P03",
		},
		"not the owner": {before: "ALTER TABLE canonical_api_line OWNER TO postgres", says: "42501"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := pgtest.New(t)
			role := d.Name + "_owner"
			require.NoError(t, table.Apply(t.Context(), d.Pool, lines, line.Columns()))
			d.Exec(t, "CREATE ROLE "+role+" LOGIN; ALTER TABLE canonical_api_line OWNER TO "+role)
			d.Exec(t, "ALTER TABLE canonical_api_line DROP COLUMN service_name, DROP COLUMN trace_id;"+tt.before)
			pool, err := pgxpool.New(t.Context(), strings.Replace(d.URL, "postgres@", role+"@", 1))
			require.NoError(t, err)
			t.Cleanup(pool.Close)
			tx, err := d.Pool.Begin(t.Context())
			require.NoError(t, err)
			defer tx.Rollback(t.Context()) //nolint:errcheck // the database goes anyway
			_, err = tx.Exec(t.Context(), tt.held)
			require.NoError(t, err)

			core, logs := observer.New(zapcore.WarnLevel)
			m := table.NewMaintainer(table.Config{Name: lines, Columns: line.Columns(), CreateSchema: true}, pool, zap.New(core))
			for range 3 {
				definition, err := m.Maintain(t.Context())
				require.NoError(t, err)
				require.True(t, definition.Has("span_id"))
				require.False(t, definition.Has("trace_id"))
			}
			require.Equal(t, 1, logs.Len(), "one attempt")
			require.Contains(t, logs.All()[0].ContextMap()["error"], tt.says)
		})
	}
}

func TestMaintainer_Maintain_GeneratedColumn_IsNotAdded(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	require.NoError(t, table.Apply(t.Context(), d.Pool, lines, line.Columns()))
	d.Exec(t, "ALTER TABLE canonical_api_line DROP COLUMN trace_id, DROP COLUMN span_id")
	d.Exec(t, "ALTER TABLE canonical_api_line ADD COLUMN trace_id text GENERATED ALWAYS AS (lower(service_name)) STORED")
	core, logs := observer.New(zapcore.WarnLevel)
	m := table.NewMaintainer(table.Config{Name: lines, Columns: line.Columns(), CreateSchema: true}, d.Pool, zap.New(core))
	definition, err := m.Maintain(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"trace_id"}, definition.Generated)
	require.NotContains(t, definition.Columns, "trace_id")
	require.Contains(t, definition.Columns, "span_id", "the other one is added")
	require.Zero(t, logs.Len())
}

// Exporters of different tables share a schema and its gen_ulid().
func TestApply_ManyTablesAtOnce_ShareWhatIsBesideThem(t *testing.T) {
	t.Parallel()
	for _, schema := range []string{"", "metrics"} {
		for range 5 {
			d := pgtest.New(t)
			var starting errgroup.Group
			for n := range 8 {
				starting.Go(func() error {
					return table.Apply(t.Context(), d.Pool, table.Name{Schema: schema, Name: fmt.Sprintf("lines_%d", n)}, line.Columns())
				})
			}
			require.NoError(t, starting.Wait())
		}
	}
}
