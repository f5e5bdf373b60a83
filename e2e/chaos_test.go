package e2e

import (
	"context"
	"flag"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/pgtest"
)

var (
	chaosFaults = flag.Int("faults", 10, "how many faults TestCollector_Chaos has")
	chaosSeed   = flag.Uint64("seed", 0, "which faults those are; 0: others each time")
)

// world is a collector, its Postgres, what is between them, and a client.
type world struct {
	t      *testing.T
	ctx    context.Context
	server *pgtest.Server
	// disk is a small file system with the cluster on it; empty without one.
	disk   string
	proxy  *proxy
	client *client
	s      settings

	mu        sync.Mutex
	collector collector
	deliver   send
}

// TestCollector_Chaos has one fault after another befall a collector under load, then looks
// for every request that was acknowledged.
func TestCollector_Chaos(t *testing.T) {
	t.Parallel()
	seed := *chaosSeed
	if seed == 0 {
		seed = rand.Uint64N(1_000_000) + 1
	}
	t.Logf("make chaos SEED=%d FAULTS=%d repeats this", seed, *chaosFaults)
	random := rand.New(rand.NewPCG(seed, 0))
	w := newWorld(t)

	ctx, stop := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	for i := range uint64(3) {
		clients.Go(func() { w.client.run(ctx, rand.New(rand.NewPCG(seed, i+1))) })
	}
	for n := range *chaosFaults {
		f := faults[random.IntN(len(faults))]
		if w.disk == "" && f.name == fullDisk {
			t.Log("nothing can be mounted here, so no disk gets full")
			continue
		}
		t.Logf("%3d/%d %s", n+1, *chaosFaults, f.name)
		w.awaitTable()
		mend := f.strike(w, random)
		w.pause(random)
		mend()
		w.pause(random)
	}
	stop()
	clients.Wait()

	w.proxy.heal()
	w.awaitAcknowledged()
	w.requireNoDuplicates()
	w.requireBalance()
	t.Logf("%d requests acknowledged, %d of them gone with what a fault took, none missing, none twice",
		len(w.client.acknowledged), len(w.client.excused))
}

func newWorld(t *testing.T) *world {
	t.Helper()
	// What is committed outlives a crash of Postgres; the machine does not crash.
	w := &world{t: t, ctx: context.WithoutCancel(t.Context()), disk: smallDisk(t)}
	server, err := pgtest.StartIn(w.disk, "fsync=off")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop()) })
	w.server = server
	w.proxy = newProxy(t, net.JoinHostPort("127.0.0.1", strconv.Itoa(server.Port)))
	w.admin("CREATE ROLE writer LOGIN")
	w.admin("CREATE DATABASE lines OWNER writer")
	w.client = newClient(func() send {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.deliver
	})
	w.s = settings{
		databaseURL: "postgres://writer@" + w.proxy.address + "/lines?sslmode=disable", flushTimeout: 50 * time.Millisecond,
		queueDirectory: t.TempDir(), overlay: "testdata/chaos.yaml",
	}
	w.startCollector()
	return w
}

// smallDisk mounts a file system that is easily full, if that is allowed.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "chaos") //nolint:usetesting // open to the user who runs Postgres
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.Remove(dir) })
	if exec.Command("mount", "-t", "tmpfs", "-o", "size=1g,mode=755", "tmpfs", dir).Run() != nil {
		return ""
	}
	t.Cleanup(func() { _ = exec.Command("umount", "--lazy", dir).Run() })
	return dir
}

func (w *world) current() collector {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.collector
}

func (w *world) startCollector() {
	c := start(w.t, w.s)
	deliver := overGRPC(w.t, c)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.collector, w.deliver = c, deliver
}

// pause lets the load go on for a while.
func (w *world) pause(random *rand.Rand) {
	<-time.After(time.Duration(100+random.IntN(900)) * time.Millisecond)
}

func (w *world) must(err error) { require.NoError(w.t, err) }

// on runs fn on a database, as the superuser and past the proxy.
func (w *world) on(database string, fn func(*pgx.Conn) error) {
	conn, err := pgx.Connect(w.ctx, w.server.URL(database))
	w.must(err)
	defer conn.Close(w.ctx)
	w.must(fn(conn))
}

