package spool

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"

	"go.opentelemetry.io/collector/extension/xextension/storage"
)

const (
	// bundleBytes and bundleEntries are where a bundle ends.
	bundleBytes   = 4 << 20
	bundleEntries = 2000
	// maxFetch is how many entries are read in one transaction: few if they are
	// large.
	maxFetch = 256
)

// Entries are the entries of a bundle.
func Entries(bundle []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for len(bundle) > 0 {
			length, n := binary.Uvarint(bundle)
			if n <= 0 || length > uint64(len(bundle)-n) {
				return
			}
			entry := bundle[n : n+int(length)]
			bundle = bundle[n+int(length):]
			if !yield(entry) {
				return
			}
		}
	}
}

func appendEntry(bundle, entry []byte) []byte {
	return append(binary.AppendUvarint(bundle, uint64(len(entry))), entry...)
}

// unread is what a ticket yields whose entries could not be read: an entry of no
// length, and the ticket, for Read to try again.
func unread(ticket uint64) []byte { return binary.BigEndian.AppendUint64([]byte{0}, ticket) }

// Unread returns the ticket of a bundle that could not be read.
func Unread(bundle []byte) (ticket uint64, ok bool) {
	if len(bundle) != 9 || bundle[0] != 0 {
		return 0, false
	}
	return binary.BigEndian.Uint64(bundle[1:]), true
}

// Read returns the bundle of a ticket, which is empty if its entry went out with
// another. After an error it can be called again.
func (s *Spool) Read(ctx context.Context, ticket uint64) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.spent > 0 {
		s.spent--
		return []byte{}, nil
	}
	bundle := []byte{}
	var first []byte
	var entries []entry
	taken := 0
	for len(bundle) < bundleBytes && len(entries) < bundleEntries && len(s.waiting) > 0 {
		key := s.waiting[0].from
		if !s.cache.has(key) {
			if err := s.fetch(ctx); err != nil {
				if len(entries) > 0 {
					break
				}
				return nil, err
			}
		}
		value := s.cache.values[key]
		if value != nil && first != nil && !s.cfg.Alike(first, value) {
			break
		}
		s.cache.remove(key)
		s.waiting.pop()
		taken++
		if value == nil {
			continue // a gap: finished before the others, or refused
		}
		if first == nil {
			first = value
		}
		e := entry{key: key}
		e.items, e.bytes = s.cfg.Measure(value)
		entries = append(entries, e)
		bundle = appendEntry(bundle, value)
	}
	s.spent += taken - 1
	if len(entries) > 0 {
		s.handed[ticket] = entries
	}
	return bundle, nil
}

// errUnread says that the storage did not give what it holds.
var errUnread = errors.New("read entries of the queue")

// fetch reads entries ahead. The caller holds mu.
func (s *Spool) fetch(ctx context.Context) error {
	var operations []*storage.Operation
	for _, key := range s.waiting.firsts(s.cache.ahead) {
		if !s.cache.has(key) {
			operations = append(operations, storage.GetOperation(keyOf(key)))
		}
	}
	if err := s.storage.Batch(ctx, operations...); err != nil {
		return fmt.Errorf("%w: %w", errUnread, err)
	}
	bytes := 0
	for _, operation := range operations {
		s.cache.add(parseKey(operation.Key), operation.Value)
		bytes += len(operation.Value)
	}
	// As many as make a bundle if they go on like these, found step by step.
	average := max(1, bytes/len(operations))
	s.cache.ahead = max(1, min(bundleBytes/average, 2*s.cache.ahead, maxFetch))
	return nil
}
