package database

import (
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/oteltest"
	"canonicallineexporter/internal/pgtest"
)

func TestConnection_Check_ErrorsQuoteNothing(t *testing.T) {
	t.Parallel()
	for _, connection := range []string{
		"postgres://user:hunter2@ss@db/lines", "mysql://hunter2", "hunter2", "postgres://user:hunter2@db:99999/lines",
		"postgres://user:hunter2@db:0/lines", "postgres://user:%zzhunter2@db/lines", "postgres://user:hunter2/@db/lines",
		"password=my hunter2=1", "password='hunter2", "postgres://db/lines?password=my&hunter2=1", "postgres://db/lines?hunter2",
		"postgres://db/lines?connect_timeout=hunter2", "postgres://db/lines?sslrootcert=/hunter2",
	} {
		err := Connection{URL: connection}.Check()["url"]
		require.Error(t, err, connection)
		require.NotContains(t, err.Error(), "hunter2")
		_, err = ParsePoolConfig(connection, 1)
		require.Error(t, err, connection)
		require.NotContains(t, err.Error(), "hunter2")
	}
	for _, connection := range []string{
		"postgres://user:p%23ss@h1:5432,h2:5433/lines?sslmode=require", "host=/tmp dbname=lines", "postgresql:///lines",
		"postgres://user:hunter2#@db/lines", "postgres://user@[::1]:5432,h2/lines", "postgres://%2Fvar%2Frun%2Fpostgresql/lines",
		"postgres://user@@abstract/lines", "host=@abstract", `host=h password = 'it\'s \\' sslmode=require`, "postgres://h/lines?ssl=true",
		"postgres://h/lines?options=endpoint%3Dfine-name&channel_binding=require&pgbouncer=true&synchronous_commit=off",
		"postgres://h/lines?TimeZone=UTC&tenant.id=7",
	} {
		require.NoError(t, Connection{URL: connection}.Check()["url"], connection)
		_, err := ParsePoolConfig(connection, 1)
		require.NoError(t, err, connection)
	}
}

func TestConnection_Check_FaultOfAnOption_IsNamed(t *testing.T) {
	t.Parallel()
	for parameter, want := range map[string]string{
		"sslmode=verfy-full":             "has a fault in sslmode: it must be one of disable, allow, prefer, require, verify-ca, verify-full",
		"connect_timeout=10s":            "has a fault in connect_timeout: it must be a whole number, without a unit",
		"sslrootcert=/nowhere/ca.pem":    "has a fault in sslrootcert: it names a file that cannot be read: no such file or directory",
		"port=0":                         "has a fault in port: it has to be between 1 and 65535",
		"target_session_attrs=read-only": "has a fault in target_session_attrs: it must be one of any, read-write, primary",
		"gssencmode=require":             "has a fault in gssencmode: it must be one of disable, prefer",
		"sslcrl=crl.pem":                 "sets sslcrl: certificate revocation lists are not supported",
		"requirepeer=postgres":           "sets requirepeer: the owner of the server is not checked",
		"schema=metrics":                 "sets schema: set `table` to schema.name",
		"pool_size=7":                    "has the unknown keyword pool_size: a setting of the server goes into options, as options=-c name=value",
	} {
		require.EqualError(t, Connection{URL: "postgres://db/lines?" + parameter}.Check()["url"], want)
	}
	require.EqualError(t, Connection{URL: "sslmode=1 sslcrl=x"}.Check()["url"],
		"sets sslcrl: certificate revocation lists are not supported\n"+
			"has a fault in sslmode: it must be one of disable, allow, prefer, require, verify-ca, verify-full", "every fault at once")
}

// documented holds the keywords of libpq 18, each with a value that is legal here.
var documented = map[string]string{
	"passfile": "/nowhere", "require_auth": "none", "channel_binding": "prefer", "connect_timeout": "3", "client_encoding": "auto",
	"options": "-c work_mem=1MB", "application_name": "lines", "fallback_application_name": "rows", "keepalives": "1",
	"keepalives_idle": "7", "keepalives_interval": "3", "keepalives_count": "2", "tcp_user_timeout": "3000", "replication": "false",
	"gssencmode": "prefer", "sslmode": "prefer", "sslnegotiation": "postgres", "sslcompression": "1", "sslcert": "", "sslkey": "",
	"sslpassword": "secret", "sslcertmode": "allow", "sslrootcert": "", "sslsni": "1", "ssl_min_protocol_version": "TLSv1.2",
	"ssl_max_protocol_version": "TLSv1.3", "min_protocol_version": "3.0", "max_protocol_version": "3.0", "krbsrvname": "postgres",
	"gsslib": "gssapi", "gssdelegation": "0", "target_session_attrs": "read-write", "load_balance_hosts": "random", "hostaddr": "127.0.0.1",
}

