package partition

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/pgtest"
)

// reshape makes the parent anew as definition has it.
func (k *keeper) reshape(t *testing.T, definition string) {
	t.Helper()
	k.Exec(t, "DROP TABLE lines; CREATE TABLE lines (created_at timestamptz NOT NULL, service text NOT NULL, n int) "+definition)
}

// A table whose partitions are not ranges of time is left alone, and told so once.
func TestMaintainer_OtherShapes_AreSaidOnceAndLeftAlone(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ definition, partition, says string }{
		"plain": {says: "the table is not partitioned: lines are written, and none is ever removed"},
		"list": {
			"PARTITION BY LIST (service)", "FOR VALUES IN ('web')",
			"the table is partitioned by LIST (service) of type text: its partitions are not maintained",
		},
		"hash": {
			"PARTITION BY HASH (created_at)", "FOR VALUES WITH (MODULUS 1, REMAINDER 0)",
			"the table is partitioned by HASH (created_at) of type timestamp with time zone: its partitions are not maintained",
		},
		"expression": {
			"PARTITION BY RANGE ((created_at AT TIME ZONE 'UTC'))", "FOR VALUES FROM ('2023-05-12') TO ('2023-05-13')",
			"the table is partitioned by RANGE ((created_at AT TIME ZONE 'UTC'::text)): its partitions are not maintained",
		},
		"range of numbers": {
			"PARTITION BY RANGE (n, created_at)", "FOR VALUES FROM (1, MINVALUE) TO (5, MINVALUE)",
			"the table is partitioned by RANGE (n, created_at) of type integer: its partitions are not maintained",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := keep(t, nil)
			k.reshape(t, tt.definition)
			if tt.partition != "" {
				k.Exec(t, "CREATE TABLE theirs PARTITION OF lines "+tt.partition)
			}
			before := k.tables(t)
			k.round(t, 0)
			k.round(t, 30*24*time.Hour)
			// Releases of Postgres differ in the brackets around an expression.
			said := strings.NewReplacer("(((", "((", ")))", "))").Replace(strings.Join(k.warnings(), "\n"))
			require.Equal(t, tt.says, said)
			require.Equal(t, before, k.tables(t))
			status, known := k.Status()
			require.False(t, known, "there is no runway")
			require.Equal(t, k.at, status.LastSuccess)

			expired, err := k.Expired(t.Context(), parent, []time.Time{day(1)})
			require.NoError(t, err)
			require.Equal(t, []bool{false}, expired)
			require.NoError(t, k.EnsureFor(t.Context(), parent, []time.Time{day(1)}))
			require.Len(t, k.warnings(), 2)
		})
	}
}

func TestMaintainer_RangeOfTwoColumns_IsFilledAroundTheirs(t *testing.T) {
	t.Parallel()
	k := keep(t, nil)
	k.reshape(t, "PARTITION BY RANGE (created_at, service)")
	k.Exec(t, `CREATE TABLE theirs PARTITION OF lines
		FOR VALUES FROM ('2023-05-11 00:00+00', '') TO ('2023-05-12 16:00+00', E'it''s) TO (''2023\\')`)
	k.round(t, 0)
	require.Equal(t, []string{"lines_20230512", "lines_20230513", "theirs"}, k.attached(t))
	k.Exec(t, "INSERT INTO lines VALUES ('2023-05-12 15:59+00', 'web'), ('2023-05-12 16:00:00.000001+00', 'web'), ('2023-05-13 12:00+00', 'api')")
	status, _ := k.Status()
	require.Equal(t, time.Hour, status.Runway, "at 16:00 some services have no partition")
	k.round(t, 4*24*time.Hour)
	require.NotContains(t, k.attached(t), "lines_20230512")
	require.NotContains(t, k.attached(t), "lines_20230513")
	require.Contains(t, k.attached(t), "theirs")
	require.Equal(t, []string{"a partition past the retention was not made by this exporter and stays"}, k.warnings())
}

// A line whose service has no part of a day that is divided by services waits, and the log
// says what is missing.
func TestMaintainer_DividedPartition_TellsWhichPartIsTheOperators(t *testing.T) {
	t.Parallel()
	k := keep(t, nil)
	k.reshape(t, "PARTITION BY RANGE (created_at)")
	k.Exec(t, `CREATE TABLE theirs PARTITION OF lines FOR VALUES FROM ('2023-05-12 00:00+00') TO ('2023-05-13 00:00+00')
		PARTITION BY LIST (service)`)
	k.Exec(t, "CREATE TABLE web PARTITION OF theirs FOR VALUES IN ('web')")
	k.round(t, 0)
	require.Equal(t, []string{"lines_20230513", "theirs"}, k.attached(t))
	k.Exec(t, "INSERT INTO lines VALUES ('2023-05-12 15:00+00', 'web'), ('2023-05-13 15:00+00', 'api')")
	k.round(t, 0)
	status, _ := k.Status()
	require.Equal(t, 33*time.Hour, status.Runway)
	require.Equal(t, pgtest.One[int64](t, k.Database, "SELECT sum(pg_total_relation_size(relid))::bigint FROM pg_partition_tree('lines')"), status.Bytes)
	require.Empty(t, k.warnings())

	for range 2 {
		require.NoError(t, k.EnsureFor(t.Context(), parent, []time.Time{k.at}))
		status, _ = k.Status()
		require.Zero(t, status.Runway)
		k.round(t, time.Minute)
		status, _ = k.Status()
		require.Zero(t, status.Runway)
	}
	require.Equal(t, []string{"lines wait, because a partition that is itself partitioned has no part for them"}, k.warnings())
	k.round(t, time.Minute)
	status, _ = k.Status()
	require.Positive(t, status.Runway)
}
