package spool

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.uber.org/zap"
)

const (
	// maxDeletions is how many entries a transaction deletes.
	maxDeletions = 1000
	// maxPuts and maxPutBytes bound the transaction of puts that came together.
	maxPuts     = 256
	maxPutBytes = 4 << 20
	// deleteAfter is how long a finished entry stays, for others to join it.
	deleteAfter = 200 * time.Millisecond
)

// put is an entry on its way to the storage.
type put struct {
	entry
	value []byte
	done  chan error
}

// commit is the only one that writes to the storage, until close.
func (s *Spool) commit() {
	defer close(s.stopped)
	var due <-chan time.Time
	for {
		select {
		case p := <-s.puts:
			s.commitPuts(s.gather(p))
		case <-s.finished:
			if due == nil {
				due = time.After(deleteAfter)
			}
		case <-due:
			due = nil
			if !s.commitDeletions() {
				due = time.After(deleteAfter)
			}
		case <-s.stop:
			s.commitDeletions()
			return
		}
	}
}

// gather returns p and those that came while the last transaction took place.
func (s *Spool) gather(p *put) []*put {
	puts := []*put{p}
	for bytes := len(p.value); len(puts) < maxPuts && bytes < maxPutBytes; {
		select {
		case p := <-s.puts:
			puts = append(puts, p)
			bytes += len(p.value)
		default:
			return puts
		}
	}
	return puts
}

func (s *Spool) commitPuts(puts []*put) {
	end, stored := s.end, s.stored
	operations := make([]*storage.Operation, 1, 1+len(puts))
	for _, p := range puts {
		p.key = end
		end++
		stored = stored.plus(p.size)
		operations = append(operations, storage.SetOperation(keyOf(p.key), p.value))
	}
	s.mu.Lock()
	low := s.lowest(s.end, 0)
	s.mu.Unlock()
	operations[0] = storage.SetOperation(metadataKey, metadata{size: stored, read: low, write: end}.marshal())
	err := s.storage.Batch(context.Background(), operations...)
	s.noteFailure(&s.refusing, "the queue's storage takes no entries; exports are refused", err)
	if err != nil {
		err = fmt.Errorf("store entry: %w", err)
	} else {
		s.end, s.stored = end, stored
		s.mu.Lock()
		for _, p := range puts {
			s.staged[p.key] = struct{}{}
			s.cache.keep(p.key, p.value)
		}
		s.mu.Unlock()
	}
	for _, p := range puts {
		p.done <- err
	}
}

// commitDeletions deletes what is finished and reports whether that succeeded. A
// full disk may have room for the transaction of fewer.
func (s *Spool) commitDeletions() bool {
	for {
		s.mu.Lock()
		n := min(len(s.deletions), s.chunk)
		gone := s.deletions[:n]
		low := s.lowest(s.end, n)
		s.mu.Unlock()
		if n == 0 {
			return true
		}
		stored := s.stored
		operations := make([]*storage.Operation, 1, 1+n)
		for _, e := range gone {
			stored = stored.minus(e.size)
			operations = append(operations, storage.DeleteOperation(keyOf(e.key)))
		}
		if low == s.end {
			stored = size{}
		}
		operations[0] = storage.SetOperation(metadataKey, metadata{size: stored, read: low, write: s.end}.marshal())
		err := s.storage.Batch(context.Background(), operations...)
		if err != nil && n > 1 {
			s.chunk = n / 2
			continue
		}
		s.noteFailure(&s.stuck, "entries that are done cannot be deleted from the queue's storage", err)
		if err != nil {
			return false
		}
		s.stored = stored
		s.chunk = min(2*s.chunk, maxDeletions)
		s.mu.Lock()
		s.deletions = s.deletions[n:]
		s.mu.Unlock()
	}
}

// noteFailure logs when something starts to fail, and when it no longer does.
func (s *Spool) noteFailure(failing *bool, what string, err error) {
	if (err != nil) == *failing {
		return
	}
	*failing = err != nil
	if err != nil {
		s.cfg.Logger.Warn(what, zap.Error(err))
	} else {
		s.cfg.Logger.Info("recovered: the queue's storage takes writes again")
	}
}