func (w *world) admin(sql string) {
	w.on("postgres", func(conn *pgx.Conn) error {
		_, err := conn.Exec(w.ctx, sql)
		return err
	})
}

func (w *world) database(sql string) {
	w.on("lines", func(conn *pgx.Conn) error {
		_, err := conn.Exec(w.ctx, sql)
		return err
	})
}

func (w *world) transaction(fn func(pgx.Tx) error) {
	w.on("lines", func(conn *pgx.Conn) error { return pgx.BeginFunc(w.ctx, conn, fn) })
}

func (w *world) stored(table string) (ids []string) {
	w.transaction(func(tx pgx.Tx) (err error) {
		ids, err = w.storedIn(tx, table)
		return err
	})
	return ids
}

func (w *world) storedIn(tx pgx.Tx, table string) ([]string, error) {
	rows, err := tx.Query(w.ctx, "SELECT span_id FROM "+table)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// awaitTable returns once lines are being stored.
func (w *world) awaitTable() {
	require.Eventually(w.t, func() bool {
		conn, err := pgx.Connect(w.ctx, w.server.URL("lines"))
		if err != nil {
			return false
		}
		defer conn.Close(w.ctx)
		var stored bool
		err = conn.QueryRow(w.ctx, "SELECT EXISTS (SELECT FROM canonical_api_line)").Scan(&stored)
		return err == nil && stored
	}, time.Minute, 20*time.Millisecond, "no lines are being stored")
}

// awaitAcknowledged returns once every acknowledged request that no fault
// excuses is in the table.
func (w *world) awaitAcknowledged() {
	var missing []string
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); <-time.After(100 * time.Millisecond) {
		stored := map[string]struct{}{}
		for _, id := range w.stored("canonical_api_line") {
			stored[id] = struct{}{}
		}
		missing = slices.DeleteFunc(slices.Sorted(maps.Keys(w.client.acknowledged)), func(id string) bool {
			_, found := stored[id]
			return found || w.client.excused[id] != ""
		})
		if len(missing) == 0 {
			return
		}
	}
	require.Empty(w.t, missing, "acknowledged, but not stored")
}

func (w *world) requireNoDuplicates() {
	counts := map[string]int{}
	for _, id := range w.stored("canonical_api_line") {
		if counts[id]++; counts[id] > 1 {
			_, skewed := w.client.skewed[id]
			require.True(w.t, skewed, "%s is stored twice", id)
		}
	}
}

// requireBalance starts the collector afresh, so that its counters know of all it
// does, and compares what it received with what became of it.
func (w *world) requireBalance() {
	w.current().terminate(w.t)
	w.startCollector()
	random := rand.New(rand.NewPCG(1, 1))
	for range 50 {
		td, _ := w.client.export(random)
		require.True(w.t, w.client.deliver(w.t.Context(), td))
		require.True(w.t, w.client.deliver(w.t.Context(), td))
	}
	var received, done float64
	require.Eventually(w.t, func() bool {
		received, done = 0, 0
		for name, value := range w.metrics() {
			switch {
			case strings.HasPrefix(name, "otelcol_canonical_line_spans_received") && strings.Contains(name, `role="server"`):
				received += value
			case strings.HasPrefix(name, "otelcol_canonical_line_written"), strings.HasPrefix(name, "otelcol_canonical_line_dropped"):
				done += value
			}
		}
		return received > 0 && received == done
	}, time.Minute, 50*time.Millisecond, "the ledger does not balance")
}

// metrics are the collector's counters, each by its name and own attributes.
func (w *world) metrics() map[string]float64 {
	text, err := w.current().ReadMetrics(w.ctx)
	if err != nil {
		return nil
	}
	metrics := map[string]float64{}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		space := strings.LastIndexByte(line, ' ')
		if value, err := strconv.ParseFloat(line[space+1:], 64); err == nil && space > 0 {
			metrics[line[:space]] = value
		}
	}
	return metrics
}
