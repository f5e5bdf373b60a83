package page

import (
	"strings"
	"time"
)

// stateView says whether the table is well: what it holds, for how long it can go on, and how far
// history is.
func stateView(r *reading) *view {
	v := r.newView("State")
	asked := r.ask(v, call{function: "state"}, call{function: "sizes"})
	state, sizes := asked[0], asked[1]
	if r.empty(v, state) {
		return v
	}
	now := state.answer.first()
	v.Sentence = r.stateSentence(now, sizes)
	s := r.section("state", "", "", state)
	s.Facts = stateFacts(now)
	v.Sections = []*section{s, r.sizesSection(sizes)}
	return v
}

func (r *reading) stateSentence(now row, sizes *result) []fragment {
	bytes := 0.0
	partitions := 0
	for _, shown := range sizes.answer.all() {
		bytes += shown.number("bytes")
		partitions++
	}
	said := []fragment{strong(r.cfg.Table), say(" holds " + formatBytes(bytes) + " in " + plural(partitions, "partition", "partitions"))}
	if until := now.time("partitions_until"); !until.IsZero() {
		runway := time.Until(until)
		f := say("; there are partitions for another " + formatLength(runway))
		if runway < day {
			f.Class = "bad"
		}
		said = append(said, f)
	}
	return append(said, say("."))
}

func stateFacts(now row) []group {
	lines := group{Title: "Lines"}
	for _, name := range []string{"newest", "oldest"} {
		if t := now.time(name); !t.IsZero() {
			lines.Facts = append(lines.Facts, fact{name, cell{Time: t, Text: formatTime(t)}})
		}
	}
	lines.Facts = append(lines.Facts, fact{"age of the newest", cell{Text: formatLength(max(0, now.duration("newest_age")))}})
	history := group{Title: "History"}
	if until := now.time("history_until"); !until.IsZero() {
		history.Facts = append(history.Facts,
			fact{"built until", cell{Time: until, Text: formatTime(until)}},
			fact{"behind by", cell{Text: formatLength(max(0, time.Since(until)))}},
			fact{"hours to build again", cell{Text: grouped(int64(now.number("history_hours_waiting")))}})
	} else {
		history.Facts = append(history.Facts, fact{"kept", cell{Text: "no"}})
	}
	exporter := group{Title: "The exporter", Facts: []fact{
		{"dropped", cell{Text: "otelcol_canonical_line_dropped, in the collector's metrics"}},
		{"waiting", cell{Text: "otelcol_exporter_queue_size, in the collector's metrics"}},
	}}
	return []group{lines, history, exporter}
}

func (r *reading) sizesSection(sizes *result) *section {
	s := r.section("sizes", "Partitions", "counts since Postgres' statistics began; amended lines were updated", sizes)
	if sizes.err != nil {
		return s
	}
	most := 1.0
	for _, shown := range sizes.answer.all() {
		most = max(most, shown.number("bytes"))
	}
	s.Table = r.table(sizes.answer.all(), []column{
		codeColumn("partition", "partition"), timeColumn("from", "since"), timeColumn("until", "until"),
		{title: "size", class: "number", sort: "bytes", show: func(shown row) cell { return cell{Text: formatBytes(shown.number("bytes"))} }},
		{title: "", class: "shares", show: func(shown row) cell {
			return cell{Parts: []part{{Class: "size", Label: formatBytes(shown.number("bytes")), Wide: 100 * shown.number("bytes") / most, High: 100}}}
		}},
		countColumn("lines, estimated", "lines_estimated"), countColumn("stored", "inserted"), countColumn("amended", "updated"),
		{title: "indexed", class: "text small", show: func(shown row) cell {
			return cell{Text: strings.ReplaceAll(shown.text("indexed"), " ", ", ")}
		}},
	})
	return s
}
