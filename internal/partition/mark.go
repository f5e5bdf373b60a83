package partition

import (
	"encoding/json"
	"strings"
	"time"
)

// markPrefix starts the comment on every table that this exporter made. It says
// to whoever reads it how to keep the table.
const markPrefix = "Made by canonical_line, which drops it when it has outlived its time; change this comment to keep it. "

// stage is how far a partition has come on its way out.
type stage string

const (
	// inUse is a partition like any other.
	inUse stage = ""
	// detaching is one that a collector has claimed, to detach it.
	detaching stage = "detaching"
	// detached is one that waits to be dropped.
	detached stage = "detached"
	// released is one that an operator has attached again, to keep it.
	released stage = "released"
)

// mark is what the comment on a partition says: the catalogue is the only memory
// that collectors share, and it survives them. Comments stay with a table when it
// is detached and go with it when it is dropped.
type mark struct {
	// Of is the partitioned table, quoted, and Name the partition's own name: a
	// table that has been renamed is no longer ours.
	Of   string `json:"of"`
	Name string `json:"name"`
	// From and To are the bounds, which the catalogue forgets when it is detached.
	From time.Time `json:"from"`
	To   time.Time `json:"to"`

	Stage stage `json:"stage,omitempty"`
	// Since is when the stage was reached.
	Since time.Time `json:"since,omitzero"`

	// Floor is the end of the newest partition that was retired before: nothing is
	// created below it again. The highest of all marks holds.
	Floor time.Time `json:"floor,omitzero"`
}

// comment is the mark as it stands in the catalogue.
func (m mark) comment() string {
	text, err := json.Marshal(m)
	if err != nil {
		panic(err) // strings and times of four-digit years always marshal
	}
	return markPrefix + string(text)
}

// parseMark reads a comment; ok is false for one that is not ours.
func parseMark(comment string) (m mark, ok bool) {
	text, ok := strings.CutPrefix(comment, markPrefix)
	if !ok || json.Unmarshal([]byte(text), &m) != nil {
		return mark{}, false
	}
	return m, true
}
