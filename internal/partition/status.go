package partition

import (
	"maps"
	"time"
)

// Outcome is how an action ended.
type Outcome string

// The outcomes of an action. One that is deferred had to wait for transactions
// that use the table, and is tried again in the next round.
const (
	Success  Outcome = "success"
	Deferred Outcome = "deferred"
	Failure  Outcome = "failure"
)

// ActionOutcome is what actions are counted by.
type ActionOutcome struct {
	Kind    Kind
	Outcome Outcome
}

// Status is what there is to say of a table's partitions.
type Status struct {
	// Runway is how long from now on every line has a partition, DEFAULT ones not
	// counted; 0 if a line of now has none.
	Runway time.Duration
	// Partitions is how many are attached.
	Partitions int64
	// Bytes is their size and that of those that wait to be dropped.
	Bytes int64
	// Actions counts those of this maintainer.
	Actions map[ActionOutcome]int64
	// LastSuccess is the end of the last round without a failure; the zero time
	// before the first.
	LastSuccess time.Time

	known        bool
	coveredUntil time.Time
}

// Status is as of the last round, but for the runway, which gets shorter in
// between; known is false before the catalogue has been read.
func (m *Maintainer) Status() (status Status, known bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	status = m.status
	status.Actions = maps.Clone(status.Actions)
	status.Runway = max(status.coveredUntil.Sub(m.now()), 0)
	return status, status.known
}

func (m *Maintainer) count(kind Kind, outcome Outcome) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.status.Actions[ActionOutcome{kind, outcome}]++
}
