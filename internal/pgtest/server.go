// Package pgtest gives every test its own database on a throwaway Postgres. The test process
// starts the server once, and it ends with the process.
//
// It needs only the Postgres programs. It takes those in the folder that the environment
// variable PGTEST_BINDIR names, otherwise those of pg_config, otherwise the newest in
// /usr/lib/postgresql or a similar folder.
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
	// Port is the port on 127.0.0.1. The superuser is postgres and has no password.
	Port    int
	dir     string
	binDir  string
	account *syscall.Credential
	// lifeline stays open until the process ends, however it ends; then the watchdog stops
	// the server. TestMain could not do that: goleak leaves it through os.Exit.
	lifeline *os.File
	settings []string
	// preload is a library that all the server's processes load; empty for none.
	preload string
}

// fast holds the settings of a server whose data need not survive a crash.
var fast = []string{"fsync=off", "synchronous_commit=off", "full_page_writes=off"}

var shared = sync.OnceValues(func() (*Server, error) { return Start(fast...) })

// Shared returns the server that all tests of the process share.
func Shared(t testing.TB) *Server {
	t.Helper()
	server, err := shared()
	if err != nil {
		t.Fatalf("start postgres: %v", err)
	}
	return server
}

// Start creates a cluster and starts a server with the settings, each as name=value. The
// server ends with the process or with Stop.
func Start(settings ...string) (*Server, error) { return StartIn("", settings...) }

// StartIn does the same as Start, with the cluster below parent instead of the folder for
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
	s, err := (&Server{binDir: binDir, account: account, settings: settings}).sibling(parent)
	if err != nil {
		return nil, err
	}
	initdb := s.command("initdb", "--pgdata", s.data(), "--username=postgres", "--auth=trust", "--encoding=UTF8",
		"--locale=C", "--no-sync", "--no-instructions")
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return s, s.serve()
}

// sibling returns a server like s that has a folder below parent and a port, but no cluster.
func (s *Server) sibling(parent string) (*Server, error) {
	// t.TempDir would not do: the path of a socket has to be short, and another user has to
	// be able to read the folder.
	dir, err := os.MkdirTemp(parent, "pgtest")
	if err != nil {
		return nil, err
	}
	if s.account != nil {
		if err := os.Chown(dir, int(s.account.Uid), int(s.account.Gid)); err != nil {
			return nil, err
		}
	}
	port, err := oteltest.FreePort()
	if err != nil {
		return nil, err
	}
	return &Server{Port: port, dir: dir, binDir: s.binDir, account: s.account, settings: s.settings}, nil
}

// watchdog runs the server until its standard input closes, then stops it and removes the
// directory. The inner shell reaps a server that is killed, which kill -0 would otherwise
// still find.
const watchdog = `
("$0" "$@" </dev/null >"$PGTEST_DIR/log" 2>&1; :) &
while read -r _; do :; done
pid=$(head -n 1 "$PGTEST_DIR/data/postmaster.pid" 2>/dev/null) || pid=
kill -INT $pid 2>/dev/null
while kill -0 $pid 2>/dev/null; do sleep 0.05; done
rm -rf "$PGTEST_DIR"
`

// serve starts the server and waits until it answers.
func (s *Server) serve() error {
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	defer read.Close()
	postgres := s.command("postgres", append([]string{"-D", s.data()}, s.options()...)...)
	run := slices.Concat([]string{"-c", watchdog, "env"}, s.environment(), postgres.Args)
	cmd := exec.Command("/bin/sh", run...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "PGTEST_DIR="+s.dir)
	cmd.Stdin = read
	// In its own process group, so that Ctrl-C reaches the tests and not the watchdog.
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.account, Setpgid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	s.lifeline = write
	return s.awaitReady()
}

// options returns the server's command-line options.
func (s *Server) options() []string {
	options := []string{"-k", s.dir, "-p", strconv.Itoa(s.Port)}
	for _, setting := range append([]string{"listen_addresses=127.0.0.1", "max_connections=200"}, s.settings...) {
		options = append(options, "-c", setting)
	}
	return options
}

// Kill kills the server, like a crash. Restart starts it again.
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

// Crash ends all of the server's processes at once and returns once they have.
func (s *Server) Crash() error {
	if out, err := s.command("pg_ctl", "stop", "-w", "-m", "immediate", "-D", s.data()).CombinedOutput(); err != nil {
		return fmt.Errorf("stop: %w\n%s", err, out)
	}
	return nil
}

// Restart stops the server if it still runs, and starts it again.
func (s *Server) Restart() error {
	options := strings.Join(s.options(), " ")
	log := filepath.Join(s.dir, "log")
	var out []byte
	var err error
	// The processes of a killed server take a moment to end.
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); runtime.Gosched() {
		restart := s.command("pg_ctl", "restart", "-w", "-m", "fast", "-D", s.data(), "-l", log, "-o", options)
		restart.Env = append(os.Environ(), s.environment()...)
		out, err = restart.CombinedOutput()
		if err == nil {
			return nil
		}
	}
	return fmt.Errorf("restart Postgres: %w\n%s", err, out)
}

// Stop stops the server and removes its data, in the background.
func (s *Server) Stop() error { return s.lifeline.Close() }

// cannotConnectNow is the SQLSTATE of a server that is starting or stopping.
const cannotConnectNow = "57P03"

// awaitReady waits until the server answers, even if it refuses the connection.
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

// command returns the command for a Postgres program, run by a user that it accepts.
func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.binDir, name), args...)
	cmd.Dir = s.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.account}
	return cmd
}

// Own makes the user that runs servers the owner of a file.
func Own(file string) error {
	account, err := unprivileged()
	if err != nil || account == nil {
		return err
	}
	return os.Chown(file, int(account.Uid), int(account.Gid))
}

// unprivileged returns the user that runs Postgres, which refuses to run as root. It returns
// nil if the tests do not run as root.
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

// findBinDir returns the folder of the Postgres programs.
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
