package database

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

func TestParsePoolConfig_RemoteHost_RequiresTLSUnlessSSLModeIsSet(t *testing.T) {
	t.Setenv("PGSSLMODE", "")
	for connection, plain := range map[string]bool{
		"postgres://u@db.example.com/lines":                        false,
		"host=db.example.com user=u":                               false,
		"postgres://u@localhost,db.example.com/lines":              true, // to localhost alone
		"postgres://u@db.example.com/lines?sslmode=prefer":         true,
		"host=db.example.com sslmode = disable":                    true,
		"postgres://u@127.0.0.1/lines":                             true,
		"postgres://u@[::1]/lines":                                 true,
		"host=/var/run/postgresql":                                 true,
		"postgres://u@db.example.com/lines?application_name=%3Dxy": false,
	} {
		cfg, err := ParsePoolConfig(connection, 4)
		require.NoError(t, err, connection)
		found := cfg.ConnConfig.TLSConfig == nil
		for _, fallback := range cfg.ConnConfig.Fallbacks {
			found = found || fallback.TLSConfig == nil
			require.False(t, fallback.TLSConfig == nil && fallback.Host == "db.example.com" && !strings.Contains(connection, "sslmode"))
		}
		require.Equal(t, plain, found, connection)
	}
}

func TestParsePoolConfig_PGSSLMODE_CanDisableTLS(t *testing.T) {
	t.Setenv("PGSSLMODE", "disable")
	cfg, err := ParsePoolConfig("postgres://u@db.example.com/lines", 4)
	require.NoError(t, err)
	require.Nil(t, cfg.ConnConfig.TLSConfig)
}

func TestParsePoolConfig_SuitsPgBouncer(t *testing.T) {
	t.Parallel()
	cfg, err := ParsePoolConfig("postgres://u@127.0.0.1/lines", 7)
	require.NoError(t, err)
	require.Equal(t, pgx.QueryExecModeExec, cfg.ConnConfig.DefaultQueryExecMode)
	require.Zero(t, cfg.ConnConfig.StatementCacheCapacity)
	require.EqualValues(t, 7, cfg.MaxConns)
	require.Equal(t, "canonical_line", cfg.ConnConfig.RuntimeParams["application_name"])
}
