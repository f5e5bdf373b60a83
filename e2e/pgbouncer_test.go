package e2e

import (
	"bufio"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/oteltest"
	"canonicallineexporter/internal/pgtest"
)

// As small a pool as there is, so that transactions of several connections take
// turns on one, and nothing that a session would keep is there the next time.
const pgbouncerConfig = `
[databases]
* = host=127.0.0.1 port=%s user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %s
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
max_client_conn = 100
`

// pgbouncer runs PgBouncer in transaction mode before the server of a database
// and returns the database's URL through it.
func pgbouncer(t *testing.T, d *pgtest.Database) string {
	t.Helper()
	direct, err := url.Parse(d.URL)
	require.NoError(t, err)
	program := "pgbouncer"
	if _, err := exec.LookPath(program); err != nil {
		program = "/usr/sbin/pgbouncer" // not in everybody's PATH
	}
	dir, err := os.MkdirTemp("", "pgbouncer") //nolint:usetesting // open to the user who runs PgBouncer
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	require.NoError(t, os.Chmod(dir, 0o755))
	free, err := oteltest.FreePort()
	require.NoError(t, err)
	port := strconv.Itoa(free)
	file := filepath.Join(dir, "pgbouncer.ini")
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, pgbouncerConfig, direct.Port(), port), 0o644))

	args := []string{file}
	if os.Geteuid() == 0 {
		args = append(args, "-u", "nobody") // it refuses to run as root
	}
	cmd := exec.Command(program, args...)
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start(), "PgBouncer has to be installed")
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	ready := make(chan struct{})
	go func() {
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			if strings.Contains(lines.Text(), "process up") {
				close(ready)
			}
		}
	}()
	select {
	case <-ready:
	case <-time.After(time.Minute):
		require.FailNow(t, "PgBouncer does not start")
	}
	direct.Host = "127.0.0.1:" + port
	return direct.String()
}

func TestCollector_PgBouncer_MayPoolByTransaction(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	s := settings{databaseURL: pgbouncer(t, d), flushTimeout: 10 * time.Millisecond}
	exports, spans := captures(t)
	// Two collectors create the table and its partitions and write the same lines.
	collectors := []collector{start(t, s), start(t, s)}
	for _, c := range collectors {
		deliver := overGRPC(t, c)
		for _, td := range exports {
			require.NoError(t, deliver(t.Context(), td))
		}
	}
	for _, c := range collectors {
		c.terminate(t)
	}
	require.Equal(t, spans, pgtest.One[int64](t, d, "SELECT count(*) FROM canonical_api_line"))
}
