package partition

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"canonicallineexporter/internal/table"
)

// markPrefix starts the comment on every table that this exporter created. It tells the
// reader how to keep the table.
const markPrefix = "Made by canonical_line, which drops it when it has outlived its time; change this comment to keep it. "

// stage says how far the retirement of a partition has come.
type stage string

const (
	// inUse means that retirement has not begun.
	inUse stage = ""
	// detaching means that a collector has claimed the partition to detach it.
	detaching stage = "detaching"
	// detached means that the partition waits to be dropped.
	detached stage = "detached"
	// released means that an operator has attached the partition again to keep it.
	released stage = "released"
)

// mark is the state that the comment on a partition holds. The catalogue is the only memory
// that collectors share, and it survives them. A comment stays with its table when that is
// detached, and goes with it when that is dropped.
type mark struct {
	// Of is the partitioned table, quoted, as it was called when the mark was written, and
	// Table is its oid. Family is a random text that all partitions of the table share: it
	// stays the same when the table is renamed, and when it is dumped and restored.
	Of     string `json:"of"`
	Table  uint32 `json:"table,omitzero"`
	Family string `json:"family,omitzero"`
	// Schema and Name are those of the partition. One that has been renamed or moved on its
	// own is no longer managed.
	Schema string `json:"schema,omitzero"`
	Name   string `json:"name"`
	// From and To are the bounds, which the catalogue forgets when the table is detached.
	From time.Time `json:"from"`
	To   time.Time `json:"to"`

	Stage stage `json:"stage,omitempty"`
	// Since is when the stage was reached.
	Since time.Time `json:"since,omitzero"`

	// Floor is the end of the newest retired partition: nothing is created below it again.
	// The highest Floor of all marks counts.
	Floor time.Time `json:"floor,omitzero"`
}

// comment returns the mark as written to the catalogue.
func (m mark) comment() string {
	text, err := json.Marshal(m)
	if err != nil {
		panic(err) // strings and times of four-digit years always marshal
	}
	return markPrefix + string(text)
}

// parseMark reads a comment; ok is false if it is not a mark.
func parseMark(comment string) (m mark, ok bool) {
	text, ok := strings.CutPrefix(comment, markPrefix)
	if !ok || json.Unmarshal([]byte(text), &m) != nil {
		return mark{}, false
	}
	return m, true
}

// setMark writes the mark of a partition to the catalogue.
func setMark(ctx context.Context, tx pgx.Tx, partition table.Name, m mark) error {
	data := struct {
		Partition table.Name
		Mark      string
	}{partition, m.comment()}
	if _, err := tx.Exec(ctx, statements.Render("mark.sql", data)); err != nil {
		return fmt.Errorf("mark partition: %w", err)
	}
	return nil
}
