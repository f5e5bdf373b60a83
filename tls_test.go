package canonicallineexporter

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componentstatus"

	"canonicallineexporter/internal/database"
	"canonicallineexporter/internal/pgtest"
)

// authority is a private CA.
type authority struct {
	dir         string
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// newAuthority makes a CA whose certificate is the file ca.pem in dir.
func newAuthority(t *testing.T, dir string) *authority {
	t.Helper()
	a := &authority{dir: dir}
	a.certificate, a.key = a.sign(t, "ca", &x509.Certificate{
		Subject: pkix.Name{CommonName: "private CA"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	})
	return a
}

// sign writes a certificate and its key as name.pem and name.key. Without a CA
// of its own yet, the certificate signs itself.
func (a *authority) sign(t *testing.T, name string, template *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, parentKey := a.certificate, a.key
	if parent == nil {
		parent, parentKey = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), parentKey)
	require.NoError(t, err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(a.dir, name+".pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(a.dir, name+".key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}), 0o600))
	certificate, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return certificate, key
}

// Only who shows a certificate of the CA gets in as this user.
const secured = `
local   all all                   trust
hostssl all postgres 127.0.0.1/32 trust
hostssl all secured  127.0.0.1/32 cert
hostssl all guarded  127.0.0.1/32 scram-sha-256
`

// secure starts a server that has a certificate of a new authority in a folder of its own,
// and the roles of secured.
func secure(t *testing.T) (ca *authority, server *pgtest.Server) {
	t.Helper()
	dir, err := os.MkdirTemp("", "tls") //nolint:usetesting // open to the user who runs Postgres, unlike t.TempDir
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	require.NoError(t, os.Chmod(dir, 0o755))
	ca = newAuthority(t, dir)
	ca.signBothSides(t)
	hba := filepath.Join(dir, "pg_hba.conf")
	require.NoError(t, os.WriteFile(hba, []byte(secured), 0o644))
	server, err = pgtest.Start("ssl=on", "hba_file="+hba, "ssl_ca_file="+filepath.Join(dir, "ca.pem"),
		"ssl_cert_file="+filepath.Join(dir, "server.pem"), "ssl_key_file="+filepath.Join(dir, "server.key"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop()) })
	return ca, server
}

// signBothSides writes certificates of the server and of the user secured.
func (a *authority) signBothSides(t *testing.T) {
	t.Helper()
	a.sign(t, "server", &x509.Certificate{DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}})
	a.sign(t, "client", &x509.Certificate{
		Subject: pkix.Name{CommonName: "secured"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	require.NoError(t, pgtest.Own(filepath.Join(a.dir, "server.key")))
}

// url returns the URL of a database for a user who trusts the authority.
func (a *authority) url(user string, server *pgtest.Server, database string, parameters url.Values) string {
	parameters.Set("sslmode", "verify-full")
	parameters.Set("sslrootcert", filepath.Join(a.dir, "ca.pem"))
	return fmt.Sprintf("postgres://%s@localhost:%d/%s?%s", user, server.Port, database, parameters.Encode())
}

func TestExporter_RotatedSecrets_AreReadAnew(t *testing.T) {
	t.Parallel()
	ca, server := secure(t)
	d := server.NewDatabase(t)
	d.Exec(t, "CREATE ROLE secured LOGIN; CREATE ROLE guarded LOGIN PASSWORD 'first'")
	passfile, passwordFile := filepath.Join(ca.dir, "passfile"), filepath.Join(ca.dir, "password")
	writePassword := func(password string) {
		require.NoError(t, os.WriteFile(passfile, []byte("*:*:*:*:"+password+"\n"), 0o600))
		require.NoError(t, os.WriteFile(passwordFile, []byte(password+"\n"), 0o600))
	}
	writePassword("first")
	open := func(connection database.Connection) *pgxpool.Pool {
		cfg, err := connection.PoolConfig(1)
		require.NoError(t, err)
		pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
		require.NoError(t, err)
		t.Cleanup(pool.Close)
		require.NoError(t, pool.Ping(t.Context()))
		return pool
	}
	byPassword := []*pgxpool.Pool{
		open(database.Connection{URL: ca.url("guarded", server, d.Name, url.Values{"passfile": {passfile}})}),
		open(database.Connection{URL: ca.url("guarded", server, d.Name, url.Values{}), PasswordFile: passwordFile}),
	}
	byCertificate := open(database.Connection{URL: ca.url("secured", server, d.Name, url.Values{
		"sslcert": {filepath.Join(ca.dir, "client.pem")}, "sslkey": {filepath.Join(ca.dir, "client.key")},
	})})

	d.Exec(t, "ALTER ROLE guarded PASSWORD 'second'")
	for _, pool := range byPassword {
		pool.Reset()
		require.Equal(t, "28P01", database.SQLSTATE(pool.Ping(t.Context())))
	}
	writePassword("second")
	for _, pool := range byPassword {
		require.NoError(t, pool.Ping(t.Context()))
	}

	newAuthority(t, ca.dir).signBothSides(t)
	d.Exec(t, "SELECT pg_reload_conf()")
	require.Eventually(t, func() bool {
		byCertificate.Reset()
		return byCertificate.Ping(t.Context()) == nil
	}, time.Minute, 10*time.Millisecond, "the server reads its files again")
	for _, pool := range byPassword {
		pool.Reset()
		require.NoError(t, pool.Ping(t.Context()), "the new CA vouches for the server")
	}

	require.NoError(t, os.Remove(filepath.Join(ca.dir, "client.key")))
	byCertificate.Reset()
	require.ErrorContains(t, byCertificate.Ping(t.Context()), "a fault in sslkey: it names a file that cannot be read")
}

func TestExporter_TLS_VerifiesBothSides(t *testing.T) {
	t.Parallel()
	ca, server := secure(t)
	stranger := newAuthority(t, t.TempDir())
	d := server.NewDatabase(t)
	d.Exec(t, "CREATE ROLE secured LOGIN; GRANT ALL ON SCHEMA public TO secured; GRANT CREATE ON DATABASE "+d.Name+" TO secured")

	certificate := url.Values{"sslcert": {filepath.Join(ca.dir, "client.pem")}, "sslkey": {filepath.Join(ca.dir, "client.key")}}
	for name, refused := range map[string]string{
		"a CA that nobody knows":       stranger.url("secured", server, d.Name, certificate),
		"a client without certificate": ca.url("secured", server, d.Name, url.Values{}),
	} {
		b := setup(t, refused, func(cfg *Config) { cfg.QueueConfig.Get().Batch.Get().FlushTimeout = time.Millisecond })
		require.NoError(t, b.ConsumeTraces(t.Context(), requests(0, 1)), name)
		b.host.await(t, componentstatus.StatusRecoverableError)
	}
	require.False(t, pgtest.One[bool](t, d, "SELECT to_regclass('canonical_api_line') IS NOT NULL"))

	b := setup(t, ca.url("secured", server, d.Name, certificate), nil)
	require.NoError(t, b.ConsumeTraces(t.Context(), requests(0, 3)))
	b.flush(t)
	require.EqualValues(t, 3, lines(t, d))
}
