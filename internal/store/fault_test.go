package store

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/database"
)

// delay makes every inserted row take 10 ms.
const delay = `
	CREATE FUNCTION delay() RETURNS trigger LANGUAGE plpgsql AS
		$$ BEGIN PERFORM pg_sleep(0.01); RETURN NEW; END $$;
	CREATE TRIGGER delay BEFORE INSERT ON canonical_api_line FOR EACH ROW EXECUTE FUNCTION delay()`

func TestStore_Write_FaultOutsideTheRows_CanBeRetried(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]struct{ begin, end, sqlstate string }{
		"privilege": {"REVOKE INSERT ON canonical_api_line FROM writer", "GRANT INSERT ON canonical_api_line TO writer", "42501"},
		"read-only": {
			"ALTER ROLE writer SET default_transaction_read_only = on", "ALTER ROLE writer RESET default_transaction_read_only", "25006",
		},
		"login":      {"ALTER ROLE writer NOLOGIN", "ALTER ROLE writer LOGIN", "28000"},
		"throttling": {"ALTER ROLE writer CONNECTION LIMIT 0", "ALTER ROLE writer CONNECTION LIMIT -1", "53300"},
		"time limit": {
			delay + "; ALTER ROLE writer SET statement_timeout = '1ms'",
			"DROP TRIGGER delay ON canonical_api_line; ALTER ROLE writer RESET statement_timeout", "57014",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, nil)
			b.write(t, batchOf(t, span{id: 1}))
			// Roles belong to the server, which other tests share.
			role := "writer_" + b.Name
			sql := func(text string) { b.Exec(t, strings.ReplaceAll(text, "writer", role)) }
			sql("CREATE ROLE writer LOGIN; GRANT ALL ON canonical_api_line TO writer")
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

			sql(fault.begin)
			_, err = b.store.Write(t.Context(), batchOf(t, span{id: 2}))
			require.ErrorContains(t, err, "SQLSTATE "+fault.sqlstate)
			require.EqualValues(t, 1, b.count(t))
			sql(fault.end)
			pool.Reset()
			require.Equal(t, Outcomes{Inserted: 1}, b.write(t, batchOf(t, span{id: 2})))
		})
	}
}

func TestStore_Write_CancelledCopy_LeavesThePoolUsable(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.write(t, batchOf(t, span{id: 1}))
	b.Exec(t, delay)
	spans := make([]span, 5000)
	for i := range spans {
		spans[i].id = uint64(i + 2)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := b.store.Write(ctx, batchOf(t, spans...))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	b.Exec(t, "DROP TRIGGER delay ON canonical_api_line")
	require.Equal(t, Outcomes{Inserted: 5000}, b.write(t, batchOf(t, spans...)))
}
