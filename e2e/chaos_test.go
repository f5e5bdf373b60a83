package e2e

import (
	"context"
	"errors"
	"flag"
	"math/rand/v2"
	"net/http"
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
	// host is where the server is reached, spareHost where a standby is.
	host, spareHost *host
	// disk is a small file system with the cluster on it, spareDisk one for that of a
	// standby, queueDisk one with the queue; empty without one.
	disk, spareDisk, queueDisk string
	// has are the needs of faults that this machine meets.
	has    map[string]bool
	proxy  *proxy
	client *client
	// passfile holds the password of the role that writes.
	passfile string
	s        settings
	// lost are the lines that faults took after they were stored, by span id.
	lost map[string]storedLine

	mu        sync.Mutex
	collector collector
	deliver   send
	// deliverLogs does the same with log records.
	deliverLogs sendLogs
	// memory numbers the collectors that do not have the spans of the one before.
	memory int
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
	for range 3 {
		clients.Go(func() { w.look(ctx) })
	}
	for n := range *chaosFaults {
		f := faults[random.IntN(len(faults))]
		if f.needs != "" && !w.has[f.needs] {
			t.Logf("%3d/%d %s: not here, it takes %s", n+1, *chaosFaults, f.name, f.needs)
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
	w.requireHistory()
	require.Eventually(t, func() bool { return w.loadPage(t.Context()) == http.StatusOK }, time.Minute, 100*time.Millisecond)
	w.requireBalance()
}

// passwords has the role that writes show one.
const passwords = `
local all         all    trust
host  lines       writer 127.0.0.1/32 scram-sha-256
host  all         all    127.0.0.1/32 trust
host  replication all    127.0.0.1/32 trust
`

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{
		t: t, ctx: context.WithoutCancel(t.Context()), disk: smallDisk(t, "1g"), spareDisk: smallDisk(t, "1g"), queueDisk: smallDisk(t, "256m"),
		proxy: newProxy(), passfile: filepath.Join(t.TempDir(), "passfile"), lost: map[string]storedLine{},
	}
	w.startServer()
	w.client = newClient(func() (send, sendLogs) {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.deliver, w.deliverLogs
	}, w.currentMemory)
	w.s = settings{
		databaseURL: "postgres://writer@" + w.host.address() + "," + w.spareHost.address() +
			"/lines?sslmode=disable&target_session_attrs=read-write&passfile=" + w.passfile,
		flushTimeout:   50 * time.Millisecond,
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

// startServer starts a server with a database for a role that has a password.
func (w *world) startServer() {
	w.host, w.spareHost = w.proxy.listen(w.t), w.proxy.listen(w.t)
	dir, err := os.MkdirTemp("", "chaos") // open to the user who runs Postgres
	w.must(err)
	w.t.Cleanup(func() { _ = os.RemoveAll(dir) })
	w.must(os.Chmod(dir, 0o755))
	hba := filepath.Join(dir, "pg_hba.conf")
	w.must(os.WriteFile(hba, []byte(passwords), 0o644))

	// What is committed outlives a crash of Postgres; the machine does not crash.
	w.server, err = pgtest.StartIn(w.disk, "fsync=off", "hba_file="+hba)
	w.must(err)
	w.t.Cleanup(func() { _ = w.server.Stop() })
	err = w.server.FakeClock()
	w.has = map[string]bool{
		mounts: w.disk != "" && w.queueDisk != "", faketime: err == nil, replicas: w.server.HasStandby(),
	}
	if !errors.Is(err, pgtest.ErrNoFaketime) {
		w.must(err)
	}
	w.host.port.Store(int64(w.server.Port))
	w.admin("CREATE ROLE writer LOGIN PASSWORD 'first'")
	w.admin("CREATE DATABASE lines OWNER writer")
	w.writePassword("first")
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

// startCollector starts the first collector, or one after another was killed, whose spans went
// with it.
func (w *world) startCollector() { w.replaceCollector(1) }

// resumeCollector starts a collector that has the spans of the last one.
func (w *world) resumeCollector() { w.replaceCollector(0) }

func (w *world) replaceCollector(memories int) {
	c := start(w.t, w.s)
	deliver, deliverLogs := overGRPC(w.t, c), logsOverGRPC(w.t, c)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.collector, w.deliver, w.deliverLogs = c, deliver, deliverLogs
	w.memory += memories
}

// currentMemory numbers the spans that the collector has which answers now.
func (w *world) currentMemory() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.memory
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

func (w *world) execute(database, sql string) {
	w.on(database, func(conn *pgx.Conn) error {
		_, err := conn.Exec(w.ctx, sql)
		return err
	})
}

func (w *world) admin(sql string) { w.execute("postgres", sql) }

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
	w.awaitTable()
	w.refuse(20)
	before := w.client.counts()
	random := rand.New(rand.NewPCG(1, 1))
	deliver := func() {
		for _, e := range slices.Repeat(w.client.exports(random), 2) {
			e.abandoned = false
			require.True(w.t, w.client.deliver(w.t.Context(), e, random))
		}
	}
	for n := range 60 {
		// The answers to a third get lost.
		w.proxy.deaf.Store(n >= 20 && n < 40)
		deliver()
	}
	w.client.refusable.Store(1_000_000) // hardly any
	l := w.ledger()
	for deadline := time.Now().Add(time.Minute); !l.settled() && time.Now().Before(deadline); l = w.ledger() {
		// What a trigger refuses is dropped once the table takes others.
		deliver()
		<-time.After(time.Second)
	}
	w.t.Logf("ledger: %+v", l)
	require.True(w.t, l.settled(), "the ledger does not balance")
	sent := w.client.counts()
	for odd, n := range before {
		sent[odd] -= n
	}
	require.GreaterOrEqual(w.t, l.rejected, sent[refused])
	// Each version of a line is refused, and a poisoned one by partitions that a CHECK outlived.
	require.LessOrEqual(w.t, l.rejected, sent[refused]+sent[poisoned]+l.amended)
	require.GreaterOrEqual(w.t, l.expired, sent[expired])
}

// ledger is what the counters of a collector say became of the SERVER spans and amendments
// that it received.
type ledger struct {
	received, ended, queued float64
	// amended are a part of received, rejected and expired of ended.
	amended, rejected, expired float64
}

// settled reports whether all that was received has ended.
func (l ledger) settled() bool { return l.received > 0 && l.queued == 0 && l.received == l.ended }

func (w *world) ledger() (l ledger) {
	for name, value := range w.metrics() {
		switch {
		case strings.HasPrefix(name, "otelcol_canonical_line_spans_received") && strings.Contains(name, `role="server"`):
			l.received += value
		case strings.HasPrefix(name, "otelcol_canonical_line_amended"):
			l.received += value
			l.amended += value
		case strings.HasPrefix(name, "otelcol_canonical_line_written"):
			l.ended += value
		case strings.HasPrefix(name, "otelcol_canonical_line_dropped"):
			l.ended += value
			if strings.Contains(name, `reason="rejected"`) {
				l.rejected += value
			}
			if strings.Contains(name, `reason="expired"`) {
				l.expired += value
			}
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
