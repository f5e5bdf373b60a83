package spool

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.uber.org/zap"
)

// target is where numbers are written. It is away as long as it is told.
type target struct {
	mu      sync.Mutex
	away    bool
	written map[uint64]int
	batches []int
}

var errAway = errors.New("write: the target is away")

func newTarget(away bool) *target { return &target{away: away, written: map[uint64]int{}} }

func (w *target) write(n numbers) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.away {
		return errAway
	}
	w.batches = append(w.batches, len(n))
	for _, number := range n {
		w.written[number]++
	}
	return nil
}

func (w *target) setAway(away bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.away = away
}

// missing are those of the numbers that are not written.
func (w *target) missing(of map[uint64]bool) []uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	var missing []uint64
	for _, number := range slices.Sorted(maps.Keys(of)) {
		if w.written[number] == 0 {
			missing = append(missing, number)
		}
	}
	return missing
}

func (w *target) await(t *testing.T, acknowledged map[uint64]bool) {
	t.Helper()
	require.Eventually(t, func() bool { return len(w.missing(acknowledged)) == 0 }, 20*time.Second, time.Millisecond)
}

func one(n uint64) numbers { return numbers{n} }

func TestQueue_KilledAgainRightAfterStart_KeepsEntries(t *testing.T) {
	t.Parallel()
	w := newTarget(true)
	d := newDisk()
	q := startQueue(t, d, 10_000, w.write)
	acknowledged := map[uint64]bool{}
	for n := range uint64(600) {
		require.NoError(t, q.offer(one(n)))
		acknowledged[n] = true
	}
	d = q.kill()
	// A kill after each of the first transactions of a start.
	for transactions := range 10 {
		d.fail(func([]*storage.Operation) error {
			if d.transactions > transactions {
				return errKilled
			}
			return nil
		})
		d = startQueue(t, d, 10_000, w.write).kill()
	}
	w.setAway(false)
	q = startQueue(t, d, 10_000, w.write)
	w.await(t, acknowledged)
	q.stop()
	require.Zero(t, d.entries())
}

func TestQueue_FullDisk_RefusesAndKeepsWhatItHas(t *testing.T) {
	t.Parallel()
	w := newTarget(true)
	d := newDisk()
	q := startQueue(t, d, 1000, w.write)
	acknowledged := map[uint64]bool{}
	for n := range uint64(300) {
		require.NoError(t, q.offer(one(n)))
		acknowledged[n] = true
	}
	d.fail(full)
	for n := range uint64(5000) {
		require.ErrorIs(t, q.offer(one(10_000+n)), errNoSpace)
	}
	require.EqualValues(t, 300, q.size(), "what is refused is not in the queue")
	for range 3 {
		d = q.kill()
		d.fail(full)
		q = startQueue(t, d, 1000, w.write)
		require.EqualValues(t, 300, q.size())
	}
	// Space returns, without a restart.
	d.fail(nil)
	require.NoError(t, q.offer(one(300)))
	acknowledged[300] = true
	w.setAway(false)
	w.await(t, acknowledged)
	require.Eventually(t, func() bool { return d.entries() == 0 && q.size() == 0 }, 20*time.Second, time.Millisecond)
	q.stop()
	for number := range w.written {
		require.Less(t, number, uint64(10_000), "what is refused is not delivered")
	}
}

func TestQueue_FullQueue_RefusesWithoutWriting(t *testing.T) {
	t.Parallel()
	w := newTarget(true)
	d := newDisk()
	q := startQueue(t, d, 10, w.write)
	for n := range uint64(10) {
		require.NoError(t, q.offer(one(n)))
	}
	before := d.entries()
	require.ErrorIs(t, q.offer(one(10)), exporterhelper.ErrQueueIsFull)
	require.Equal(t, before, d.entries())
	q.stop()
}

func TestQueue_FailingReads_AreTriedAgain(t *testing.T) {
	t.Parallel()
	w := newTarget(true)
	d := newDisk()
	q := startQueue(t, d, 10_000, w.write)
	acknowledged := map[uint64]bool{}
	for n := range uint64(100) {
		require.NoError(t, q.offer(one(n)))
		acknowledged[n] = true
	}
	d = q.kill()
	w.setAway(false)
	var failures int
	d.fail(func(operations []*storage.Operation) error {
		if len(operations) > 0 && operations[0].Type == storage.Get && operations[0].Key != metadataKey && failures < 300 {
			failures++
			return errors.New("input/output error")
		}
		return nil
	})
	q = startQueue(t, d, 10_000, w.write)
	w.await(t, acknowledged)
	q.stop()
	require.Equal(t, 300, failures, "more than there are tickets")
}

func TestQueue_Backlog_LeavesInFewTransactionsAndLargeBatches(t *testing.T) {
	t.Parallel()
	const backlog = 5000
	w := newTarget(true)
	d := newDisk()
	q := startQueue(t, d, 2*backlog, w.write)
	acknowledged := map[uint64]bool{}
	for n := range uint64(backlog) {
		require.NoError(t, q.offer(one(n)))
		acknowledged[n] = true
	}
	d = q.kill()
	w.setAway(false)
	q = startQueue(t, d, 2*backlog, w.write)
	w.await(t, acknowledged)
	q.stop()
	require.Less(t, d.transactions, 100)
	require.GreaterOrEqual(t, slices.Max(w.batches), 20, "as large as batches may be")
	require.Zero(t, d.entries())
}

