package store

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/database"
	"canonicallineexporter/internal/pgtest"
)

// secured returns a store whose role is subject to these policies of the table.
func secured(t testing.TB, policies string) *bundle {
	t.Helper()
	b := setup(t, nil)
	b.write(t, batchOf(t, span{id: 1000}))
	// Roles belong to the server, which other tests share.
	role := "secured_" + b.Name
	b.Exec(t, strings.ReplaceAll(`CREATE ROLE writer LOGIN; GRANT INSERT, SELECT, UPDATE ON canonical_api_line TO writer;
		ALTER TABLE canonical_api_line ENABLE ROW LEVEL SECURITY;`+policies, "writer", role))
	t.Cleanup(func() {
		_, err := b.Pool.Exec(context.WithoutCancel(t.Context()), "DROP OWNED BY "+role+"; DROP ROLE "+role)
		require.NoError(t, err)
	})
	poolConfig, err := database.ParsePoolConfig(strings.Replace(b.URL, "postgres@", role+"@", 1), 2)
	require.NoError(t, err)
	pool, err := pgxpool.NewWithConfig(t.Context(), poolConfig)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	b.store.pool = pool
	return b
}

const (
	anyRow     = "CREATE POLICY lines ON canonical_api_line TO writer USING (true) WITH CHECK (true)"
	noTeapots  = "CREATE POLICY lines ON canonical_api_line TO writer USING (true) WITH CHECK (status <> 418)"
	insertOnly = "CREATE POLICY lines ON canonical_api_line FOR INSERT TO writer WITH CHECK (true)"
)

func TestStore_Write_RowLevelSecurity_IsWrittenByInsert(t *testing.T) {
	t.Parallel()
	for name, policy := range map[string]string{"all": anyRow, "insert alone": insertOnly} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := secured(t, policy)
			require.Equal(t, Outcomes{Inserted: 2}, b.write(t, batchOf(t, with(1, "/a", 1), with(2, "/b", 1))))
			require.Equal(t, Outcomes{Inserted: 1}, b.write(t, batchOf(t, with(3, "/c", 1))))
			require.EqualValues(t, 4, b.count(t))
			require.Empty(t, pgtest.All[string](t, b.Database,
				"SELECT query FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'COPY \"public\"%'"))
			if policy == anyRow {
				require.Equal(t, Outcomes{Unchanged: 1, Updated: 1}, b.write(t, versionsOf(t, []span{with(1, "/a", 1), with(2, "/x", 2)}, 0, 2)))
			}
		})
	}
}

func TestStore_Write_PolicyThatRefusesRows_IsolatesThem(t *testing.T) {
	t.Parallel()
	b := secured(t, noTeapots)
	_, err := b.store.Write(t.Context(), batchOf(t, some(0, 100, 10)...))
	var partial *PartialError
	require.ErrorAs(t, err, &partial)
	require.ErrorContains(t, err, "SQLSTATE 42501")
	require.Equal(t, Outcomes{Inserted: 90}, partial.Stored)
	b.write(t, batchOf(t, span{id: 2000}))
	require.Equal(t, Outcomes{Rejected: 10}, b.write(t, partial.Rest))
}

// BenchmarkStore_Insert compares ways to write batches of 100 new lines.
func BenchmarkStore_Insert(b *testing.B) {
	for name, policy := range map[string]string{"COPY": "", "INSERT": anyRow} {
		b.Run(name, func(b *testing.B) {
			d := secured(b, policy)
			if policy == "" {
				d.Exec(b, "ALTER TABLE canonical_api_line DISABLE ROW LEVEL SECURITY")
			}
			id := 0
			for b.Loop() {
				b.StopTimer()
				batch := batchOf(b, some(id, 100, 1000)...)
				id += 100
				b.StartTimer()
				d.write(b, batch)
			}
		})
	}
}
