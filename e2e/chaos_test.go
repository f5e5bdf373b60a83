package e2e

import (
	"context"
	"flag"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
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
	// disk is a small file system with the cluster on it, queueDisk one with the queue;
	// empty without one.
	disk, queueDisk string
	proxy           *proxy
	client          *client
	s               settings
	// lost are the lines that faults took after they were stored, by span id.
	lost map[string]lostLine

	mu        sync.Mutex
	collector collector
	deliver   send
	// process numbers the collectors. While one hands over to the next, either answers.
	process     int
	handingOver bool
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
		if (w.disk == "" && f.name == fullDisk) || (w.queueDisk == "" && f.name == fullQueueDisk) {
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
	w.awaitLines()
	w.requireBalance()
}

func newWorld(t *testing.T) *world {
	t.Helper()
	// What is committed outlives a crash of Postgres; the machine does not crash.
	w := &world{t: t, ctx: context.WithoutCancel(t.Context()), disk: smallDisk(t, "1g"), queueDisk: smallDisk(t, "256m"), lost: map[string]lostLine{}}
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
	}, w.processes)
	w.s = settings{
		databaseURL: "postgres://writer@" + w.proxy.address + "/lines?sslmode=disable", flushTimeout: 50 * time.Millisecond,
		queueDirectory: filepath.Join(w.queueDisk, "queue"), overlay: "testdata/chaos.yaml",
	}
	if w.queueDisk == "" {
		w.s.queueDirectory = t.TempDir()
	} else {
		require.NoError(t, os.Mkdir(w.s.queueDirectory, 0o700))
	}
	w.startCollector()
	return w
}

// smallDisk mounts a file system of this size, which is easily full, if that is allowed.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "chaos") //nolint:usetesting // open to the user who runs Postgres
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.Remove(dir) })
	if exec.Command("mount", "-t", "tmpfs", "-o", "size="+size+",mode=755", "tmpfs", dir).Run() != nil {
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
	w.process++
}

// processes are the first and the last collector that may answer now.
func (w *world) processes() (first, last int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.handingOver {
		return w.process, w.process + 1
	}
	return w.process, w.process
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

// requireBalance starts the collector afresh, so that its counters know of all it
// does, and compares what it received with what became of it.
func (w *world) requireBalance() {
	for fresh := false; !fresh; {
		require.Eventually(w.t, func() bool { return w.ledger().queued == 0 }, time.Minute, 20*time.Millisecond, "the queue stays filled")
		w.current().terminate(w.t)
		w.startCollector()
		// What the former collector left in the queue was received by that one.
		l := w.ledger()
		fresh = l.queued == 0 && l.ended == 0
	}
	random := rand.New(rand.NewPCG(1, 1))
	for n := range 60 {
		// The answers to a third get lost.
		w.proxy.deaf.Store(n >= 20 && n < 40)
		for _, e := range slices.Repeat(w.client.exports(random), 2) {
			e.abandoned = false
			require.True(w.t, w.client.deliver(w.t.Context(), e, random))
		}
	}
	l := w.ledger()
	for deadline := time.Now().Add(time.Minute); !l.balances() && time.Now().Before(deadline); l = w.ledger() {
		<-time.After(50 * time.Millisecond)
	}
	w.t.Logf("ledger: %+v", l)
	require.True(w.t, l.balances(), "the ledger does not balance")
}

// ledger is what the counters of a collector say became of the SERVER spans and amendments
// that it received.
type ledger struct{ received, ended, queued float64 }

func (l ledger) balances() bool { return l.received > 0 && l.received == l.ended+l.queued }

func (w *world) ledger() (l ledger) {
	for name, value := range w.metrics() {
		switch {
		case strings.HasPrefix(name, "otelcol_canonical_line_spans_received") && strings.Contains(name, `role="server"`),
			strings.HasPrefix(name, "otelcol_canonical_line_amended"):
			l.received += value
		case strings.HasPrefix(name, "otelcol_canonical_line_written"), strings.HasPrefix(name, "otelcol_canonical_line_dropped"):
			l.ended += value
		case strings.HasPrefix(name, "otelcol_exporter_queue_size"):
			l.queued += value
		}
	}
	return l
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