// open returns a pool of one connection.
func open(t *testing.T, connection string) *pgxpool.Pool {
	t.Helper()
	cfg, err := ParsePoolConfig(connection, 1)
	require.NoError(t, err, connection)
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return pool
}

func TestParsePoolConfig_DocumentedKeywords_Connect(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	for keyword, value := range documented {
		require.NoError(t, open(t, d.URL+"?"+keyword+"="+url.PathEscape(value)).Ping(t.Context()), keyword)
	}
	require.NoError(t, open(t, d.URL+"?pgbouncer=true&sslmode=disable").Ping(t.Context()))
	var name string
	pool := open(t, d.URL+"?fallback_application_name=rows")
	require.NoError(t, pool.QueryRow(t.Context(), "SHOW application_name").Scan(&name))
	require.Equal(t, "rows", name)
}

func TestParsePoolConfig_Sockets(t *testing.T) {
	t.Parallel()
	free, err := oteltest.FreePort()
	require.NoError(t, err)
	server, err := pgtest.Start("unix_socket_directories=@canonical-line-test-" + strconv.Itoa(free))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop()) })
	d := server.NewDatabase(t)
	var directory string
	require.NoError(t, d.Pool.QueryRow(t.Context(), "SHOW unix_socket_directories").Scan(&directory))
	for _, connection := range []string{
		"host=" + directory + " user=postgres dbname=" + d.Name + " port=" + strconv.Itoa(server.Port),
		"postgres://postgres@" + url.PathEscape(directory) + ":" + strconv.Itoa(server.Port) + "/" + d.Name,
	} {
		require.NoError(t, open(t, connection).Ping(t.Context()), connection)
	}

	shared := pgtest.New(t)
	require.NoError(t, shared.Pool.QueryRow(t.Context(), "SHOW unix_socket_directories").Scan(&directory))
	require.True(t, filepath.IsAbs(directory))
	sharedPort := strconv.Itoa(pgtest.Shared(t).Port)
	connection := "postgres://postgres@" + url.QueryEscape(directory) + ":" + sharedPort + "/" + shared.Name
	require.NoError(t, open(t, connection).Ping(t.Context()), connection)
	connection = "postgres://postgres@[::1]:1,127.0.0.1:" + sharedPort + "/" + shared.Name
	require.NoError(t, open(t, connection).Ping(t.Context()), connection)
	connection = "postgres://postgres@db.invalid:" + sharedPort + "/" + shared.Name + "?sslmode=disable&hostaddr=127.0.0.1"
	require.NoError(t, open(t, connection).Ping(t.Context()), connection)
}

func TestParsePoolConfig_ServiceFile_IsReadLikeTheURL(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	file := filepath.Join(t.TempDir(), "pg_service.conf")
	write := func(more string) string {
		require.NoError(t, os.WriteFile(file, []byte("[lines]\nhost=127.0.0.1\ndbname="+d.Name+"\nport="+
			strconv.Itoa(pgtest.Shared(t).Port)+"\nuser=postgres\n"+more), 0o600))
		return "service=lines servicefile=" + file
	}
	pool := open(t, write("gssencmode=prefer\nkeepalives_idle=7\nfallback_application_name=rows\nwork_mem=5MB\n"))
	var name, memory string
	require.NoError(t, pool.QueryRow(t.Context(),
		"SELECT current_setting('application_name'), current_setting('work_mem')").Scan(&name, &memory))
	require.Equal(t, []string{"rows", "5MB"}, []string{name, memory})
	_, err := ParsePoolConfig(write("sslcrl=crl.pem\n"), 1)
	require.EqualError(t, err, "`database::url` sets sslcrl: certificate revocation lists are not supported")
}
