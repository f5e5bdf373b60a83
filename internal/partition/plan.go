package partition

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"canonicallineexporter/internal/table"
)

// Config says which partitions a table should have.
type Config struct {
	// Interval is the time that one partition covers.
	Interval Interval
	// CreateAhead is how far into the future partitions exist at any time, also just before
	// a round of maintenance.
	CreateAhead time.Duration
	// CheckInterval is the time between two rounds.
	CheckInterval time.Duration
	// Retention is how long lines are kept; 0 means for ever.
	Retention time.Duration
	// KeepDetached is how long a detached partition waits before it is dropped.
	KeepDetached time.Duration
	// MaxSize is the most bytes that all partitions may take together, detached ones
	// included; 0 means no limit.
	MaxSize int64
	// Column holds the time of a row. Default: created_at.
	Column string
	// Permit is asked before a partition is detached or dropped, in the transaction that does
	// it or claims it. What it does not permit waits for the next round. Default: everything is
	// permitted.
	Permit func(ctx context.Context, tx table.Querier, parent table.Name, action Action) (bool, error)
	// Equip gives a new partition what else it shall have, in the transaction that creates it;
	// nil: nothing.
	Equip func(ctx context.Context, tx pgx.Tx, partition table.Name) error
}

// column returns the column that the table is partitioned by.
func (c Config) column() string { return cmp.Or(c.Column, "created_at") }

// maxLate is how many intervals back a late line can still get a new partition on a table
// that keeps its lines for ever: a client with a wrong clock must not fill the catalogue.
const maxLate = 1000

// claimTime is how long a collector has to detach a partition that it has claimed before
// another takes over. It is far longer than an attempt takes, and allows for collectors
// whose clocks differ.
const claimTime = time.Minute

// Kind says what an action does.
type Kind string

// The kinds of action, in the order of a partition's life.
const (
	Create   Kind = "create"
	Detach   Kind = "detach"
	Finalize Kind = "finalize"
	// record updates a mark that differs from what the catalogue says: the partition was
	// detached, or attached again.
	record Kind = "record"
	Drop   Kind = "drop"
)

// Action is one step of a plan.
type Action struct {
	Kind
	Partition
}

// Notice describes a problem that only an operator can solve.
type Notice struct {
	// Message says what is wrong, and Hint what to do.
	Message, Hint string
	// Table is the partition in question, or the partitioned table.
	Table table.Name
}

// ahead returns the range that partitions have to cover after a round.
func (c Config) ahead(now time.Time) []Range {
	return []Range{{now, now.Add(c.CreateAhead + c.CheckInterval + 1)}}
}

// creations returns the partitions to create so that the table accepts lines for all of
// want. Their ranges follow the interval. Where an existing partition covers a part of an
// interval, only the gap is filled. A retired range is not covered again. taken lists the
// names that are not available.
func (c Config) creations(parent table.Name, catalog Catalog, want []Range, taken []string) []Action {
	occupied := append(catalog.attachedRanges(), Range{To: catalog.floor()})
	sortRanges(occupied)
	var actions []Action
	for _, w := range want {
		for from := c.Interval.Floor(w.From); from.Before(w.To); from = c.Interval.Next(from) {
			for _, gap := range gaps(Range{from, c.Interval.Next(from)}, occupied) {
				name := freeName(parent.Name+c.Interval.suffix(gap.From), taken)
				taken = append(taken, name)
				occupied = append(occupied, gap)
				actions = append(actions, Action{Create, Partition{Name: parent.Sibling(name), Range: gap}})
				sortRanges(occupied)
			}
		}
	}
	return actions
}

// freeName returns name, with a number appended if it is taken.
func freeName(name string, taken []string) string {
	free := name
	for n := 2; slices.Contains(taken, free); n++ {
		free = name + "_" + strconv.Itoa(n)
	}
	return free
}

func sortRanges(ranges []Range) {
	slices.SortFunc(ranges, func(a, b Range) int { return a.From.Compare(b.From) })
}

// gaps returns the parts of r that taken does not cover. taken is sorted.
func gaps(r Range, taken []Range) []Range {
	var left []Range
	for _, t := range taken {
		if !t.To.After(r.From) || !t.From.Before(r.To) {
			continue
		}
		if t.From.After(r.From) {
			left = append(left, Range{r.From, t.From})
		}
		r.From = t.To
	}
	if r.From.Before(r.To) {
		left = append(left, r)
	}
	return left
}

