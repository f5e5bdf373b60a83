package database

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/pgtest"
)

func TestRedact_RowError_ShowsNoValue(t *testing.T) {
	t.Parallel()
	err := Redact(&pgconn.PgError{
		Code: "22P02", Message: `invalid input syntax for type uuid: "secret"`, Detail: "Failing row contains (secret).",
		Hint: "secret", Where: "COPY lines, line 1: secret", ColumnName: "account_id",
	})
	require.EqualError(t, err, "row refused, SQLSTATE 22P02, column account_id")
}

func TestRedact_ServerError_KeepsTheMessage(t *testing.T) {
	t.Parallel()
	err := Redact(fmt.Errorf("copy rows: %w", &pgconn.PgError{
		Severity: "ERROR", Code: "53100", Message: "could not extend file: No space left on device",
	}))
	require.EqualError(t, err, "copy rows: could not extend file: No space left on device, SQLSTATE 53100")
	require.NoError(t, Redact(nil))
	require.ErrorIs(t, Redact(context.DeadlineExceeded), context.DeadlineExceeded)
}

func TestRedact_ConnectError_ShowsNoConnectionString(t *testing.T) {
	t.Parallel()
	connect := func(url string) string {
		cfg, err := ParsePoolConfig(url, 1)
		require.NoError(t, err)
		pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
		require.NoError(t, err)
		defer pool.Close()
		return Redact(pool.Ping(t.Context())).Error()
	}
	refused := connect("postgres://alice:hunter2@127.0.0.1:1/ledger")
	require.Contains(t, refused, "connection refused")
	require.NotRegexp(t, "hunter2|alice|ledger", refused)

	unknown := connect(pgtest.New(t).URL + "_missing")
	require.Contains(t, unknown, "SQLSTATE 3D000")
	require.Contains(t, unknown, "does not exist")
}
