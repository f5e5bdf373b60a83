package store

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/pgtest"
	"canonicallineexporter/internal/table"
)

// keyed returns a store whose table is plain and has the columns but no key, and runs sql.
func keyed(t *testing.T, sql string) *bundle {
	t.Helper()
	b := setup(t, func(cfg *table.Config) { cfg.CreateSchema = false })
	require.NoError(t, table.Apply(t.Context(), b.Pool, b.store.table.Name, b.store.table.Columns))
	b.Exec(t, `ALTER TABLE canonical_api_line RENAME TO model;
		CREATE TABLE canonical_api_line (LIKE model INCLUDING DEFAULTS); DROP TABLE model;`+sql)
	return b
}

const everyPartition = ";CREATE TABLE every PARTITION OF canonical_api_line FOR VALUES FROM (MINVALUE) TO (MAXVALUE)"

func TestStore_Write_KeyThatServes_KeepsOneRowPerLine(t *testing.T) {
	t.Parallel()
	const remade = `ALTER TABLE canonical_api_line RENAME TO model;
		CREATE TABLE canonical_api_line (LIKE model INCLUDING DEFAULTS) PARTITION BY RANGE (created_at); DROP TABLE model;`
	for name, key := range map[string]string{
		"id":                     "ALTER TABLE canonical_api_line ADD PRIMARY KEY (id)",
		"id and created_at":      "CREATE UNIQUE INDEX ON canonical_api_line (id, created_at)",
		"both, each of its own":  "CREATE UNIQUE INDEX ON canonical_api_line (created_at, id); ALTER TABLE canonical_api_line ADD PRIMARY KEY (id)",
		"deferrable":             "ALTER TABLE canonical_api_line ADD PRIMARY KEY (created_at, id) DEFERRABLE",
		"deferred":               "ALTER TABLE canonical_api_line ADD PRIMARY KEY (created_at, id) DEFERRABLE INITIALLY DEFERRED",
		"deferred, partitioned":  remade + "ALTER TABLE canonical_api_line ADD PRIMARY KEY (created_at, id) DEFERRABLE INITIALLY DEFERRED" + everyPartition,
		"one column more":        remade + "ALTER TABLE canonical_api_line ADD PRIMARY KEY (http_path, created_at, id)" + everyPartition,
		"a column that changes":  remade + "CREATE UNIQUE INDEX ON canonical_api_line (created_at, id, http_route)" + everyPartition,
		"a column never written": `ALTER TABLE canonical_api_line ADD seq bigserial; ALTER TABLE canonical_api_line ADD PRIMARY KEY (created_at, id, seq)`,
		"beside one that is not": "CREATE UNIQUE INDEX ON canonical_api_line (id) WHERE sudo; CREATE UNIQUE INDEX ON canonical_api_line ((id::text)); ALTER TABLE canonical_api_line ADD PRIMARY KEY (created_at, id)",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := keyed(t, key)
			require.Equal(t, Outcomes{Inserted: 2}, b.write(t, batchOf(t, with(1, "/a", 1), with(2, "/b", 1))))
			require.Equal(t, Outcomes{Inserted: 1, Unchanged: 2}, b.write(t, batchOf(t, with(1, "/a", 1), with(2, "/b", 1), with(3, "/c", 1))))
			require.Equal(t, Outcomes{Updated: 1, Unchanged: 1}, b.write(t, versionsOf(t, []span{with(1, "/x", 2), with(3, "/c", 1)}, 2, 0)))
			require.Equal(t, []string{"/x", "/b", "/c"}, pgtest.All[string](t, b.Database, "SELECT http_route FROM canonical_api_line ORDER BY id"))

			var writers sync.WaitGroup
			for i := range 4 {
				batch := batchOf(t, with(8, "/8", i), with(9, "/9", 3-i))
				writers.Go(func() {
					if _, err := b.store.Write(t.Context(), batch); err != nil {
						t.Error(err)
					}
				})
			}
			writers.Wait()
			require.EqualValues(t, 5, b.count(t))
		})
	}
}

func TestStore_Write_TableThatCannotTellLinesApart_IsRefusedWithTheRemedy(t *testing.T) {
	t.Parallel()
	for name, refused := range map[string]struct{ sql, sentence string }{
		"no key": {
			"", `table "public"."canonical_api_line" has no key that keeps a line from being stored twice: ` +
				`run CREATE UNIQUE INDEX ON "public"."canonical_api_line" ("created_at", "id")`,
		},
		"an expression": {"CREATE UNIQUE INDEX ON canonical_api_line (created_at, (id::text))", "run CREATE UNIQUE INDEX"},
		"some rows":     {"CREATE UNIQUE INDEX ON canonical_api_line (created_at, id) WHERE sudo", "run CREATE UNIQUE INDEX"},
		"another":       {"ALTER TABLE canonical_api_line ADD PRIMARY KEY (request_id)", "run CREATE UNIQUE INDEX"},
		"included":      {"CREATE UNIQUE INDEX ON canonical_api_line (created_at, request_id) INCLUDE (id)", "run CREATE UNIQUE INDEX"},
		"partitioned by more": {
			`DROP TABLE canonical_api_line; CREATE TABLE canonical_api_line (id uuid, created_at timestamptz, "of ""whom" text)
				PARTITION BY LIST ("of ""whom")`,
			`run CREATE UNIQUE INDEX ON "public"."canonical_api_line" ("created_at", "id", "of ""whom")`,
		},
		"partitioned by an expression": {
			`DROP TABLE canonical_api_line; CREATE TABLE canonical_api_line (id uuid, created_at timestamptz)
				PARTITION BY RANGE ((created_at AT TIME ZONE 'UTC'))`,
			"partition it by created_at",
		},
		"no id": {"ALTER TABLE canonical_api_line DROP id", `run ALTER TABLE "public"."canonical_api_line" ADD COLUMN id uuid`},
		"an id of another type": {
			"ALTER TABLE canonical_api_line ALTER id DROP DEFAULT, ALTER id TYPE text",
			`run ALTER TABLE "public"."canonical_api_line" ALTER COLUMN id TYPE uuid`,
		},
		"no created_at": {
			"ALTER TABLE canonical_api_line DROP created_at",
			`run ALTER TABLE "public"."canonical_api_line" ADD COLUMN created_at timestamptz`,
		},
		"a created_at of another type": {
			"ALTER TABLE canonical_api_line ALTER created_at TYPE timestamp",
			`run ALTER TABLE "public"."canonical_api_line" ALTER COLUMN created_at TYPE timestamptz`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := keyed(t, refused.sql)
			_, err := b.store.Write(t.Context(), batchOf(t, span{id: 1}))
			require.ErrorContains(t, err, refused.sentence)
			require.Zero(t, b.count(t))
		})
	}
}

func TestStore_Write_RemedyOfTheRefusal_LetsLinesIn(t *testing.T) {
	t.Parallel()
	b := keyed(t, "")
	definition, err := b.store.table.Maintain(t.Context())
	require.NoError(t, err)
	require.ErrorContains(t, b.store.Use(definition), "run CREATE UNIQUE INDEX", "at start")
	b.Exec(t, `CREATE UNIQUE INDEX ON "public"."canonical_api_line" ("created_at", "id")`)
	require.Equal(t, Outcomes{Inserted: 1}, b.write(t, batchOf(t, span{id: 1})))
	require.Equal(t, Outcomes{Unchanged: 1}, b.write(t, batchOf(t, span{id: 1})))
}
