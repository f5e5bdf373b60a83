package database

import (
	"context"
	"errors"
	"fmt"
	"strings"
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

// raising is a table whose constraints and trigger refuse what holds a secret.
const raising = `
CREATE TABLE lines (id int PRIMARY KEY, positive int CHECK (positive > 0), secret text NOT NULL, amount int);
INSERT INTO lines VALUES (1, 1, 'stored', 1);
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.secret LIKE 'plain%' THEN
        RAISE 'no %', NEW.secret;
    ELSIF NEW.secret LIKE 'check%' THEN
        RAISE 'no %', NEW.secret USING ERRCODE = 'check_violation';
    ELSIF NEW.secret LIKE 'own%' THEN
        RAISE 'no %', NEW.secret USING ERRCODE = 'XX123';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER refuse BEFORE INSERT ON lines FOR EACH ROW EXECUTE FUNCTION refuse()`

func TestRedact_RealErrors_ShowNoValue(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	d.Exec(t, raising)
	for values, want := range map[string]string{
		"(2, 2, 'plain hunter2', 2)":   "refused by a function of the database, SQLSTATE P0001",
		"(2, 2, 'check hunter2', 2)":   "refused by a function of the database, SQLSTATE 23514",
		"(2, 2, 'own hunter2', 2)":     "refused by a function of the database, SQLSTATE XX123",
		"(2, 2, 'x', 'hunter2')":       "row refused, SQLSTATE 22P02",
		"(1, 2, 'hunter2', 2)":         `duplicate key value violates unique constraint "lines_pkey", SQLSTATE 23505, constraint lines_pkey`,
		"(2, -2, 'hunter2', 2)":        `new row for relation "lines" violates check constraint "lines_positive_check", SQLSTATE 23514, constraint lines_positive_check`,
		"(1987654, 2, NULL, 1987654)":  `null value in column "secret" of relation "lines" violates not-null constraint, SQLSTATE 23502, column secret`,
		"(2, 2, 'hunter2', 1) RETURN0": `syntax error at or near "RETURN0", SQLSTATE 42601`,
	} {
		_, err := d.Pool.Exec(t.Context(), "INSERT INTO lines VALUES "+values)
		require.EqualError(t, Redact(err), want)
		joined := Redact(fmt.Errorf("write: %w", errors.Join(errors.New("first"), err, fmt.Errorf("%w: %w", err, err)))).Error()
		require.NotRegexp(t, "hunter2|1987654", joined)
		require.Contains(t, joined, "write: first; ")
	}
}

func TestRedact_RefusedConnection_ShowsNeitherUserNorHost(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	for connection, want := range map[string]string{
		strings.Replace(d.URL, "postgres@", "alice@", 1): "cannot connect to the database: the login is refused, SQLSTATE 28000",
		d.URL + "_missing":                                     "cannot connect to the database: the database does not exist, SQLSTATE 3D000",
		d.URL + "?statement_timeout=30alice":                   `cannot connect to the database: the server refuses the parameter "statement_timeout", SQLSTATE 22023`,
		d.URL + "?options=-calice.b%3D1%20-cnonesuch%3Dalice":  `cannot connect to the database: the server refuses the parameter "nonesuch", SQLSTATE 42704`,
		"postgres://alice@127.0.0.1:1/lines":                   "cannot connect to the database: connection refused",
		"postgres://alice@alice.invalid/lines?sslmode=disable": "cannot connect to the database: no such host",
	} {
		err := open(t, connection).Ping(t.Context())
		text := Redact(err).Error()
		require.Equal(t, want, text)
		require.NotContains(t, text, "alice")
		require.Equal(t, Wait, PolicyOf(err, func(string) bool { return true }), "no row is at fault")
	}
}

func TestRedact_AnswerWithoutSQLSTATE_IsNoPanic(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"", "2"} {
		err := &pgconn.PgError{Message: "no more connections", Code: code}
		require.ErrorContains(t, Redact(err), "no more connections")
		require.Equal(t, Wait, PolicyOf(err, func(string) bool { return true }))
	}
}
