package store

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/database"
	"canonicallineexporter/internal/pgtest"
)

// some returns spans of which every nth has a status of 418, from the first on.
func some(from, count, nth int) []span {
	spans := make([]span, count)
	for i := range spans {
		spans[i].id = uint64(from + i)
		if i%nth == 0 {
			spans[i].with = map[string]any{"http.status_code": 418}
		}
	}
	return spans
}

// onTeapot defines a trigger that runs body for a status of 418.
func onTeapot(body string) string {
	return `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ` + body + ` END $$;
		CREATE TRIGGER refuse BEFORE INSERT ON canonical_api_line FOR EACH ROW WHEN (NEW.status = 418) EXECUTE FUNCTION refuse()`
}

// refusals make Postgres refuse lines with a status of 418, each in another way.
var refusals = map[string]struct{ sql, sqlstate string }{
	"trigger":           {onTeapot("RAISE 'short and stout';"), "P0001"},
	"trigger's check":   {onTeapot("RAISE check_violation;"), "23514"},
	"trigger's own":     {onTeapot("RAISE SQLSTATE 'ZZ418';"), "ZZ418"},
	"trigger, NULL":     {onTeapot("RETURN NULL;"), "a trigger discards the line"},
	"trigger, division": {onTeapot("RETURN 1 / (NEW.status - 418);"), "22012"},
	"foreign key": {
		`CREATE TABLE known (status int PRIMARY KEY); INSERT INTO known VALUES (200), (0);
		ALTER TABLE canonical_api_line ADD FOREIGN KEY (status) REFERENCES known`, "23503",
	},
	"deferred foreign key": {
		`CREATE TABLE known (status int PRIMARY KEY); INSERT INTO known VALUES (200), (0);
		ALTER TABLE canonical_api_line ADD FOREIGN KEY (status) REFERENCES known DEFERRABLE INITIALLY DEFERRED`, "23503",
	},
	"index": {
		`CREATE FUNCTION large(of uuid) RETURNS text LANGUAGE sql IMMUTABLE AS
			$$ SELECT string_agg(md5(of::text || n), '') FROM generate_series(1, 1000) AS n $$;
		CREATE INDEX ON canonical_api_line ((CASE WHEN status = 418 THEN large(id) END))`, "54000",
	},
	"another unique index": {
		`CREATE UNIQUE INDEX ON canonical_api_line (created_at, (CASE WHEN status = 418 THEN 1 END))`, "23505",
	},
}

func TestStore_Write_RefusedRows_AreDroppedOnceOthersAreTaken(t *testing.T) {
	t.Parallel()
	for name, refusal := range refusals {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, nil)
			b.write(t, batchOf(t, span{id: 1000}))
			if name == "another unique index" {
				b.write(t, batchOf(t, span{id: 1001, with: map[string]any{"http.status_code": 418}}))
			}
			b.Exec(t, refusal.sql)

			_, err := b.store.Write(t.Context(), batchOf(t, some(0, 100, 10)...))
			partial, stored := (*PartialError)(nil), Outcomes{Inserted: 90}
			if refusal.sqlstate == "22012" {
				require.NoError(t, err, "a value is at fault whatever comes after it")
				return
			}
			require.ErrorAs(t, err, &partial)
			require.ErrorContains(t, err, refusal.sqlstate)
			require.Equal(t, stored, partial.Stored)
			require.Equal(t, 10, partial.Rest.Len())

			_, err = b.store.Write(t.Context(), partial.Rest)
			require.ErrorContains(t, err, refusal.sqlstate, "nothing was taken since")
			b.write(t, batchOf(t, span{id: 2000}))
			require.Equal(t, Outcomes{Rejected: 10}, b.write(t, partial.Rest))
			b.store.Close()
			dropped := b.logs.FilterMessage("dropped lines that Postgres refuses").All()
			require.Len(t, dropped, 2)
			require.EqualValues(t, 1, dropped[0].ContextMap()["lines"])
			require.EqualValues(t, 9, dropped[1].ContextMap()["lines"])
			require.Len(t, dropped[1].ContextMap()["line_ids"], 9)
			require.Contains(t, fmt.Sprint(dropped[0].ContextMap()), refusal.sqlstate)
		})
	}
}

// slow delays what a connection sends, like a network.
type slow struct{ net.Conn }

func (c slow) Write(p []byte) (int, error) {
	<-time.After(time.Millisecond)
	return c.Conn.Write(p)
}

func TestStore_Write_ManyRefusedRows_AreFoundBesideOthers(t *testing.T) {
	t.Parallel()
	for name, refusal := range map[string]struct {
		sql      string
		rejected bool
		nth      int
	}{
		"check":       {"ALTER TABLE canonical_api_line ADD CONSTRAINT no_teapots CHECK (status <> 418)", true, 2},
		"trigger":     {onTeapot("RAISE 'short and stout';"), false, 2},
		"all of them": {onTeapot("RAISE 'short and stout';"), false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, nil)
			poolConfig, err := database.ParsePoolConfig(b.URL, 2)
			require.NoError(t, err)
			dial := poolConfig.ConnConfig.DialFunc
			poolConfig.ConnConfig.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
				conn, err := dial(ctx, network, addr)
				return slow{conn}, err
			}
			pool, err := pgxpool.NewWithConfig(t.Context(), poolConfig)
			require.NoError(t, err)
			t.Cleanup(pool.Close)
			b.store.pool = pool
			b.write(t, batchOf(t, span{id: 100_000}))
			b.Exec(t, refusal.sql)

			const lines = 10_000
			batch := batchOf(t, some(0, lines, refusal.nth)...)
			refused := lines / refusal.nth
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			stored, err := b.store.Write(ctx, batch)
			if partial := (*PartialError)(nil); !refusal.rejected && refused < lines {
				require.ErrorAs(t, err, &partial)
				require.Equal(t, refused, partial.Rest.Len())
				stored = partial.Stored
			} else if !refusal.rejected {
				require.ErrorContains(t, err, "SQLSTATE P0001")
			} else {
				require.NoError(t, err)
				require.Equal(t, refused, stored.Rejected)
			}
			require.Equal(t, lines-refused, stored.Inserted)
			require.EqualValues(t, lines-refused+1, b.count(t))
		})
	}
}

func TestStore_Write_ManyRowsThatCannotBeRead_KeepProgress(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.write(t, batchOf(t, span{id: 100_000}))
	var spans []span
	for i := range 200 {
		spans = append(spans, span{id: uint64(i), with: map[string]any{"user_agent.original": []string{"curl", "wget"}[i%2]}})
	}
	batch := batchOf(t, spans...)
	batch.Rows = []byte(strings.ReplaceAll(string(batch.Rows), "curl", "cu\x00l"))
	require.Equal(t, Outcomes{Inserted: 100, Rejected: 100}, b.write(t, batch))
	require.EqualValues(t, 100, pgtest.One[int64](t, b.Database, "SELECT count(*) FROM canonical_api_line WHERE user_agent = 'wget'"))
}
