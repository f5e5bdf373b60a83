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

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componentstatus"

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
`

func TestExporter_TLS_VerifiesBothSides(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "tls") //nolint:usetesting // open to the user who runs Postgres, unlike t.TempDir
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	require.NoError(t, os.Chmod(dir, 0o755))
	ca := newAuthority(t, dir)
	ca.sign(t, "server", &x509.Certificate{DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}})
	ca.sign(t, "client", &x509.Certificate{
		Subject: pkix.Name{CommonName: "secured"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	stranger := newAuthority(t, t.TempDir())
	hba := filepath.Join(dir, "pg_hba.conf")
	require.NoError(t, os.WriteFile(hba, []byte(secured), 0o644))
	require.NoError(t, pgtest.Own(filepath.Join(dir, "server.key")))

	server, err := pgtest.Start("ssl=on", "hba_file="+hba, "ssl_ca_file="+filepath.Join(dir, "ca.pem"),
		"ssl_cert_file="+filepath.Join(dir, "server.pem"), "ssl_key_file="+filepath.Join(dir, "server.key"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop()) })
	d := server.NewDatabase(t)
	d.Exec(t, "CREATE ROLE secured LOGIN; GRANT ALL ON SCHEMA public TO secured; GRANT CREATE ON DATABASE "+d.Name+" TO secured")

	connect := func(rootDir string, withCertificate bool) string {
		parameters := url.Values{"sslmode": {"verify-full"}, "sslrootcert": {filepath.Join(rootDir, "ca.pem")}}
		if withCertificate {
			parameters.Set("sslcert", filepath.Join(dir, "client.pem"))
			parameters.Set("sslkey", filepath.Join(dir, "client.key"))
		}
		return fmt.Sprintf("postgres://secured@localhost:%d/%s?%s", server.Port, d.Name, parameters.Encode())
	}
	for name, refused := range map[string]string{
		"a CA that nobody knows":       connect(stranger.dir, true),
		"a client without certificate": connect(dir, false),
	} {
		b := setup(t, refused, func(cfg *Config) { cfg.QueueConfig.Get().Batch.Get().FlushTimeout = time.Millisecond })
		require.NoError(t, b.ConsumeTraces(t.Context(), requests(0, 1)), name)
		b.host.await(t, componentstatus.StatusRecoverableError)
	}
	require.False(t, pgtest.One[bool](t, d, "SELECT to_regclass('canonical_api_line') IS NOT NULL"))

	b := setup(t, connect(dir, true), nil)
	require.NoError(t, b.ConsumeTraces(t.Context(), requests(0, 3)))
	b.flush(t)
	require.EqualValues(t, 3, lines(t, d))
}
