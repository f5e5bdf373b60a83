package partition

import (
	"iter"
	"maps"
	"time"
)

// Outcome says how an action ended.
type Outcome string

// The outcomes of an action. A deferred action would have had to wait for transactions that
// use the table; the next round tries it again.
const (
	Success  Outcome = "success"
	Deferred Outcome = "deferred"
	Failure  Outcome = "failure"
)

// ActionOutcome is the key by which actions are counted.
type ActionOutcome struct {
	Kind    Kind
	Outcome Outcome
}

// AllActions returns every key by which actions can be counted.
func AllActions() iter.Seq[ActionOutcome] {
	return func(yield func(ActionOutcome) bool) {
		for _, kind := range []Kind{Create, Detach, Finalize, Drop} {
			for _, outcome := range []Outcome{Success, Deferred, Failure} {
				if !yield(ActionOutcome{kind, outcome}) {
					return
				}
			}
		}
	}
}

// Status holds figures about the partitions of a table.
type Status struct {
	// Runway is how far ahead of now every line has a partition other than a DEFAULT one; 0
	// if a line of now has none.
	Runway time.Duration
	// Partitions is the number of attached partitions.
	Partitions int64
	// Bytes is the size of the attached partitions and of those that wait to be dropped.
	Bytes int64
	// Actions counts the actions of this maintainer by outcome.
	Actions map[ActionOutcome]int64
	// LastSuccess is the end of the last round that did not fail; the zero time before the
	// first.
	LastSuccess time.Time

	known        bool
	coveredUntil time.Time
	// readAt is when the catalogue was read, and uptime the same moment on a clock that
	// nobody sets.
	readAt instant
	uptime time.Duration
}

// Status returns the figures as of the last round, with the runway as of now. known is
// false until the catalogue has been read.
func (m *Maintainer) Status() (status Status, known bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	status = m.status
	status.Actions = maps.Clone(status.Actions)
	now := status.readAt.now.Add(m.clock.uptime() - status.uptime)
	status.Runway = max(status.coveredUntil.Sub(now), 0)
	return status, status.known
}

// count counts one action.
func (m *Maintainer) count(kind Kind, outcome Outcome) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.status.Actions[ActionOutcome{kind, outcome}]++
}
