package partition

import (
	"slices"
	"strconv"
	"time"

	"canonicallineexporter/internal/table"
)

// Config says which partitions a table has.
type Config struct {
	// Interval is what one partition covers.
	Interval Interval
	// CreateAhead is how far into the future partitions exist, at any time between
	// two rounds of maintenance.
	CreateAhead time.Duration
	// CheckInterval is the time between two rounds.
	CheckInterval time.Duration
	// Retention is how long lines are kept; 0 is for ever.
	Retention time.Duration
	// KeepDetached is how long a detached partition waits before it is dropped.
	KeepDetached time.Duration
	// MaxSize is the most bytes of all partitions, detached ones too; 0 is no limit.
	MaxSize int64
}

// maxLate is how many intervals a line may be late, on a table that keeps its
// lines for ever, to get a partition of its own: a client whose clock is wrong
// must not fill the catalogue.
const maxLate = 1000

// claimTime is how long a collector has to detach a partition that it claimed,
// before another takes over. It is far above what an attempt takes, and covers
// the difference between the collectors' clocks.
const claimTime = time.Minute

// Kind is what an action does.
type Kind string

// The kinds of action, in the order in which a partition meets them.
const (
	Create   Kind = "create"
	Detach   Kind = "detach"
	Finalize Kind = "finalize"
	// record notes that a detached partition waits to be dropped.
	record Kind = "record"
	Drop   Kind = "drop"
)

// Action is one step of a plan.
type Action struct {
	Kind
	Partition
}

// Notice is what only an operator can put right.
type Notice struct {
	// Message says what is wrong and Hint what to do.
	Message, Hint string
	// Partition is the table in question.
	Partition table.Name
}

// ahead is the range that partitions have to cover.
func (c Config) ahead(now time.Time) []Range {
	return []Range{{now, now.Add(c.CreateAhead + c.CheckInterval + 1)}}
}

// creations says which partitions have to be made so that the table takes lines
// for all of want. Ranges follow the interval; where a partition of another size
// covers part of one, only the gap is filled, and what was retired stays so.
// taken is the names that cannot be had.
func (c Config) creations(parent table.Name, catalog Catalog, want []Range, taken []string) []Action {
	occupied := append(catalog.attached(), Range{To: catalog.floor()})
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

// freeName is name, with a number where that is taken.
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

// gaps is what is left of r without taken, which is in order.
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

// retirements says which partitions have to go, in order, as far as can be said
// before the first of them has gone. It touches only what this exporter made,
// and leaves alone what an operator detached, attached again or renamed.
func (c Config) retirements(now time.Time, catalog Catalog) (actions []Action, notices []Notice) {
	var outdated []Action
	blocked := false
	for _, p := range catalog {
		expired := c.Retention > 0 && !p.To.After(now.Add(-c.Retention))
		waited := now.Sub(p.mark.Since)
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
			if waited >= claimTime {
				actions = append(actions, Action{Finalize, p})
			}
		case p.Attached && p.stage() == detaching && waited < claimTime:
			blocked = true // a collector is about to
		case p.Attached && p.stage() == detached,
			!p.Attached && p.stage() == detaching:
			actions = append(actions, Action{record, p})
		case !p.Attached && p.stage() == detached && waited >= c.KeepDetached:
			actions = append(actions, Action{Drop, p})
		case p.Attached && expired && !p.made:
			notices = append(notices, Notice{
				"a partition past the retention was not made by this exporter and stays", "detach it when you no longer need it", p.Name,
			})
		case p.Attached && expired && p.stage() != released:
			outdated = append(outdated, Action{Detach, p})
		}
	}
	drops, detaches := c.excess(now, catalog, actions)
	actions = append(actions, drops...)
	switch {
	case blocked:
	case len(outdated) > 0:
		actions = append(actions, outdated...)
	default:
		actions = append(actions, detaches...)
	}
	return actions, notices
}

// excess says what has to go to keep to MaxSize, beside what goes already: of
// the partitions that are detached, then of those attached, the oldest. Neither
// the one that is being written nor those ahead are ever among them.
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
		if excess > 0 && !p.Attached && p.stage() == detached && !slices.Contains(going, drop) {
			drops = append(drops, drop)
			excess -= p.Bytes
		}
	}
	for _, p := range catalog {
		retirable := p.takesLines() && p.made && (p.stage() == inUse || p.stage() == detaching)
		if excess > 0 && retirable && !p.To.After(now) {
			detaches = append(detaches, Action{Detach, p})
			excess -= p.Bytes
		}
	}
	return drops, detaches
}

// lost reports whether a line of the time t has come too late: it has outlived
// the retention, or has no partition and will get none.
func (c Config) lost(now time.Time, catalog Catalog, t time.Time) bool {
	if c.Retention > 0 && t.Before(now.Add(-c.Retention)) {
		return true
	}
	late := t.Before(catalog.floor()) || c.Retention == 0 && t.Before(c.Interval.back(now, maxLate))
	return late && !catalog.takes(t)
}
