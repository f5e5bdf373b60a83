package table_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"canonicallineexporter/internal/line"
	"canonicallineexporter/internal/pgtest"
	"canonicallineexporter/internal/table"
)

func TestMaintainer_Maintain_Distribute(t *testing.T) {
	t.Parallel()
	cluster := pgtest.Citus(t)
	day := "CREATE TABLE day PARTITION OF canonical_api_line FOR VALUES FROM ('2023-05-12') TO ('2023-05-13')"
	for name, test := range map[string]struct {
		exists             bool
		before             string
		distributed        bool
		refused, unwritten string
		warnings           int
	}{
		"no table":                  {distributed: true},
		"a table without lines":     {exists: true, distributed: true},
		"a table with lines":        {exists: true, before: day, warnings: 1},
		"distributed already":       {exists: true, before: "SELECT create_distributed_table('canonical_api_line', 'id')", distributed: true},
		"no Citus":                  {before: "DROP EXTENSION citus", refused: "run CREATE EXTENSION citus"},
		"no node that holds shards": {before: "SELECT citus_remove_node('127.0.0.1', nodeport) FROM pg_dist_node WHERE groupid > 0", refused: "add a worker"},
		"an old version":            {before: "UPDATE pg_extension SET extversion = '12.1-1' WHERE extname = 'citus'", refused: "lines need 13 or later"},
		"distributed by another column": {
			exists: true, before: "ALTER TABLE canonical_api_line DROP CONSTRAINT canonical_api_line_pkey; SELECT create_distributed_table('canonical_api_line', 'service_name')",
			distributed: true, unwritten: "run SELECT alter_distributed_table('\"public\".\"canonical_api_line\"', distribution_column := 'id')",
		},
		"a plain table that is distributed as a whole": {
			before: "CREATE TABLE canonical_api_line (id uuid, created_at timestamptz); SELECT create_reference_table('canonical_api_line')", distributed: true,
			unwritten: "run SELECT undistribute_table(",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := cluster.NewDatabase(t)
			if test.exists {
				require.NoError(t, table.Apply(t.Context(), d.Pool, lines, line.Columns()))
			}
			if test.before != "" {
				d.Exec(t, test.before)
			}
			core, logs := observer.New(zapcore.WarnLevel)
			m := table.NewMaintainer(table.Config{Name: lines, Columns: line.Columns(), CreateSchema: true, Distribute: true}, d.Pool, zap.New(core))
			for range 2 {
				definition, err := m.Maintain(t.Context())
				if test.refused != "" {
					require.ErrorContains(t, err, test.refused)
					continue
				}
				require.NoError(t, err)
				require.Equal(t, test.distributed, definition.Distributed)
				if test.unwritten == "" {
					require.NoError(t, definition.Unwritable)
				} else {
					require.ErrorContains(t, definition.Unwritable, test.unwritten)
				}
			}
			require.Len(t, logs.FilterMessageSnippet("is not distributed").All(), test.warnings)
		})
	}
}

func TestRead_WorkerOfCitus_IsRefused(t *testing.T) {
	t.Parallel()
	d := pgtest.Citus(t).NewDatabase(t)
	require.NoError(t, table.Apply(t.Context(), d.Pool, lines, line.Columns()))
	require.NoError(t, table.Distribute(t.Context(), d.Pool, lines))
	definition, err := table.Read(t.Context(), d.OnWorker(t, 0), lines)
	require.NoError(t, err)
	require.ErrorContains(t, definition.Unwritable, "name the coordinator")
}