// retirements returns the actions that retire partitions, in order. The plan is complete
// only until its first action is done. It touches managed partitions only, and leaves
// alone those that an operator detached, attached again or renamed.
func (c Config) retirements(at instant, catalog Catalog) (actions []Action, notices []Notice) {
	var expiredDetaches []Action
	blocked, withheld := false, false
	for _, p := range catalog {
		expired := c.Retention > 0 && !p.To.After(at.settled.Add(-c.Retention))
		waited := at.settled.Sub(p.mark.Since)
		// A claim from the future was made by a clock that was wrong.
		claimed := at.now.Sub(p.mark.Since).Abs() < claimTime
		if p.handover != "" && p.managed && (expired || p.stage() != inUse && p.stage() != released) {
			blocked = blocked || p.Pending
			if !withheld {
				withheld = true
				notices = append(notices, Notice{
					"a partition that has to go belongs to another role and stays",
					"its owner or a superuser has to run, for each of its partitions: " + p.handover, p.Name,
				})
			}
			continue
		}
		switch {
		case p.Default:
			blocked = true
			notices = append(notices, Notice{
				"a DEFAULT partition keeps others from being detached", "move its lines and drop it", p.Name,
			})
		case p.Pending && p.stage() != detaching:
			blocked = true
			notices = append(notices, Notice{
				"a DETACH CONCURRENTLY that this exporter did not begin keeps others from beginning",
				"if it was interrupted, run ALTER TABLE ... DETACH PARTITION ... FINALIZE", p.Name,
			})
		case p.Pending:
			blocked = true
			if !claimed {
				actions = append(actions, Action{Finalize, p})
			}
		case p.Attached && p.stage() == detaching && claimed:
			blocked = true // a collector is about to detach it
		case p.Attached && p.stage() == detached,
			!p.Attached && p.stage() == detaching:
			actions = append(actions, Action{record, p})
		case !p.Attached && p.stage() == detached && waited >= c.KeepDetached:
			actions = append(actions, Action{Drop, p})
		case p.Attached && expired && !p.managed:
			notices = append(notices, Notice{
				"a partition past the retention was not made by this exporter and stays", "detach it when you no longer need it", p.Name,
			})
		case p.Attached && expired && p.stage() != released:
			expiredDetaches = append(expiredDetaches, Action{Detach, p})
		}
	}
	drops, excessDetaches := c.excess(at.settled, catalog, actions)
	actions = append(actions, drops...)
	switch {
	case blocked:
	case len(expiredDetaches) > 0:
		actions = append(actions, expiredDetaches...)
	default:
		actions = append(actions, excessDetaches...)
	}
	return actions, notices
}

// excess returns what has to go to keep to MaxSize, in addition to going: first the oldest
// detached partitions, then the oldest attached ones. The partition that is being written
// and those ahead of it always stay.
func (c Config) excess(now time.Time, catalog Catalog, going []Action) (drops, detaches []Action) {
	if c.MaxSize == 0 {
		return nil, nil
	}
	excess := catalog.bytes() - c.MaxSize
	for _, action := range going {
		if action.Kind == Drop {
			excess -= action.Bytes
		}
	}
	for _, p := range catalog {
		drop := Action{Drop, p}
		if excess > 0 && !p.Attached && p.handover == "" && p.stage() == detached && !slices.Contains(going, drop) {
			drops = append(drops, drop)
			excess -= p.Bytes
		}
	}
	for _, p := range catalog {
		retirable := p.acceptsLines() && p.managed && p.handover == "" && (p.stage() == inUse || p.stage() == detaching)
		if excess > 0 && retirable && !p.To.After(now) {
			detaches = append(detaches, Action{Detach, p})
			excess -= p.Bytes
		}
	}
	return drops, detaches
}

// expired reports whether a line of the time t is too late to be stored: it is older than
// the retention, or it has no partition and will get none.
func (c Config) expired(now time.Time, catalog Catalog, t time.Time) bool {
	if c.Retention > 0 && t.Before(now.Add(-c.Retention)) {
		return true
	}
	late := t.Before(catalog.floor()) || c.Retention == 0 && t.Before(c.Interval.back(now, maxLate))
	return late && !catalog.accepts(t)
}
