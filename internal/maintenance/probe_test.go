package maintenance

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/database"
	"canonicallineexporter/internal/pgtest"
	"canonicallineexporter/internal/table"
)

// probed returns what a probe reports first.
func probed(t *testing.T, url string, createSchema bool) (answered bool, err error) {
	t.Helper()
	poolConfig, err := database.ParsePoolConfig(url, 2)
	require.NoError(t, err)
	pool, err := pgxpool.NewWithConfig(t.Context(), poolConfig)
	require.NoError(t, err)
	defer pool.Close()
	ctx, stop := context.WithCancel(t.Context())
	probe := Probe{
		Pool: pool, Table: table.Name{Name: "canonical_api_line"}, CreateSchema: createSchema,
		Report: func(up bool, failed error) { answered, err = up, failed; stop() },
	}
	probe.Run(ctx)
	return answered, err
}

func TestProbe_NamesWhatTheRoleLacks(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		statements   string
		createSchema bool
		want         string
	}{
		"no table":                  {"DROP TABLE canonical_api_line", true, ""},
		"a writer":                  {"GRANT SELECT, INSERT, UPDATE ON canonical_api_line TO the_role", false, ""},
		"columns only":              {"GRANT SELECT, INSERT (id, created_at), UPDATE (id) ON canonical_api_line TO the_role", false, ""},
		"an owner":                  {"ALTER TABLE canonical_api_line OWNER TO the_role", true, ""},
		"a table without partition": {"DROP TABLE canonical_api_line; CREATE TABLE canonical_api_line (id uuid); GRANT ALL ON canonical_api_line TO the_role", true, ""},
		"no INSERT":                 {"GRANT SELECT, UPDATE ON canonical_api_line TO the_role", false, "the role lacks INSERT on the table"},
		"nothing at all":            {"", false, "the role lacks INSERT, SELECT, UPDATE on the table"},
		"no TEMPORARY": {
			"GRANT ALL ON canonical_api_line TO the_role; REVOKE TEMPORARY ON DATABASE the_database FROM PUBLIC", false,
			"the role lacks TEMPORARY on the database, so lines that are stored already wait when they come again",
		},
		"a writer that shall maintain": {
			"GRANT SELECT, INSERT, UPDATE ON canonical_api_line TO the_role", true,
			"the role does not own the table and cannot maintain its partitions, which database::create_schema asks for",
		},
		"read-only": {
			"ALTER ROLE the_role SET default_transaction_read_only = on", false, "the database is read-only",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := pgtest.New(t)
			role := d.Name + "_role"
			d.Exec(t, "CREATE ROLE "+role+" LOGIN")
			t.Cleanup(func() {
				_, err := d.Pool.Exec(context.WithoutCancel(t.Context()), "DROP OWNED BY "+role+"; DROP ROLE "+role)
				require.NoError(t, err)
			})
			d.Exec(t, "CREATE TABLE canonical_api_line (id uuid, created_at timestamptz) PARTITION BY RANGE (created_at)")
			d.Exec(t, strings.NewReplacer("the_role", role, "the_database", d.Name).Replace(tt.statements))

			answered, err := probed(t, strings.Replace(d.URL, "//postgres@", "//"+role+"@", 1), tt.createSchema)
			require.True(t, answered)
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, tt.want)
		})
	}
}

func TestProbe_NobodyAnswers(t *testing.T) {
	t.Parallel()
	answered, err := probed(t, "postgres://alice:hunter2@127.0.0.1:1/lines", true)
	require.False(t, answered)
	require.ErrorContains(t, err, "connection refused")
	require.NotContains(t, err.Error(), "hunter2")
}

// A probe that finds no free connection leaves the word to the writes that have them all.
func TestProbe_AllConnectionsBusy_SaysNothing(t *testing.T) {
	t.Parallel()
	poolConfig, err := database.ParsePoolConfig(pgtest.New(t).URL, 1)
	require.NoError(t, err)
	pool, err := pgxpool.NewWithConfig(t.Context(), poolConfig)
	require.NoError(t, err)
	defer pool.Close()
	conn, err := pool.Acquire(t.Context())
	require.NoError(t, err)

	reported := make(chan error, 1)
	ctx, stop := context.WithCancel(t.Context())
	probe := Probe{Pool: pool, Table: table.Name{Name: "canonical_api_line"}, Report: func(_ bool, err error) {
		reported <- err
		stop()
	}}
	began := time.Now()
	go probe.Run(ctx)
	time.AfterFunc(probeTimeout+probeAgain/2, conn.Release)
	require.NoError(t, <-reported)
	require.Greater(t, time.Since(began), probeTimeout)
}
