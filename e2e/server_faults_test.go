package e2e

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// What not every machine has.
const (
	mounts   = "the right to mount file systems"
	faketime = "the package faketime"
	replicas = "pg_basebackup"
)

var serverFaults = []fault{
	{name: "Postgres crashes", strike: func(w *world, _ *rand.Rand) func() {
		w.must(w.server.Kill())
		return func() { w.must(w.server.Restart()) }
	}},
	{name: "Postgres restarts", strike: func(w *world, _ *rand.Rand) func() {
		w.must(w.server.Restart())
		return nothing
	}},
	{name: "a standby takes over from Postgres", needs: replicas, strike: func(w *world, random *rand.Rand) func() {
		return w.failOver(random)
	}},
}

// failOver makes a standby, under load, which replaces a server that is gone.
func (w *world) failOver(random *rand.Rand) (promote func()) {
	standby, err := w.server.Standby(w.ctx, w.spareDisk)
	w.must(err)
	w.spareHost.port.Store(int64(standby.Port))
	w.pause(random)
	w.must(w.server.Crash())
	return func() {
		w.must(standby.Promote())
		w.must(w.server.Stop())
		// The next one is made where the server was.
		w.host.port.Store(0)
		w.server, w.host, w.spareHost, w.disk, w.spareDisk = standby, w.spareHost, w.host, w.spareDisk, w.disk
	}
}

var diskFaults = []fault{
	{name: "the disk is full", needs: mounts, strike: func(w *world, _ *rand.Rand) func() {
		// Postgres has no room for rows or for WAL, over which it can crash.
		empty := w.fill(w.disk)
		return func() {
			empty()
			w.must(w.server.Restart())
		}
	}},
	{name: "the disk of the queue is full while Postgres is away", needs: mounts, strike: func(w *world, random *rand.Rand) func() {
		w.must(w.server.Kill())
		empty := w.fill(w.queueDisk)
		w.pause(random)
		w.current().Kill()
		w.startCollector()
		return func() {
			empty()
			w.must(w.server.Restart())
		}
	}},
}

// fill leaves no room on a file system until it is emptied again.
func (w *world) fill(disk string) (empty func()) {
	filler := filepath.Join(disk, "filler")
	file, err := os.Create(filler)
	w.must(err)
	block := make([]byte, 1<<20)
	for size := len(block); size > 0; {
		if _, err := file.Write(block[:size]); err != nil {
			size /= 2
		}
	}
	w.must(file.Close())
	return func() { w.must(os.Remove(filler)) }
}

var clockFaults = []fault{
	{name: "the clock of Postgres jumps", needs: faketime, strike: func(w *world, random *rand.Rand) func() {
		jumps := []time.Duration{-1440, -720, -24, -1, 1, 24, 720, 1440}
		w.setClock(jumps[random.IntN(len(jumps))] * time.Hour)
		return func() { w.setClock(0) }
	}},
}

// setClock returns once new processes of Postgres show this time.
func (w *world) setClock(ahead time.Duration) {
	w.must(w.server.SetClock(ahead))
	var now time.Time
	for deadline := time.Now().Add(time.Minute); time.Until(now.Add(-ahead)).Abs() > time.Minute; {
		require.True(w.t, time.Now().Before(deadline), "the clock of Postgres stays")
		w.on("postgres", func(conn *pgx.Conn) error {
			return conn.QueryRow(w.ctx, "SELECT clock_timestamp()").Scan(&now)
		})
	}
}
