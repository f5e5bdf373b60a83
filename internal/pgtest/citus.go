package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

// Cluster is a Citus of several servers.
type Cluster struct {
	// Coordinator takes the connections of clients. Without workers it holds the shards.
	Coordinator *Server
	Workers     []*Server
}

// settingsOfCitus are those of every node. Each database has a process of its own beside those of
// its clients. Two shards for each worker show what many do, and take less time to make.
var settingsOfCitus = []string{
	"shared_preload_libraries=citus", "max_worker_processes=128", "wal_level=logical", "citus.shard_count=4",
	"citus.node_conninfo=sslmode=disable",
}

// citusTemplate is the database that those of tests are copied from: a cluster already.
const citusTemplate = "citus_template"

var citus = sync.OnceValues(func() (*Cluster, error) { return StartCitus(2, fast...) })

// Citus returns a coordinator with two workers that all tests of the process share. It skips the
// test where Citus is not installed.
func Citus(t testing.TB) *Cluster {
	t.Helper()
	RequireCitus(t)
	cluster, err := citus()
	if err != nil {
		t.Fatalf("start citus: %v", err)
	}
	return cluster
}

// RequireCitus skips the test unless the environment variable PGTEST_CITUS is set, and where Citus is
// not installed: only some Postgres servers have it, and make test has to pass without.
func RequireCitus(t testing.TB) {
	t.Helper()
	if os.Getenv("PGTEST_CITUS") == "" {
		t.Skip("make test-citus runs this on Citus")
	}
	if !citusInstalled() {
		t.Skip("Citus is not installed for the Postgres of PGTEST_BINDIR or pg_config: docs/scaling.md says how to get it")
	}
}

// citusInstalled reports whether the server's programs find the library of Citus.
func citusInstalled() bool {
	binDir, err := findBinDir()
	if err != nil {
		return false
	}
	lib, err := exec.Command(filepath.Join(binDir, "pg_config"), "--pkglibdir").Output()
	if err != nil {
		return false
	}
	_, err = os.Stat(filepath.Join(strings.TrimSpace(string(lib)), "citus.so"))
	return err == nil
}

// OnCitus says that New returns databases on Citus, so that tests written for one server hold for
// several.
var OnCitus = os.Getenv("PGTEST_CITUS") == "all"

// StartCitus starts a Citus with the number of workers; with none, the coordinator holds the shards.
func StartCitus(workers int, settings ...string) (*Cluster, error) {
	nodes := make([]*Server, workers+1)
	var group errgroup.Group
	for i := range nodes {
		group.Go(func() (err error) {
			nodes[i], err = Start(append(settings, settingsOfCitus...)...)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	c := &Cluster{Coordinator: nodes[0], Workers: nodes[1:]}
	return c, c.makeTemplate()
}

// Stop stops all servers of the cluster and removes their data, in the background.
func (c *Cluster) Stop() error {
	var err error
	for _, node := range c.nodes() {
		err = errors.Join(err, node.Stop())
	}
	return err
}

// nodes lists the servers of the cluster.
func (c *Cluster) nodes() []*Server { return append([]*Server{c.Coordinator}, c.Workers...) }

// makeTemplate makes the databases that those of tests are copied from. Nobody may connect to
// them, so that they can be copied.
func (c *Cluster) makeTemplate() error {
	for _, node := range c.nodes() {
		if err := node.run("postgres", "CREATE DATABASE "+citusTemplate); err != nil {
			return err
		}
		if err := node.run(citusTemplate, "CREATE EXTENSION citus"); err != nil {
			return err
		}
	}
	join := []string{fmt.Sprintf("SELECT citus_set_coordinator_host('127.0.0.1', %d)", c.Coordinator.Port)}
	for _, worker := range c.Workers {
		join = append(join, fmt.Sprintf("SELECT citus_add_node('127.0.0.1', %d)", worker.Port))
	}
	if len(c.Workers) == 0 {
		join = append(join, fmt.Sprintf("SELECT citus_set_node_property('127.0.0.1', %d, 'shouldhaveshards', true)", c.Coordinator.Port))
	}
	if err := c.Coordinator.run(citusTemplate, strings.Join(join, "; ")); err != nil {
		return err
	}
	for _, node := range c.nodes() {
		// The backends that are terminated take a moment to end.
		close := `ALTER DATABASE ` + citusTemplate + ` ALLOW_CONNECTIONS false;
			DO $$ BEGIN
				WHILE EXISTS (SELECT FROM pg_stat_activity WHERE datname = '` + citusTemplate + `') LOOP
					PERFORM pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE datname = '` + citusTemplate + `';
					PERFORM pg_stat_clear_snapshot();
				END LOOP;
			END $$`
		if err := node.run("postgres", close); err != nil {
			return err
		}
	}
	return nil
}

// NewDatabase returns a database of the cluster, which is on all nodes. It is dropped after the
// test.
func (c *Cluster) NewDatabase(t testing.TB) *Database {
	t.Helper()
	return newDatabase(t, &Database{Cluster: c, server: c.Coordinator})
}

// Nodes returns a database on servers of its own, whose commits are on disk: on a Citus of so many
// nodes, of which all but the only one are workers of a coordinator, or without Citus on one server if
// there are 0.
func Nodes(t testing.TB, n int) *Database {
	t.Helper()
	RequireCitus(t)
	if n == 0 {
		server, err := Start()
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, server.Stop()) })
		return server.NewDatabase(t)
	}
	cluster, err := StartCitus(n - 1)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, cluster.Stop()) })
	return cluster.NewDatabase(t)
}

// run runs statements in a database.
func (s *Server) run(database, sql string) error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, s.URL(database))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, sql)
	return err
}

// OnWorker returns a pool that connects to the database on a worker, counted from 0.
func (d *Database) OnWorker(t testing.TB, n int) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), d.Cluster.Workers[n].URL(d.Name))
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return pool
}

// HasCitus reports whether the database of a pool is on Citus.
func HasCitus(t testing.TB, pool *pgxpool.Pool) (ok bool) {
	t.Helper()
	require.NoError(t, pool.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')").Scan(&ok))
	return ok
}
