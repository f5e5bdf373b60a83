// Package spool keeps exporterhelper's persistent queue in a storage extension
// such that nothing acknowledged is lost.
//
// One invariant holds at any moment, whichever operation fails and wherever the
// process is killed:
//
//	An entry is in the storage from before it is acknowledged until after the
//	queue has finished it, and a start finds every entry that is there.
//
// exporterhelper alone does not keep it: it deletes entries at start before it puts
// them back, and takes an error of the storage for a bad entry. So it gets a client
// that understands what it does. To exporterhelper an index of the queue is a key of
// the storage; here it is a ticket, worth one entry. The spool keeps its own keys:
//
//   - A put returns once the transaction with the entry is committed. Puts that come
//     at the same time share a transaction.
//   - Reading a ticket hands out a bundle: the entry whose turn it is and those that
//     wait behind it, up to a size. Their tickets then yield empty bundles.
//   - Finishing a ticket has its entries deleted later, many in one transaction. An
//     entry whose deletion is lost is delivered again, which changes no row.
//   - What is stored beside the entries is exporterhelper's own metadata, with the
//     lowest key as read index and nothing dispatched, so that a start moves nothing.
package spool

import (
	"context"
	"errors"
	"sync"

	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.uber.org/zap"
)

// Config is what a spool has to know of the queue and of its entries.
type Config struct {
	// Measure returns the items and bytes of an entry as the queue counts them, 0
	// of one that cannot be read.
	Measure func(entry []byte) (items, bytes int64)
	// Alike reports whether entries a and b can be one request.
	Alike func(a, b []byte) bool
	// Capacity is the most that the queue holds, in units of Sizer.
	Capacity int64
	Sizer    exporterhelper.RequestSizerType
	Logger   *zap.Logger
}

// Spool is the entries of one queue. It is safe for concurrent use.
type Spool struct {
	cfg     Config
	storage *Guard

	puts chan *put
	// finished says that there is something to delete.
	finished chan struct{}
	stop     chan struct{}
	stopOnce sync.Once
	stopped  chan struct{}

	// Only the committer uses what follows: the next key, the size of all stored
	// entries, how many deletions go into a transaction, and whether puts and
	// deletions fail.
	end             uint64
	stored          size
	chunk           int
	refusing, stuck bool

	mu sync.Mutex
	// staged are stored entries that the queue has not accepted yet.
	staged map[uint64]struct{}
	// waiting are the keys of entries to be handed out.
	waiting keys
	// spent is how many tickets are yet to be read whose entries went out with
	// others. Tickets to be read always equal keys in waiting plus spent.
	spent int
	cache cache
	// handed are the entries that went out, by ticket.
	handed map[uint64][]entry
	// deletions are finished entries that are still stored.
	deletions []entry
	// queue is what exporterhelper last said of its queue.
	queue metadata
}

// entry is a stored entry.
type entry struct {
	key uint64
	size
}

// size is what the queue counts of entries.
type size struct{ items, bytes int64 }

func (s size) plus(o size) size  { return size{s.items + o.items, s.bytes + o.bytes} }
func (s size) minus(o size) size { return size{s.items - o.items, s.bytes - o.bytes} }

// New returns a spool that Host opens.
func New(cfg Config) *Spool {
	return &Spool{
		cfg: cfg, puts: make(chan *put), finished: make(chan struct{}, 1), stop: make(chan struct{}), stopped: make(chan struct{}),
		chunk: maxDeletions, staged: map[uint64]struct{}{}, handed: map[uint64][]entry{}, cache: newCache(),
	}
}

// open reads what a former process left and starts the committer.
func (s *Spool) open(ctx context.Context, storage *Guard) error {
	buf, err := storage.Get(ctx, metadataKey)
	if err != nil {
		return err
	}
	m, err := parseMetadata(buf)
	if err != nil {
		return err
	}
	low := m.read
	for _, key := range m.dispatched {
		low = min(low, key)
	}
	if low > m.write {
		return errMetadata
	}
	s.storage, s.end, s.stored = storage, m.write, m.size
	s.waiting.addRange(low, m.write)
	s.queue = metadata{size: m.size, read: low, write: m.write}
	go s.commit()
	return nil
}

