package page

import (
	"slices"
	"time"
)

// routeView says of one route, or of any other part of the lines, how fast it is and why.
func routeView(r *reading) *view {
	w := r.window
	v := r.newView(routeTitle(w))
	state := r.ask(v, call{function: "state"})[0]
	if r.empty(v, state) {
		return v
	}
	step := interval("step", w.step())
	year := w.ending(w.to, "1y")
	calls := []call{
		w.ask("deploys"), r.changesCall(), w.askCounting("costs"), w.askCounting("spent", step), w.ask("n_plus_one"), w.ask("errors"), w.ask("slowest", top(10)),
	}
	kept := !state.answer.first().time("history_until").IsZero()
	if kept {
		calls = append(calls, year.ask("history", interval("step", 7*day)))
	}
	asked := r.ask(v, append(calls, r.overTimeCalls(kept)...)...)
	deploys, changes := asked[0], asked[1]
	overall, spread, rate := overTime(asked[len(calls):])
	r.head(v, state, overall, deploys, changes)
	marks := marksOf(deploys.answer)
	v.Sections = []*section{r.spreadSection(spread, marks), r.rateSection(rate, marks), r.partsSection(asked[2], asked[3])}
	if s := r.changesSection(changes); s.Table != nil {
		v.Sections = append(v.Sections, s)
	}
	v.Sections = append(v.Sections, r.statementsSection(asked[4]), r.errorsSection(asked[5]), r.slowestSection(asked[6]))
	if kept {
		s := r.historySection(asked[7], year)
		v.Sections = append(v.Sections, s)
	}
	return v
}

func routeTitle(w window) string {
	if title := w.narrowed(); len(title) > len(" of ") && title[:4] == " of " {
		return title[4:]
	}
	return "Requests" + w.narrowed()
}

// partsSection shows where the time of all requests goes, as one bar and over time.
func (r *reading) partsSection(costs, spent *result) *section {
	s := r.section("costs", "Where time goes", "", costs, spent)
	if costs.err != nil || len(costs.answer.rows) == 0 {
		s.Empty = "No statistics say where time went."
		return s
	}
	all, busy := map[string]float64{}, 0.0
	for _, shown := range costs.answer.all() {
		busy += shown.duration("busy").Seconds()
		for _, name := range timeParts {
			all[name] += shown.duration("busy").Seconds() * shown.number("percent_"+name) / 100
		}
	}
	if busy == 0 {
		s.Empty = "No statistics say where time went."
		return s
	}
	b := &bar{}
	shares := map[string]float64{}
	for _, name := range timeParts {
		shares[name] = 100 * all[name] / busy
		b.Labels = append(b.Labels, barLabel{name, formatPercent(float64(int(shares[name]*10+0.5)) / 10), timeWords[name]})
	}
	b.Parts = partsOf(shares)
	s.Bar = b
	if spent.err == nil {
		s.Plots = []*plot{r.partsPlot(spent.answer)}
	}
	return s
}

// bar is one time as a bar of parts.
type bar struct {
	Parts  []part
	Labels []barLabel
}

type barLabel struct{ Class, Value, Words string }

// timeWords say what the parts of a time are.
var timeWords = map[string]string{
	"own": "own", "database": "in the database", "waiting": "waiting for a connection", "outgoing": "calling others",
}

// slowestSection lists the slowest requests.
func (r *reading) slowestSection(slowest *result) *section {
	s := r.section("slowest", "The slowest", "", slowest)
	if slowest.err != nil {
		return s
	}
	if len(slowest.answer.rows) == 0 {
		s.Empty = "There are none."
		return s
	}
	s.Table = r.table(slowest.answer.all(), []column{
		{title: "when", class: "time", show: func(shown row) cell {
			return cell{Time: shown.time("at"), Text: formatTime(shown.time("at")), URL: r.requestURL(shown)}
		}},
		r.filterColumn("method", "http_method", "method"), textColumn("path", "http_path"), durationColumn("duration", "duration", ""),
		r.filterColumn("status", "status", "status"), countColumn("queries", "queries"),
		{title: "where time goes", class: "bar", show: func(shown row) cell { return cell{Parts: durationParts(shown)} }},
		{title: "account", class: "text", show: func(shown row) cell { return r.accountCell(shown.text("account")) }},
	})
	return s
}

func (r *reading) requestURL(shown row) string {
	if id := shown.text("request_id"); id != "" {
		return "/request/" + id
	}
	return ""
}

func (r *reading) accountCell(account string) cell {
	if account == "" || account == hidden {
		return cell{Text: account}
	}
	c := textCell(account)
	c.URL = r.window.at("/").with("account", account).URL()
	return c
}

// durationParts is the bar of one request.
func durationParts(shown row) []part {
	shares := map[string]float64{}
	whole := shown.duration("duration")
	for _, name := range timeParts {
		if whole > 0 {
			shares[name] = 100 * shown.duration(name).Seconds() / whole.Seconds()
		}
	}
	parts := partsOf(shares)
	for i := range parts {
		parts[i].Label = parts[i].Class + " " + formatDuration(shown.duration(parts[i].Class))
	}
	return parts
}

// historySection draws what history holds.
func (r *reading) historySection(history *result, of window) *section {
	s := r.section("history", "", "", history)
	if history.err != nil {
		return s
	}
	p := r.percentilePlot(history.answer, nil)
	p.ID, p.From, p.To, p.Title, p.Step = "history", of.from.Unix(), of.to.Unix(), "A year", int64(7*day/time.Second)
	p.Note = "p50, p95 and p99 of weeks, ±2.2 %"
	s.Plots = []*plot{p}
	return s
}

func historyView(r *reading) *view {
	v := r.newView("A year")
	w := r.window.ending(time.Now(), "1y")
	asked := r.ask(v,
		call{function: "kept"}, w.ask("history", interval("step", 7*day)),
		call{function: "compare"}.with(w.filterArguments("service", "method", "route")...))
	kept, history, compare := asked[0], asked[1], asked[2]
	switch {
	case kept.err != nil:
		v.Sentence = []fragment{say(r.problem(kept.err))}
		return v
	case !firstBool(kept.answer):
		v.Sentence = []fragment{strong("There is no history."), say(" history::enabled is false, or the page's role may not read it, so nothing outlives the lines.")}
		return v
	}
	v.Sentence = []fragment{strong("Were we ever faster?"), say(" The requests" + w.narrowed() + " of a year, and each route now against half a year ago.")}
	v.Sections = []*section{r.historySection(history, w)}
	s := r.section("compare", "Now against 26 weeks ago", "seven days each; times is how often the p95 then fits into the recent one", compare)
	v.Sections = append(v.Sections, s)
	switch {
	case compare.err != nil:
	case !slices.ContainsFunc(compare.answer.all(), func(r row) bool { return r.number("requests_before") > 0 }):
		s.Empty = "History does not go back that far."
	default:
		s.Table = r.table(compare.answer.all(), append(r.routeColumns(compare.answer.all()),
			textColumn("what", "change"), plainColumn("times", "times"),
			durationColumn("p50 then", "p50_before", ""), durationColumn("p50 now", "p50_recent", ""),
			durationColumn("p95 then", "p95_before", ""), durationColumn("p95 now", "p95_recent", ""),
			countColumn("requests then", "requests_before"), countColumn("requests now", "requests_recent"), chanceColumn()))
	}
	return v
}

// firstBool returns the only value of an answer.
func firstBool(a *answer) bool {
	if len(a.rows) == 0 || len(a.rows[0]) == 0 {
		return false
	}
	b, _ := a.rows[0][0].(bool)
	return b
}
