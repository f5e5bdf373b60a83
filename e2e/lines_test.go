package e2e

import (
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// storedLine is what a line says of its descendants.
type storedLine struct {
	spans, records int
	incomplete     bool
}

// richer returns what two versions of a line say together.
func (l storedLine) richer(other storedLine) storedLine {
	return storedLine{max(l.spans, other.spans), max(l.records, other.records), l.incomplete || other.incomplete}
}

// lose notes the lines of a table that is about to be dropped. A poorer version that was on
// its way then may be stored after the richer one was lost.
func (w *world) lose(tx pgx.Tx, table string) error {
	lines, err := w.read(tx, table)
	for id, line := range lines {
		w.lost[id] = line.richer(w.lost[id])
	}
	return err
}

// read returns the lines of a table by span id, each of which is there once.
func (w *world) read(tx pgx.Tx, table string) (map[string]storedLine, error) {
	rows, err := tx.Query(w.ctx, `SELECT span_id, COALESCE((statistics ->> 'spans')::int, 0), COALESCE((statistics ->> 'recorded')::int, 0),
		COALESCE((statistics ->> 'incomplete')::boolean, false) FROM `+table)
	if err != nil {
		return nil, err
	}
	lines := map[string]storedLine{}
	var id string
	var line storedLine
	_, err = pgx.ForEachRow(rows, []any{&id, &line.spans, &line.records, &line.incomplete}, func() error {
		odd := w.client.oddityOf(id)
		if _, twice := lines[id]; twice && odd != skewed {
			return fmt.Errorf("%s is stored twice", id)
		}
		if odd.unstorable() {
			return fmt.Errorf("%s is stored, although it is refused or expired", id)
		}
		lines[id] = line
		return nil
	})
	return lines, err
}

// verdict is what the lines of acknowledged requests come to.
type verdict struct {
	missing, short       []string
	complete, incomplete int
	// parted lines are short since the collector that had the SERVER span was killed before
	// what they lack could come.
	parted int
	// overtaken lines had descendants when they could only be marked, and the mark was
	// written before the line.
	overtaken int
	// odd lines may be missing or twice, dropped ones have no place in the table.
	odd, dropped int
}

// judge compares the table with what was acknowledged. A line has to count its
// acknowledged descendants, or to say that it is incomplete.
func (w *world) judge() (v verdict) {
	var lines map[string]storedLine
	w.transaction(func(tx pgx.Tx) (err error) {
		lines, err = w.read(tx, "canonical_api_line")
		return err
	})
	for id, request := range w.client.acknowledged {
		line, stored := lines[id]
		lost, taken := w.lost[id]
		line = line.richer(lost)
		odd := w.client.oddityOf(id)
		switch {
		case odd.unstorable():
			v.dropped++
		case odd == poisoned:
			v.odd++
		case !stored && !taken:
			v.missing = append(v.missing, id)
		case line.incomplete:
			v.incomplete++
		case line.spans >= request.descendants && line.records >= request.records:
			v.complete++
		case odd == skewed:
			v.odd++
		case request.parted(w.memory):
			v.parted++
		case request.late():
			v.overtaken++
		default:
			v.short = append(v.short, fmt.Sprintf("%s: %d of %d spans, %d of %d records, lost %v, made %s, served %s by collector %d, the last descendant %s by collector %d\n", id, line.spans, request.descendants, line.records, request.records, taken,
				request.made.Format(clock), request.served.Format(clock), request.memory, request.last.Format(clock), request.lastMemory))
		}
	}
	slices.Sort(v.missing)
	slices.Sort(v.short)
	return v
}

// clock is how the judge states times.
const clock = "15:04:05.000"

// awaitLines returns once no line of an acknowledged request is missing or short.
func (w *world) awaitLines() {
	v := w.judge()
	for deadline := time.Now().Add(2 * time.Minute); len(v.missing)+len(v.short) > 0 && time.Now().Before(deadline); v = w.judge() {
		<-time.After(100 * time.Millisecond)
	}
	requests, descendants := w.client.total()
	w.t.Logf("%d requests with %d descendants acknowledged: %d lines complete, %d incomplete, %d parted, "+
		"%d overtaken, %d odd, %d dropped; %d missing, %d short", requests, descendants,
		v.complete, v.incomplete, v.parted, v.overtaken, v.odd, v.dropped, len(v.missing), len(v.short))
	require.Empty(w.t, v.missing, "acknowledged, but not stored")
	require.Empty(w.t, v.short, "descendants are acknowledged, but not counted, and the line does not say so")
}
