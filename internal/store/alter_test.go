package store

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/database"
	"canonicallineexporter/internal/pgtest"
)

// The store has read the table before it changes.
func TestStore_Write_ColumnChanges_LoseNoLine(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]struct{ sql, fault, mend string }{
		"a required column, to a type that is not written": {
			"ALTER TABLE canonical_api_line ALTER status TYPE text", "column status",
			"ALTER TABLE canonical_api_line ALTER status TYPE int USING status::int",
		},
		"a required column, to a wider type": {
			"ALTER TABLE canonical_api_line ALTER status TYPE bigint", "column status",
			"ALTER TABLE canonical_api_line ALTER status DROP NOT NULL",
		},
		"to a type of the same length": {"ALTER TABLE canonical_api_line ALTER adjusted_count TYPE bigint", "", ""},
		"to one that takes any bytes":  {"ALTER TABLE canonical_api_line ALTER statistics TYPE text", "", ""},
		"to a narrower one":            {"ALTER TABLE canonical_api_line ALTER http_route TYPE varchar(1) USING left(http_route, 1)", "", ""},
		"twice": {
			"ALTER TABLE canonical_api_line ALTER status TYPE text", "column status",
			"ALTER TABLE canonical_api_line ALTER status TYPE int USING status::int, ALTER sudo TYPE text, ALTER sudo DROP NOT NULL",
		},
	} {
		for _, path := range []string{"copied", "upserted"} {
			t.Run(name+", "+path, func(t *testing.T) {
				t.Parallel()
				b := setup(t, nil)
				b.store.table.CreateSchema = false
				require.NoError(t, applied(t, b))
				b.write(t, batchOf(t, with(1, "/a", 1)))
				batch := batchOf(t, with(2, "/bcd", 1), with(3, "/cde", 1))
				if path == "upserted" {
					batch.Versions = []uint32{3, 3}
				}
				b.write(t, versionsOf(t, []span{with(4, "/d", 1)}, 3)) // makes the staging table
				b.Exec(t, change.sql)
				if change.fault != "" {
					_, err := b.store.Write(t.Context(), batch)
					require.ErrorContains(t, err, change.fault)
					var partial *PartialError
					require.NotErrorAs(t, err, &partial)
					b.Exec(t, change.mend)
				}
				require.Equal(t, Outcomes{Inserted: 2}, b.write(t, batch))
				require.Equal(t, Outcomes{Unchanged: 2}, b.write(t, batch))
				require.EqualValues(t, 4, b.count(t))
				require.EqualValues(t, 4, pgtest.One[int64](t, b.Database, "SELECT count(*) FROM canonical_api_line WHERE adjusted_count = 1"))
				require.Zero(t, pgtest.One[int64](t, b.Database, "SELECT count(*) FROM canonical_api_line WHERE ascii(statistics::text) = 1"))
				require.Empty(t, b.logs.FilterMessage("dropped lines that Postgres refuses").All())
			})
		}
	}
}

// applied creates the table with the partition of now.
func applied(t *testing.T, b *bundle) error {
	t.Helper()
	b.store.table.CreateSchema = true
	_, err := b.store.Write(t.Context(), batchOf(t, span{id: 5}))
	b.Exec(t, "DELETE FROM canonical_api_line")
	b.store.table.CreateSchema = false
	return err
}

func TestStore_Write_DroppedKey_DoublesNoLine(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.write(t, batchOf(t, span{id: 1}))
	b.Exec(t, "ALTER TABLE canonical_api_line DROP CONSTRAINT canonical_api_line_pkey")
	_, err := b.store.Write(t.Context(), batchOf(t, span{id: 1}))
	require.ErrorContains(t, err, "run CREATE UNIQUE INDEX")
	require.EqualValues(t, 1, b.count(t))
}

func TestStore_Write_SettingThatPostgresRefuses_LosesNoLine(t *testing.T) {
	t.Parallel()
	for _, setting := range []string{"statement_timeout=30sec", "TimeZone=Middle/Earth"} {
		t.Run(setting, func(t *testing.T) {
			t.Parallel()
			b := setup(t, nil)
			b.write(t, batchOf(t, span{id: 1}))
			poolConfig, err := database.ParsePoolConfig(b.URL+"?"+strings.ReplaceAll(setting, "/", "%2F"), 2)
			require.NoError(t, err)
			pool, err := pgxpool.NewWithConfig(t.Context(), poolConfig)
			require.NoError(t, err)
			t.Cleanup(pool.Close)
			b.store.pool = pool
			_, err = b.store.Write(t.Context(), batchOf(t, span{id: 2}))
			require.ErrorContains(t, err, "SQLSTATE 22023")
		})
	}
}