// An entry is found from when it is stored, though the queue takes later ones first.
func TestSpool_Put_KeepsAnEntryThatTheQueueHasNotTakenYet(t *testing.T) {
	t.Parallel()
	d := newDisk()
	s := New(Config{Measure: func(e []byte) (int64, int64) { return 1, int64(len(e)) }, Logger: zap.NewNop()})
	require.NoError(t, s.open(t.Context(), &Guard{storage: d}))
	first, err := s.put([]byte("first"))
	require.NoError(t, err)
	for range 3 {
		later, err := s.put([]byte("later"))
		require.NoError(t, err)
		s.accept(later.key)
	}
	s.accept(first.key)
	left := d.after()
	s.close()
	again := New(s.cfg)
	require.NoError(t, again.open(t.Context(), &Guard{storage: left}))
	require.Equal(t, keys{{0, 4}}, again.waiting)
	require.Equal(t, size{items: 4, bytes: 20}, again.stored)
	again.close()
}

// What exporterhelper itself left, with entries that are dispatched.
func TestSpool_Open_ReadsWhatExporterhelperLeft(t *testing.T) {
	t.Parallel()
	d := newDisk()
	m := metadata{size: size{items: 4, bytes: 32}, read: 5, write: 7}.marshal()
	m = append(m, 0x2a, 16, 2, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0) // field 5: 2 and 4
	d.stored[metadataKey] = m
	acknowledged := map[uint64]bool{}
	for _, key := range []uint64{2, 4, 5, 6} {
		d.stored[keyOf(key)] = one(key).encode()
		acknowledged[key] = true
	}
	w := newTarget(true)
	q := startQueue(t, d, 100, w.write)
	require.EqualValues(t, 4, q.size())
	w.setAway(false)
	w.await(t, acknowledged)
	q.stop()
	require.Zero(t, d.entries())
}

// Whatever fails and whenever the process is killed, what is acknowledged is
// written in the end, and the size of the queue is true.
func TestQueue_RandomFaults_LoseNothing(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 0))
			w := newTarget(false)
			d := newDisk()
			q := startQueue(t, d, 500, w.write)
			acknowledged := map[uint64]bool{}
			var next uint64
			for range 40 {
				switch random.IntN(8) {
				case 0:
					d = q.kill()
					q = startQueue(t, d, 500, w.write)
				case 1:
					q.stop()
					d = d.after()
					q = startQueue(t, d, 500, w.write)
				case 2:
					w.setAway(true)
				case 3:
					w.setAway(false)
				case 4:
					d.fail(full)
				case 5:
					share := rand.New(rand.NewPCG(seed, next))
					d.fail(func([]*storage.Operation) error {
						if share.IntN(3) == 0 {
							return errors.New("input/output error")
						}
						return nil
					})
				case 6:
					d.fail(nil)
				}
				q.load(random, &next, acknowledged)
			}
			d.fail(nil)
			w.setAway(false)
			w.await(t, acknowledged)
			require.Eventually(t, func() bool { return q.size() == 0 && d.entries() == 0 }, 20*time.Second, time.Millisecond)
			q.stop()
			// exporterhelper resets the size when it has drained; the spool's is exact.
			require.Equal(t, size{}, q.spool.stored)
		})
	}
}

// load offers requests from several goroutines and notes what was acknowledged.
func (q *queue) load(random *rand.Rand, next *uint64, acknowledged map[uint64]bool) {
	var group sync.WaitGroup
	var mu sync.Mutex
	for range random.IntN(8) {
		var n numbers
		for range 1 + random.IntN(7) {
			n = append(n, *next)
			*next++
		}
		group.Go(func() {
			if q.offer(n) != nil {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			for _, number := range n {
				acknowledged[number] = true
			}
		})
	}
	group.Wait()
}

func TestKeys_Add_KeepsThemInOrder(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		order := random.Perm(50)
		var k keys
		for _, key := range order {
			k.add(uint64(key))
		}
		require.Equal(t, keys{{0, 50}}, k)
		for want := range uint64(50) {
			require.Equal(t, want, k.first(99))
			k.pop()
		}
		require.EqualValues(t, 99, k.first(99))
	}
}

func TestMetadata_Parse_RefusesWhatIsNone(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"x", "\x09\x00", "\x2a\x03abc", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"} {
		_, err := parseMetadata([]byte(bad))
		require.ErrorIs(t, err, errMetadata)
	}
}

// panicking is a storage whose file is damaged.
type panicking struct{ *disk }

func (panicking) Batch(context.Context, ...*storage.Operation) error {
	panic("page 7: invalid page type")
}

func TestGuard_Panic_IsAnErrorWithTheWayOut(t *testing.T) {
	t.Parallel()
	g := &Guard{storage: panicking{newDisk()}, file: "/var/lib/otelcol/queue/file"}
	for range 2 {
		err := g.Batch(t.Context())
		require.EqualError(t, err, "the file of the storage is damaged (page 7: invalid page type): "+
			"stop the collector, move /var/lib/otelcol/queue/file aside and start it again")
	}
}
