package e2e

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/pgtest"
)

// waiting fills a queue on disk while the database is away, and kills the collector.
func waiting(t *testing.T, s settings, lines int) {
	t.Helper()
	c := start(t, s)
	deliver := overGRPC(t, c)
	for n := range lines {
		require.NoError(t, deliver(t.Context(), numbered(n)))
	}
	c.Kill()
}

func TestQueue_KilledAgainRightAfterStart_KeepsLines(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	d.Close(t)
	s := settings{databaseURL: d.URL, flushTimeout: 100 * time.Millisecond, queueDirectory: t.TempDir()}
	waiting(t, s, 600)
	for _, later := range []time.Duration{2, 10, 30, 80, 200} {
		c := s.launch(t)
		require.Eventually(t, func() bool { return strings.Contains(c.Log(), "Loaded queue metadata") }, time.Minute, time.Millisecond)
		<-time.After(later * time.Millisecond)
		c.Kill()
	}
	d.Open(t)
	c := start(t, s)
	d.Await(t, "SELECT count(*) = 600 FROM canonical_api_line")
	c.terminate(t)
}

// A file that power loss damaged: its end is missing, or its middle is garbage.
func TestQueue_DamagedFile_SaysTheWayOut(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 6))
	for name, damage := range map[string]func([]byte) []byte{
		"half":    func(content []byte) []byte { return content[:len(content)/2] },
		"quarter": func(content []byte) []byte { return content[:len(content)/4] },
		"garbage": func(content []byte) []byte {
			for i := len(content) / 4; i < len(content)*3/4; i++ {
				content[i] = byte(random.Uint32())
			}
			return content
		},
		"zeros": func(content []byte) []byte {
			clear(content[len(content)/4 : len(content)*3/4])
			return content
		},
		"no head": func(content []byte) []byte {
			clear(content[:8192])
			return content
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := pgtest.New(t)
			d.Close(t)
			s := settings{databaseURL: d.URL, flushTimeout: 100 * time.Millisecond, queueDirectory: t.TempDir()}
			waiting(t, s, 400)
			file := filepath.Join(s.queueDirectory, "exporter_canonical_line__traces")
			content, err := os.ReadFile(file)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(file, damage(occupiedPart(content)), 0o600))

			c := s.launch(t)
			require.Error(t, c.Wait())
			require.Contains(t, c.Log(), "the file of the storage is damaged")
			require.Contains(t, c.Log(), "move "+file+" aside and start it again")
			require.NotContains(t, c.Log(), "panic:")
			require.NotContains(t, c.Log(), "goroutine ")

			require.NoError(t, os.Rename(file, file+".damaged"))
			d.Open(t)
			c = start(t, s)
			require.NoError(t, overGRPC(t, c)(t.Context(), numbered(1000)))
			d.Await(t, "SELECT count(*) = 1 FROM canonical_api_line")
			c.terminate(t)
		})
	}
}

// occupiedPart is a queue's file up to the last byte that is not zero: bbolt makes it
// longer than it is full.
func occupiedPart(content []byte) []byte {
	const page = 4096
	end := len(strings.TrimRight(string(content), "\x00"))
	return content[:min(len(content), (end+page-1)/page*page)]
}

// The file system of the queue is full while the database is away: what was
// acknowledged outlives any number of restarts, what is refused does not count, and
// space that returns is used without one.
func TestQueue_FullDisk_LosesNothing(t *testing.T) {
	t.Parallel()
	disk := t.TempDir()
	if exec.Command("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk).Run() != nil {
		t.Log("nothing can be mounted here, so no disk gets full")
		return
	}
	t.Cleanup(func() { _ = exec.Command("umount", "--lazy", disk).Run() })
	d := pgtest.New(t)
	d.Close(t)
	s := settings{
		databaseURL: d.URL, flushTimeout: 50 * time.Millisecond, queueDirectory: filepath.Join(disk, "queue"),
		overlay: "testdata/chaos.yaml",
	}
	require.NoError(t, os.Mkdir(s.queueDirectory, 0o700))
	w := &world{t: t, ctx: t.Context(), s: s}
	filler := filepath.Join(disk, "filler")
	require.NoError(t, os.WriteFile(filler, make([]byte, 1<<20), 0o600))

	c := start(t, s)
	w.collector = c
	deliver := overGRPC(t, c)
	sent, acknowledged := 0, []string(nil)
	offer := func() bool {
		accepted := deliver(t.Context(), numbered(sent)) == nil
		if accepted {
			acknowledged = append(acknowledged, strconv.Itoa(sent))
		}
		sent++
		return accepted
	}
	for offer() {
	}
	for range 500 {
		offer()
	}
	full := len(acknowledged)
	require.Positive(t, full)
	requireSize := func() {
		require.Equal(t, len(acknowledged), w.queueSize(), "the queue's size is that of what was acknowledged")
		require.NotContains(t, c.Log(), "passed over")
	}
	requireSize()
	for _, stop := range []func(collector){
		func(c collector) { c.terminate(t) }, func(c collector) { c.Kill() }, func(c collector) { c.terminate(t) },
	} {
		stop(c)
		c = start(t, s)
		w.collector = c
		deliver = overGRPC(t, c)
		c.awaitStatus(t, "StatusRecoverableError")
		requireSize()
	}
	require.NoError(t, os.Remove(filler))
	require.True(t, offer(), "space that returns is used without a restart")
	d.Open(t)
	d.Await(t, "SELECT count(*) >= "+strconv.Itoa(len(acknowledged))+" FROM canonical_api_line")
	require.Eventually(t, func() bool { return w.queueSize() == 0 }, time.Minute, 20*time.Millisecond)
	require.Empty(t, pgtest.All[int64](t, d, `
		SELECT n FROM unnest('{`+strings.Join(acknowledged, ",")+`}'::bigint[]) AS n
		WHERE (SELECT count(*) FROM canonical_api_line WHERE span_id = '01' || lpad(to_hex(n), 14, '0')) <> 1`))
	c.terminate(t)
}

// queueSize is what the metric of the queue's size says.
func (w *world) queueSize() int {
	for name, value := range w.metrics() {
		if strings.HasPrefix(name, "otelcol_exporter_queue_size") {
			return int(value)
		}
	}
	return -1
}