// close deletes what is finished and ends the committer.
func (s *Spool) close() {
	s.stopOnce.Do(func() { close(s.stop) })
	<-s.stopped
}

// storedKey carries the key of a stored entry through exporterhelper.
type storedKey struct{}

// Stored reports whether an offer with ctx is of an entry that is stored already,
// so that nobody has to encode it again.
func Stored(ctx context.Context) bool {
	_, ok := ctx.Value(storedKey{}).(uint64)
	return ok
}

// Offer stores an entry and then calls offer to put it into the queue. If either
// fails the entry is refused. It is stored first because exporterhelper never takes
// back the size of an entry that could not be stored, and holds a lock meanwhile.
func (s *Spool) Offer(ctx context.Context, entry []byte, offer func(context.Context) error) error {
	if !s.hasRoom(entry) {
		return offer(ctx) // which refuses it, or waits and stores it then
	}
	stored, err := s.put(entry)
	if err != nil {
		return err
	}
	if err := offer(context.WithValue(ctx, storedKey{}, stored.key)); err != nil {
		s.discard(stored)
		return err
	}
	return nil
}

// hasRoom guesses whether the queue takes the entry.
func (s *Spool) hasRoom(value []byte) bool {
	items, bytes := s.cfg.Measure(value)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch s.cfg.Sizer {
	case exporterhelper.RequestSizerTypeItems:
		return s.queue.items+items <= s.cfg.Capacity
	case exporterhelper.RequestSizerTypeBytes:
		return s.queue.bytes+bytes <= s.cfg.Capacity
	default:
		return s.queue.requests() < s.cfg.Capacity
	}
}

var errClosed = errors.New("store entry: the queue is closed")

// put returns once the entry is stored.
func (s *Spool) put(value []byte) (entry, error) {
	p := &put{value: value, done: make(chan error, 1)}
	p.items, p.bytes = s.cfg.Measure(value)
	select {
	case s.puts <- p:
		err := <-p.done
		return p.entry, err
	case <-s.stopped:
		return entry{}, errClosed
	}
}

// discard has an entry deleted that the queue refused.
func (s *Spool) discard(e entry) {
	s.mu.Lock()
	delete(s.staged, e.key)
	s.cache.remove(e.key)
	s.deletions = append(s.deletions, e)
	s.mu.Unlock()
	s.wake()
}

// accept makes a stored entry wait for its turn.
func (s *Spool) accept(key uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.staged, key)
	s.waiting.add(key)
}

// forgo takes note of a ticket without an entry: it could not be stored.
func (s *Spool) forgo() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spent++
}

// finish has the entries of a ticket deleted.
func (s *Spool) finish(ticket uint64) {
	s.mu.Lock()
	entries := s.handed[ticket]
	delete(s.handed, ticket)
	s.deletions = append(s.deletions, entries...)
	s.mu.Unlock()
	if len(entries) > 0 {
		s.wake()
	}
}

// wake tells the committer that there is something to delete.
func (s *Spool) wake() {
	select {
	case s.finished <- struct{}{}:
	default:
	}
}

// lowest is the lowest key that is stored, not counting the first so many
// deletions; end if there is none. The caller holds mu.
func (s *Spool) lowest(end uint64, deleting int) uint64 {
	low := min(end, s.waiting.first(end))
	for key := range s.staged {
		low = min(low, key)
	}
	for _, entries := range s.handed {
		for _, e := range entries {
			low = min(low, e.key)
		}
	}
	for _, e := range s.deletions[deleting:] {
		low = min(low, e.key)
	}
	return low
}
