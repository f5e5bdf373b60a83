package page

import (
	"strconv"
	"strings"
	"time"
)

// selectionView says what is different about some requests: a rectangle of the heat map, or else
// the slowest twentieth of the window.
//
// The URL says of the rectangle how long its requests took (slower, faster) and when they ended (since, until);
// the window is what they are compared with.
func selectionView(r *reading) *view {
	w := r.window
	s := readSelection(r)
	v := r.newView("What is different?")
	differences := w.ask("differences", top(20)).with(s.arguments()...)
	chosen := w
	if !s.from.IsZero() {
		chosen = w.between(s.from, s.to)
	}
	slowest := chosen.ask("slowest", top(20))
	if condition := s.condition(); condition != "" {
		// slowest knows no bounds.
		slowest = chosen.ask("window")
		slowest.rest = " WHERE " + condition + " ORDER BY duration DESC LIMIT 20"
	}
	asked := r.ask(v, differences, slowest)
	found := r.differencesSection(asked[0])
	list := r.slowestSection(asked[1])
	if slowest.function == "window" && list.Table != nil {
		list.Table = r.linesTable(asked[1].answer)
	}
	list.Title = "The slowest of them"
	v.Sections = []*section{found, list}
	v.Sentence = r.selectionSentence(s, asked[0])
	v.Notes = []fragment{say("values that differ by more than chance explains, for all of them together, 5 %")}
	return v
}

// selection is a rectangle of a heat map. A zero bound is none.
type selection struct {
	slower, faster time.Duration
	from, to       time.Time
}

func readSelection(r *reading) (s selection) {
	s.slower, _ = time.ParseDuration(r.query.Get("slower"))
	s.faster, _ = time.ParseDuration(r.query.Get("faster"))
	from, errFrom := time.Parse(time.RFC3339, r.query.Get("since"))
	to, errTo := time.Parse(time.RFC3339, r.query.Get("until"))
	if errFrom == nil && errTo == nil && from.Before(to) {
		s.from, s.to = from, to
	}
	s.slower, s.faster = max(0, s.slower), max(0, s.faster)
	return s
}

func (s selection) arguments() (arguments []argument) {
	if s.slower > 0 {
		arguments = append(arguments, interval("slower_than", s.slower))
	}
	if s.faster > 0 {
		arguments = append(arguments, interval("faster_than", s.faster))
	}
	if !s.from.IsZero() {
		arguments = append(arguments, instant("selected_from", s.from), instant("selected_until", s.to))
	}
	return arguments
}

// condition returns the durations of the selection in SQL, empty for any.
func (s selection) condition() string {
	var conditions []string
	if s.slower > 0 {
		conditions = append(conditions, "duration >= "+literalInterval(s.slower))
	}
	if s.faster > 0 {
		conditions = append(conditions, "duration < "+literalInterval(s.faster))
	}
	return strings.Join(conditions, " AND ")
}

// literalInterval is a duration in SQL. It is made of digits alone.
func literalInterval(d time.Duration) string {
	return "interval '" + strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + " seconds'"
}

// selectionSentence names the largest differences.
func (r *reading) selectionSentence(s selection, differences *result) []fragment {
	if differences.err != nil {
		return []fragment{say(r.problem(differences.err))}
	}
	said := []fragment{strong("Requests"), say(r.window.narrowed())}
	switch {
	case s.slower > 0 && s.faster > 0:
		said = append(said, say(" that took "+formatDuration(s.slower)+" to "+formatDuration(s.faster)))
	case s.slower > 0:
		said = append(said, say(" that took "+formatDuration(s.slower)+" or longer"))
	case s.faster > 0:
		said = append(said, say(" that took less than "+formatDuration(s.faster)))
	case s.from.IsZero():
		said[0] = strong("The slowest twentieth of requests")
	}
	if !s.from.IsZero() {
		said = append(said, say(" between "), moment(s.from), say(" and "), moment(s.to))
	}
	n := 0
	for _, shown := range differences.answer.all() {
		if shown.number("percent_selected") <= shown.number("percent_others") || n == 2 {
			continue
		}
		lead := ": "
		if n > 0 {
			lead = "; "
		}
		said = append(said, say(lead+formatPercent(shown.number("percent_selected"))+" had "),
			strong(fieldName(shown.text("field"))+" "+valueName(shown)), say(", "+formatPercent(shown.number("percent_others"))+" of the others"))
		n++
	}
	if n == 0 {
		return append(said, say(" differ from the others in nothing that chance does not explain."))
	}
	return append(said, say("."))
}

// fieldName is what readers call a column or a statistic.
func fieldName(field string) string {
	return strings.ReplaceAll(strings.TrimPrefix(field, "statistics."), "_", " ")
}

// valueName is what readers call a value; a line without one has none.
func valueName(shown row) string {
	if shown.value("value") == nil {
		return "none"
	}
	return shown.text("value")
}

// differencesSection shows the shares of each value as two bars.
func (r *reading) differencesSection(differences *result) *section {
	s := r.section("differences", "What is different about them", "share of the selected in red, of the others in grey", differences)
	if differences.err != nil {
		return s
	}
	var rows, same []row
	for _, shown := range differences.answer.all() {
		if shown.value("score") == nil {
			same = append(same, shown)
			continue
		}
		rows = append(rows, shown)
	}
	if len(rows) == 0 {
		s.Empty = "Nothing, beyond what chance explains."
		return s
	}
	s.Note += noteOf(rows)
	s.Table = r.table(rows, []column{
		{title: "value", class: "route", show: func(shown row) cell {
			return cell{Text: valueName(shown), More: []fragment{{Text: fieldName(shown.text("field")), Class: "service"}}}
		}},
		{title: "selected and others", class: "shares", show: func(shown row) cell {
			return cell{Parts: []part{
				{Class: "selected", Label: formatPercent(shown.number("percent_selected")) + " of the selected", Wide: shown.number("percent_selected"), High: 50},
				{Class: "others", Label: formatPercent(shown.number("percent_others")) + " of the others", Wide: shown.number("percent_others"), Top: 60, High: 40},
			}}
		}},
		percentColumn("selected", "percent_selected", 0), percentColumn("others", "percent_others", 0),
		countColumn("lines selected", "lines_selected"), countColumn("other lines", "lines_others"),
	})
	if len(same) > 0 {
		names := make([]string, len(same))
		for i, shown := range same {
			names[i] = fieldName(shown.text("field")) + " (" + shown.text("note") + ")"
		}
		s.More = say("Too many values to compare: " + strings.Join(names, ", ") + ".")
	}
	return s
}

// linesTable lists lines of the function window.
func (r *reading) linesTable(lines *answer) *tableView {
	return r.table(lines.all(), []column{
		{title: "when", class: "time", show: func(shown row) cell {
			return cell{Time: shown.time("created_at"), Text: formatTime(shown.time("created_at")), URL: r.requestURL(shown)}
		}},
		r.filterColumn("method", "http_method", "method"), textColumn("path", "http_path"), durationColumn("duration", "duration", ""),
		r.filterColumn("status", "status", "status"), textColumn("error", "error_code"),
		{title: "account", class: "text", show: func(shown row) cell { return r.accountCell(shown.text("account_id")) }},
	})
}
