package store

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/database"
	"canonicallineexporter/internal/pgtest"
)

// witness notes the durability of every transaction that writes a line. The server of the
// tests has synchronous_commit off.
const witness = `
CREATE TABLE seen (operation text, setting text);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO seen VALUES (TG_OP, current_setting('synchronous_commit'));
    RETURN NEW;
END
$$;
CREATE TRIGGER note BEFORE INSERT OR UPDATE ON canonical_api_line FOR EACH ROW EXECUTE FUNCTION note()`

func TestStore_Write_SynchronousCommit(t *testing.T) {
	t.Parallel()
	for parameters, want := range map[string]string{
		"": "on", "?synchronous_commit=off": "off", "?options=-csynchronous_commit%3Doff": "off",
		"?synchronous_commit=local": "local", "?synchronous_commit=remote_apply": "remote_apply",
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			b := setup(t, nil)
			b.write(t, batchOf(t, span{id: 1}))
			b.Exec(t, witness)
			poolConfig, err := database.ParsePoolConfig(b.URL+parameters, 1)
			require.NoError(t, err)
			require.Equal(t, want == "off", database.Asynchronous(poolConfig))
			pool, err := pgxpool.NewWithConfig(t.Context(), poolConfig)
			require.NoError(t, err)
			t.Cleanup(pool.Close)
			b.store.pool = pool

			b.write(t, batchOf(t, span{id: 2}))
			b.write(t, batchOf(t, span{id: 1, descendants: 3}))
			b.write(t, versionsOf(t, []span{{id: 2}}, copyrow.Mark))
			require.Equal(t, []string{"INSERT " + want, "INSERT " + want, "UPDATE " + want, "UPDATE " + want},
				pgtest.All[string](t, b.Database, "SELECT operation || ' ' || setting FROM seen ORDER BY ctid"), "COPY, upsert, mark")

			var after string
			require.NoError(t, pool.QueryRow(t.Context(), "SHOW synchronous_commit").Scan(&after))
			require.Equal(t, strings.Replace(want, "on", "off", 1), after, "it ends with the transaction")
		})
	}
}
