package store

import "sync"

// suspects remembers lines that Postgres refuses although they may not be at fault, such as
// those that a trigger refuses. One is at fault if the table has taken others since. While it
// takes none, all wait. It is safe for concurrent use.
type suspects struct {
	mu sync.Mutex
	// writes counts the writes that stored lines.
	writes uint64
	// since holds the count at which each line was refused first, by id.
	since map[[16]byte]uint64
}

// maxSuspects bounds the lines that are remembered. One that is forgotten waits longer.
const maxSuspects = 1 << 16

// took takes note of what a write stored.
func (s *suspects) took(stored Outcomes) {
	if stored.Inserted+stored.Updated == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes++
}

// convicts takes note that a line is refused. It reports whether the line is at fault, and
// forgets it then.
func (s *suspects) convicts(id [16]byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	first, known := s.since[id]
	if known && first < s.writes {
		delete(s.since, id)
		return true
	}
	if !known {
		if s.since == nil || len(s.since) >= maxSuspects {
			s.since = map[[16]byte]uint64{}
		}
		s.since[id] = s.writes
	}
	return false
}
