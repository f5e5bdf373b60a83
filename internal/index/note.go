package index

import (
	"regexp"
	"strings"
	"time"
)

// noteStart starts the note in a column's comment, which ends it.
const noteStart = " [canonical_line index "

// note is what the comment on a partition's column remembers of its index. It outlives the
// index, so that one that was dropped by hand is not built again, and goes with the partition
// wherever that goes. A note without a name says nothing.
type note struct {
	// Index is the name that the index was built with.
	Index string
	// Begun is when a collector began to build it; the zero time once it is built.
	Begun time.Time
}

// building reports whether the index may not be complete.
func (n note) building() bool { return !n.Begun.IsZero() }

// notePattern has the comment, the time at which a build began, and the name of the index.
var notePattern = regexp.MustCompile(`(?s)^(.*) \[canonical_line index (?:begun ([^ ]+) )?(.+)\]$`)

// parseNote splits a column's comment into what others wrote and the note.
func parseNote(comment string) (string, note) {
	parts := notePattern.FindStringSubmatch(comment)
	if parts == nil {
		return comment, note{}
	}
	n := note{Index: parts[3]}
	if parts[2] != "" {
		begun, err := time.Parse(time.RFC3339, parts[2])
		if err != nil {
			return comment, note{}
		}
		n.Begun = begun
	}
	return parts[1], n
}

// after returns the comment with the note at its end.
func (n note) after(comment string) string {
	if n.Index == "" {
		return comment
	}
	var b strings.Builder
	b.WriteString(comment + noteStart)
	if n.building() {
		b.WriteString("begun " + n.Begun.UTC().Format(time.RFC3339) + " ")
	}
	b.WriteString(n.Index + "]")
	return b.String()
}
