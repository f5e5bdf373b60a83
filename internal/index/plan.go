package index

import (
	"cmp"
	"slices"
	"time"
)

// Column says how a column is indexed.
type Column struct {
	Name string
	// Exact replaces the sparse index by an exact one once the partition's time is over.
	Exact bool
}

// lateTime is how long after a partition's time lines for it may still come: those of a
// queue that waited.
const lateTime = time.Hour

// claimTime is how long a collector that said that it builds an index has to begin with it
// before another takes over.
const claimTime = time.Minute

// kind says what an action does.
type kind string

const (
	// build makes an index.
	build kind = "build"
	// finish comments on an index that is complete.
	finish kind = "finish"
	// drop removes an index that is incomplete, or that an exact one replaces.
	drop kind = "drop"
	// forget takes the note off a column whose index was dropped by hand.
	forget kind = "forget"
)

// action is one step of a plan.
type action struct {
	kind   kind
	leaf   leaf
	column column
	// exact and index say which index: index is the one that exists.
	exact bool
	index existing
}

// plan returns what to do to the leaves so that they have the indexes of columns, the newest
// leaf first.
func plan(columns []Column, leaves []leaf) (actions []action) {
	newest := slices.Clone(leaves)
	slices.SortStableFunc(newest, func(a, b leaf) int {
		return cmp.Or(b.Until.Compare(a.Until), cmp.Compare(b.OID, a.OID))
	})
	for _, l := range newest {
		if l.Busy || !l.Owned {
			continue
		}
		for _, c := range l.Columns {
			i := slices.IndexFunc(columns, func(wanted Column) bool { return wanted.Name == c.Name })
			var a action
			if i >= 0 {
				a = c.next(l, columns[i])
			} else {
				a = c.released()
			}
			if a.kind != "" {
				a.leaf, a.column = l, c
				actions = append(actions, a)
			}
		}
	}
	return actions
}

// next returns the next action for a column that shall be indexed.
func (c column) next(l leaf, wanted Column) action {
	sparse, hasSparse := c.own(false)
	exact, hasExact := c.own(true)
	claimed := c.claimed(l)
	switch {
	case claimed:
		return action{}
	case hasExact && !exact.Valid:
		return action{kind: drop, exact: true, index: exact}
	case hasSparse && !sparse.Valid:
		return action{kind: drop, index: sparse}
	case hasExact && !exact.Commented:
		return action{kind: finish, exact: true, index: exact}
	case hasExact && hasSparse:
		return action{kind: drop, index: sparse}
	case hasSparse && !sparse.Commented:
		return action{kind: finish, index: sparse}
	case hasSparse && (!wanted.Exact || !l.over()), hasExact, !hasSparse && (c.OperatorClass == "" || c.indexed()):
		return action{}
	case !hasSparse && c.Note.Index != "" && !c.Note.building():
		return action{} // dropped by hand
	default:
		return action{kind: build, exact: wanted.Exact && l.over()}
	}
}

// claimed reports whether another collector may be about to build an index.
func (c column) claimed(l leaf) bool {
	begun := slices.ContainsFunc(c.Indexes, func(x existing) bool { return x.Name.Name == c.Note.Index })
	// A claim from the future was made by a clock that was wrong.
	return c.Note.building() && !begun && l.ReadAt.Sub(c.Note.Begun).Abs() < claimTime
}

// released returns the next action for a column that shall not be indexed. Its indexes stay.
func (c column) released() action {
	for _, exact := range []bool{false, true} {
		if x, ok := c.own(exact); ok && !x.Valid {
			return action{kind: drop, exact: exact, index: x}
		} else if ok {
			return action{}
		}
	}
	if c.Note.Index != "" {
		return action{kind: forget}
	}
	return action{}
}
