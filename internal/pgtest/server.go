// Package pgtest gives every test a database of its own on a throwaway Postgres
// that the test process starts once and that dies with it.
//
// It needs the Postgres binaries alone: those of the PGTEST_BINDIR environment
// variable, else of pg_config, else of the newest /usr/lib/postgresql.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"canonicallineexporter/internal/oteltest"
)

// Server is a running Postgres.
type Server struct {
	// Port on 127.0.0.1; the superuser is postgres, without a password.
	Port    int
	dir     string
	binDir  string
	account *syscall.Credential
	// lifeline is held open until the process ends: the watchdog stops the
	// server when it closes, however the process goes. TestMain could not: goleak
	// leaves it through os.Exit.
	lifeline *os.File
	settings []string
}

// fast are the settings of a server whose data nobody will miss.
var fast = []string{"fsync=off", "synchronous_commit=off", "full_page_writes=off"}

var shared = sync.OnceValues(func() (*Server, error) { return Start(fast...) })

// Shared is the process's own server.
func Shared(t testing.TB) *Server {
	t.Helper()
	server, err := shared()
	if err != nil {
		t.Fatalf("start postgres: %v", err)
	}
	return server
}

// Start makes a cluster and serves it with these settings, each as name=value. It
// ends with the process or with Stop.
func Start(settings ...string) (*Server, error) { return StartIn("", settings...) }

// StartIn is Start with the cluster below this folder, not below that for
// temporary files.
func StartIn(parent string, settings ...string) (*Server, error) {
	binDir, err := findBinDir()
	if err != nil {
		return nil, err
	}
	account, err := unprivileged()
	if err != nil {
		return nil, err
	}
	// Not under the default temporary directory of a test: sockets have short
	// names, and the directory has to be open to another user.
	dir, err := os.MkdirTemp(parent, "pgtest")
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, binDir: binDir, account: account, settings: settings}
	if account != nil {
		if err := os.Chown(dir, int(account.Uid), int(account.Gid)); err != nil {
			return nil, err
		}
	}
	if s.Port, err = oteltest.FreePort(); err != nil {
		return nil, err
	}
	initdb := s.command("initdb", "--pgdata", s.data(), "--username=postgres", "--auth=trust", "--encoding=UTF8",
		"--locale=C", "--no-sync", "--no-instructions")
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return s, s.serve()
}

// watchdog runs the server until its standard input closes, then stops it and
// removes the directory. The inner shell waits for a server that is killed, which would not be gone
// before.
const watchdog = `
("$0" "$@" </dev/null >"$PGTEST_DIR/log" 2>&1; :) &
while read -r _; do :; done
pid=$(head -n 1 "$PGTEST_DIR/data/postmaster.pid" 2>/dev/null) || pid=
kill -INT $pid 2>/dev/null
while kill -0 $pid 2>/dev/null; do sleep 0.05; done
rm -rf "$PGTEST_DIR"
`

func (s *Server) serve() error {
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	defer read.Close()
	postgres := s.command("postgres", append([]string{"-D", s.data()}, s.options()...)...)
	cmd := exec.Command("/bin/sh", append([]string{"-c", watchdog}, postgres.Args...)...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "PGTEST_DIR="+s.dir)
	cmd.Stdin = read
	// A group of its own, so that Ctrl-C reaches the tests and not the watchdog.
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.account, Setpgid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	s.lifeline = write
	return s.awaitReady()
}

// options are the server's own.
func (s *Server) options() []string {
	options := []string{"-k", s.dir, "-p", strconv.Itoa(s.Port)}
	for _, setting := range append([]string{"listen_addresses=127.0.0.1", "max_connections=200"}, s.settings...) {
		options = append(options, "-c", setting)
	}
	return options
}

// Kill ends the server at once, as a crash would. Restart starts it again.
func (s *Server) Kill() error {
	pid, err := os.ReadFile(filepath.Join(s.data(), "postmaster.pid"))
	if err != nil {
		return fmt.Errorf("find the server: %w", err)
	}
	first, _, _ := strings.Cut(string(pid), "\n")
	n, err := strconv.Atoi(first)
	if err != nil {
		return fmt.Errorf("find the server: %w", err)
	}
	return syscall.Kill(n, syscall.SIGKILL)
}

// Restart starts the server again, after it has been stopped if it still runs.
func (s *Server) Restart() error {
	options := strings.Join(s.options(), " ")
	log := filepath.Join(s.dir, "log")
	var out []byte
	var err error
	// The processes of one that was killed take a moment to notice.
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); runtime.Gosched() {
		out, err = s.command("pg_ctl", "restart", "-w", "-m", "fast", "-D", s.data(), "-l", log, "-o", options).CombinedOutput()
		if err == nil {
			return nil
		}
	}
	return fmt.Errorf("restart Postgres: %w\n%s", err, out)
}

// Stop ends the server and removes its data, in the background.
func (s *Server) Stop() error { return s.lifeline.Close() }

// cannotConnectNow is the SQLSTATE of a server that is starting or stopping.
const cannotConnectNow = "57P03"

// awaitReady asks the server until it answers, if only to refuse the connection.
func (s *Server) awaitReady() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		conn, err := pgconn.Connect(ctx, s.URL("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		if refused := (*pgconn.PgError)(nil); errors.As(err, &refused) && refused.Code != cannotConnectNow {
			return nil
		}
		select {
		case <-ctx.Done():
			log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			return fmt.Errorf("postgres does not answer:\n%s", log)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// command is one of Postgres' programs, run by a user that it accepts.
func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.binDir, name), args...)
	cmd.Dir = s.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.account}
	return cmd
}

// Own gives a file to the user that runs servers.
func Own(file string) error {
	account, err := unprivileged()
	if err != nil || account == nil {
		return err
	}
	return os.Chown(file, int(account.Uid), int(account.Gid))
}

// unprivileged is the user that runs Postgres when the tests run as root, as
// which it refuses to start; nil otherwise.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		account, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(account.Uid, 10, 32)
		if err != nil {
			return nil, err
		}
		gid, err := strconv.ParseUint(account.Gid, 10, 32)
		if err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("postgres does not run as root, and there is neither a user postgres nor nobody")
}

func findBinDir() (string, error) {
	candidates := []string{os.Getenv("PGTEST_BINDIR")}
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		candidates = append(candidates, strings.TrimSpace(string(out)))
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin",
		"/usr/local/opt/postgresql@*/bin", "/usr/local/pgsql/bin",
	} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return "", err
		}
		slices.Reverse(found)
		candidates = append(candidates, found...)
	}
	for _, dir := range candidates {
		if dir == "" {
			continue
		}
		if _, err := os.Stat(filepath.Join(dir, "initdb")); err == nil {
			return dir, nil
		}
	}
	return "", errors.New("no Postgres server found: install one (Debian: apt-get install postgresql) " +
		"or name its programs' folder in PGTEST_BINDIR")
}
