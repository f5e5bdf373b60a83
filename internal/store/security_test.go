package store

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/database"
	"canonicallineexporter/internal/partition"
	"canonicallineexporter/internal/pgtest"
	"canonicallineexporter/internal/table"
)

// secured returns a store whose role is subject to these policies of the table.
func secured(t testing.TB, policies string) *bundle {
	t.Helper()
	return granted(t, `GRANT INSERT, SELECT, UPDATE ON canonical_api_line TO writer;
		ALTER TABLE canonical_api_line ENABLE ROW LEVEL SECURITY;`+policies)
}

// granted returns a store whose role has these privileges.
func granted(t testing.TB, sql string) *bundle {
	t.Helper()
	b := setup(t, nil)
	b.write(t, batchOf(t, span{id: 1000}))
	role := b.role()
	b.Exec(t, strings.ReplaceAll("CREATE ROLE writer LOGIN;"+sql, "writer", role))
	t.Cleanup(func() {
		_, err := b.Pool.Exec(context.WithoutCancel(t.Context()), "DROP OWNED BY "+role+"; DROP ROLE "+role)
		require.NoError(t, err)
	})
	poolConfig, err := database.ParsePoolConfig(strings.Replace(b.URL, "postgres@", role+"@", 1), 2)
	require.NoError(t, err)
	pool, err := pgxpool.NewWithConfig(t.Context(), poolConfig)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	cfg := b.store.table.Config
	cfg.CreateSchema = false
	partitions := partition.New(partition.Config{Interval: partition.Day}, pool, b.store.logger)
	b.store = New(pool, table.NewMaintainer(cfg, pool, b.store.logger), partitions, b.store.logger)
	t.Cleanup(b.store.Close)
	return b
}

// role returns the name of the role of granted. Roles belong to the server, which other tests
// share.
func (b *bundle) role() string { return "writer_" + b.Name }

const (
	anyRow     = "CREATE POLICY lines ON canonical_api_line TO writer USING (true) WITH CHECK (true)"
	noTeapots  = "CREATE POLICY lines ON canonical_api_line TO writer USING (true) WITH CHECK (status <> 418)"
	publicRow  = "CREATE POLICY lines ON canonical_api_line USING (true) WITH CHECK (true)"
	insertOnly = "CREATE POLICY lines ON canonical_api_line FOR INSERT TO writer WITH CHECK (true)"

	everyCommand = insertOnly + `; CREATE POLICY reading ON canonical_api_line FOR SELECT TO writer USING (true);
		CREATE POLICY writing ON canonical_api_line FOR UPDATE TO writer USING (true)`
)

func TestStore_Write_RowLevelSecurity_IsWrittenByInsert(t *testing.T) {
	t.Parallel()
	for name, policies := range map[string]string{"one policy": anyRow, "one for each command": everyCommand, "for the public": publicRow} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := secured(t, policies)
			require.Equal(t, Outcomes{Inserted: 2}, b.write(t, batchOf(t, with(1, "/a", 1), with(2, "/b", 1))))
			require.Equal(t, Outcomes{Inserted: 1}, b.write(t, batchOf(t, with(3, "/c", 1))))
			require.EqualValues(t, 4, b.count(t))
			require.Empty(t, pgtest.All[string](t, b.Database,
				"SELECT query FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'COPY \"public\"%'"))
			require.Equal(t, Outcomes{Unchanged: 1, Updated: 1}, b.write(t, versionsOf(t, []span{with(1, "/a", 1), with(2, "/x", 2)}, 0, 2)))
		})
	}
}

func TestStore_Write_RowLevelSecurityThatComesLater_IsNoticed(t *testing.T) {
	t.Parallel()
	b := secured(t, anyRow+"; ALTER TABLE canonical_api_line DISABLE ROW LEVEL SECURITY")
	b.write(t, batchOf(t, span{id: 1}))
	b.Exec(t, "ALTER TABLE canonical_api_line ENABLE ROW LEVEL SECURITY")
	require.Equal(t, Outcomes{Inserted: 1}, b.write(t, batchOf(t, span{id: 2})))
}

// A line that comes again would be refused as if it were at fault.
func TestStore_Write_PoliciesThatHideLines_AreRefusedWithTheRemedy(t *testing.T) {
	t.Parallel()
	const restrictive = "; CREATE POLICY more ON canonical_api_line AS RESTRICTIVE USING (true)"
	for name, refused := range map[string]struct{ policies, commands string }{
		"none":               {"", "INSERT and SELECT and UPDATE"},
		"of another role":    {strings.ReplaceAll(anyRow, "writer", "postgres") + restrictive, "INSERT and SELECT and UPDATE"},
		"INSERT":             {insertOnly, "SELECT and UPDATE"},
		"INSERT and reading": {insertOnly + "; CREATE POLICY reading ON canonical_api_line FOR SELECT TO writer USING (true)", "UPDATE"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := secured(t, refused.policies)
			_, err := b.store.Write(t.Context(), batchOf(t, span{id: 1000}, span{id: 1}))
			role, name := b.role(), `"public"."canonical_api_line"`
			require.EqualError(t, err, "table "+name+" has row level security, and no policy lets role "+role+" "+refused.commands+
				" lines: run CREATE POLICY canonical_line ON "+name+" TO "+role+" USING (true) WITH CHECK (true)")
			_, statement, _ := strings.Cut(err.Error(), "run ")
			b.Exec(t, statement)
			require.Equal(t, Outcomes{Inserted: 1, Unchanged: 1}, b.write(t, batchOf(t, span{id: 1000}, span{id: 1})))
		})
	}
}

func TestStore_Write_PrivilegesOnColumns_Suffice(t *testing.T) {
	t.Parallel()
	b := granted(t, `DO $$ BEGIN EXECUTE (SELECT format('GRANT SELECT (%1$s), INSERT (%1$s), UPDATE (%1$s) ON canonical_api_line TO writer',
		string_agg(quote_ident(attname), ', ')) FROM pg_attribute WHERE attrelid = 'canonical_api_line'::regclass AND attnum > 0); END $$`)
	require.Equal(t, Outcomes{Inserted: 2}, b.write(t, batchOf(t, with(1, "/a", 1), with(2, "/b", 1))))
	require.Equal(t, Outcomes{Unchanged: 1, Updated: 1}, b.write(t, versionsOf(t, []span{with(1, "/a", 1), with(2, "/x", 2)}, 0, 2)))
	b.write(t, versionsOf(t, []span{{id: 1}}, copyrow.Mark))
	b.Exec(t, "ALTER TABLE canonical_api_line ADD CONSTRAINT no_teapots CHECK (status <> 418)")
	require.Equal(t, Outcomes{Inserted: 10, Rejected: 10}, b.write(t, batchOf(t, some(10, 20, 2)...)))
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
