package store

import (
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/database"
	"canonicallineexporter/internal/pgtest"
	"canonicallineexporter/internal/table"
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
		"to another column of the name": {
			`ALTER TABLE canonical_api_line ADD wide bigint DEFAULT 1; ALTER TABLE canonical_api_line RENAME adjusted_count TO narrow;
				ALTER TABLE canonical_api_line RENAME wide TO adjusted_count`, "", "",
		},
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
	const dropped = "ALTER TABLE canonical_api_line DROP CONSTRAINT canonical_api_line_pkey;"
	for name, change := range map[string]string{
		"dropped":                   dropped,
		"replaced under its name":   dropped + "CREATE INDEX canonical_api_line_pkey ON canonical_api_line (created_at, id)",
		"replaced by another table": dropped + "CREATE TABLE canonical_api_line_pkey ()",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, nil)
			b.write(t, batchOf(t, span{id: 1}))
			b.Exec(t, change)
			for _, batch := range []copyrow.Batch{batchOf(t, span{id: 1}), versionsOf(t, []span{{id: 1}}, 2)} {
				_, err := b.store.Write(t.Context(), batch)
				require.ErrorContains(t, err, "run CREATE UNIQUE INDEX")
			}
			require.EqualValues(t, 1, b.count(t))
		})
	}
}

func TestStore_Write_KeyThatIsMadeAnew_IsFoundAgain(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]string{
		"under its name": `ALTER TABLE canonical_api_line DROP CONSTRAINT canonical_api_line_pkey;
			ALTER TABLE canonical_api_line ADD CONSTRAINT canonical_api_line_pkey PRIMARY KEY (created_at, id) DEFERRABLE`,
		"under another": "ALTER INDEX canonical_api_line_pkey RENAME TO key",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, nil)
			b.write(t, batchOf(t, span{id: 1}))
			b.Exec(t, change)
			require.Equal(t, Outcomes{Inserted: 1}, b.write(t, batchOf(t, span{id: 2})))
			require.Equal(t, Outcomes{Unchanged: 2}, b.write(t, batchOf(t, span{id: 1}, span{id: 2})))
		})
	}
}

// Every type of a column of which Postgres would take the bytes for another has to be told
// from that before it reads a row.
func TestBatchSQL_Copy_RefusesColumnsOfOtherTypes(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	d.Exec(t, "CREATE TABLE lines (id uuid, created_at timestamptz, UNIQUE (created_at, id), a int, b int)")
	others := []string{
		"text", "varchar", "char(9)", "name", `"char"`, "uuid", "boolean", "int2", "int4", "int8", "oid", "float4", "float8", "numeric", "money",
		"timestamptz", "timestamp", "date", "time", "timetz", "interval", "inet", "cidr", "macaddr8", "jsonb", "json", "xml", "bytea", "bit(64)",
		"point", "tid", "xid8", "pg_lsn", "int4range", "tsvector", "text[]", "varchar[]", "int4[]",
	}
	// Postgres converts these to the other, so that it is the length or the content of the
	// bytes that tells them apart.
	harmless := map[copyrow.Kind][]string{
		copyrow.Text: {"text", "char(9)", "name", `"char"`}, copyrow.Integer: {"int2"}, copyrow.BigInt: {"int2", "int4"},
		copyrow.Inet: {"cidr"}, copyrow.Interval: {"time"},
	}
	for kind := copyrow.Text; kind <= copyrow.BigInt; kind++ {
		column := copyrow.Type{Kind: kind}
		own := column.String()
		if kind == copyrow.Text {
			own = "varchar"
		}
		layout := []copyrow.Column{{Name: "a", Type: column}, {Name: "b", Type: column}}
		read := func() *batchSQL {
			definition, err := table.Read(t.Context(), d.Pool, table.Name{Name: "lines"})
			require.NoError(t, err)
			return newBatchSQL(definition, layout)
		}
		d.Exec(t, "ALTER TABLE lines DROP a, DROP b; ALTER TABLE lines ADD a "+own+", ADD b "+own)
		sql := read()
		copied := func() error {
			conn, err := d.Pool.Acquire(t.Context())
			require.NoError(t, err)
			defer conn.Release()
			_, err = copyRows(t.Context(), conn.Conn().PgConn(), sql.copy, copyrow.Batch{Layout: layout})
			return err
		}
		require.NoError(t, copied())
		for _, other := range others {
			d.Exec(t, "ALTER TABLE lines DROP b; ALTER TABLE lines ADD b "+other)
			found := pgtest.One[uint32](t, d, "SELECT atttypid FROM pg_attribute WHERE attrelid = 'lines'::regclass AND attname = 'b'")
			if found == column.OID() || slices.Contains(harmless[kind], other) {
				continue
			}
			err := copied()
			require.Error(t, err, "%s is %s", own, other)
			require.Equal(t, database.Reconcile, database.PolicyOf(err, nil), "%s is %s: %v", own, other, err)
		}
	}
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
