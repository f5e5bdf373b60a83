package page

import (
	"slices"
	"time"
)

// overview answers the question in a sentence, a picture and a table.
func overview(r *reading) *view {
	v := r.newView("Are we fast?")
	state := r.ask(v, call{function: "state"})[0]
	if r.empty(v, state) {
		return v
	}
	w := r.window
	built := state.answer.first().time("history_until")
	whole := w.whole(built)
	step := interval("step", w.step())
	// What takes longest comes first, since two questions run at once.
	asked := r.ask(v, append([]call{
		w.ask("deploys"), r.changesCall(), w.askCounting("speed"), whole.askCounting("trends", step), whole.askCounting("costs"),
	}, r.overTimeCalls(!built.IsZero())...)...)
	deploys, changes, speed, trends, costs := asked[0], asked[1], asked[2], asked[3], asked[4]
	overall, spread, rate := overTime(asked[5:])
	r.head(v, state, overall, deploys, changes)
	marks := marksOf(deploys.answer)
	v.Sections = append(v.Sections, r.spreadSection(spread, marks), r.rateSection(rate, marks))

	v.Sections = append(v.Sections, r.changesSection(changes))
	if s := r.deploysSection(deploys); s.Table != nil || s.Problem != "" {
		v.Sections = append(v.Sections, s)
	}
	v.Sections = append(v.Sections, r.routesSection(speed, trends, costs, worse(deploys.answer), worse(changes.answer)))
	return v
}

// empty says what to do while there are no lines, or that the database is away. It reports whether
// there is nothing more to ask.
func (r *reading) empty(v *view, state *result) bool {
	if state.err != nil {
		v.Sentence = []fragment{say(r.problem(state.err))}
		return causeOf(state.err) == away || causeOf(state.err) == noTable
	}
	if !state.answer.first().time("newest").IsZero() {
		return false
	}
	v.Sentence = []fragment{strong("No lines yet."), say(" A service needs two lines of environment, and a request.")}
	v.Sections = append(v.Sections, &section{
		ID: "start", Title: "Send the first one", Note: "to the address of the collector's otlp receiver; lines arrive within 15 seconds",
		Quote: "export OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318\nexport OTEL_SERVICE_NAME=my-service",
	})
	return true
}

// head writes the sentence and what it is made of.
func (r *reading) head(v *view, state, overall, deploys, changes *result) {
	switch {
	case overall.err != nil:
		v.Sentence = []fragment{say(r.problem(overall.err))}
	case len(overall.answer.rows) == 0:
		v.Sentence = append([]fragment{strong("No requests"), say(r.window.narrowed() + " ")}, r.window.spoken()...)
		v.Sentence = append(v.Sentence, say("."))
	default:
		v.Sentence = append(r.speedSentence(overall.answer), r.changeSentence(deploys.answer, changes.answer)...)
	}
	v.Notes = r.honesty(state.answer, overall.answer)
}

// marksOf returns the deployments as marks on the axis of time.
func marksOf(deploys *answer) (marks []mark) {
	seen := map[string]bool{}
	for _, shown := range deploys.all() {
		if label := shown.text("service_version"); !seen[label] && len(marks) < 20 {
			seen[label] = true
			marks = append(marks, mark{shown.time("began"), label})
		}
	}
	return marks
}

func (r *reading) spreadSection(spread *result, marks []mark) *section {
	s := r.section("duration", "", "", spread)
	if s.Problem == "" {
		s.Plots = []*plot{r.spreadPlot(spread.answer, marks)}
	}
	return s
}

func (r *reading) rateSection(rate *result, marks []mark) *section {
	s := r.section("rate", "", "", rate)
	if s.Problem == "" {
		s.Plots = []*plot{r.ratePlot(rate.answer, marks), r.percentilePlot(rate.answer, marks)}
	}
	return s
}

// routesSection lists the routes with where their time goes and how they went.
func (r *reading) routesSection(speed, trends, costs *result, worse ...[]row) *section {
	s := r.section("routes", "Routes", "the most frequent first", speed, trends, costs)
	if speed.err != nil {
		return s
	}
	s.Problem = ""
	if len(speed.answer.rows) == 0 {
		s.Empty = "No route was asked for."
		return s
	}
	s.Note = grouped(int64(len(speed.answer.rows))) + ", the most frequent first"
	bad := map[string]string{}
	for _, rows := range worse {
		for _, shown := range rows {
			bad[seriesOf(shown)] = "bad"
		}
	}
	plots := sparks(trends.answer, r.window)
	spent := map[string]row{}
	for _, shown := range costs.answer.all() {
		spent[seriesOf(shown)] = shown
	}
	columns := append(r.routeColumns(speed.answer.all()), countColumn("requests", "requests"))
	if sampled(speed.answer) {
		columns = append(columns, countColumn("lines", "lines"))
	}
	columns = append(columns,
		durationColumn("p50", "p50", "lines"), durationColumn("p95", "p95", "lines"), durationColumn("p99", "p99", "lines"),
		percentColumn("failed", "percent_failed", 1),
		column{title: "where time goes", class: "bar", show: func(shown row) cell {
			cost := spent[seriesOf(shown)]
			shares := map[string]float64{}
			for _, name := range timeParts {
				shares[name] = cost.number("percent_" + name)
			}
			return cell{Parts: partsOf(shares)}
		}},
		column{title: "p95 over time", class: "spark", show: func(shown row) cell { return cell{Points: plots[seriesOf(shown)], Class: bad[seriesOf(shown)]} }},
	)
	s.Table = r.table(speed.answer.all(), columns)
	return s
}

// sampled reports whether some lines stand for several requests. Otherwise there are as many lines
// as requests, and one number says both.
func sampled(a *answer) bool {
	return slices.ContainsFunc(a.all(), func(r row) bool { return r.number("lines") != r.number("requests") })
}

// recentChange is how much of a long window is compared with what was before.
const recentChange = time.Hour

// changesCall asks what changed: a window of two times against as much before it, a short one
// against the day before, and of a long one the latest hour against the day before that.
func (r *reading) changesCall() call {
	w := r.window
	recent, before := w.length(), w.length()
	switch {
	case w.relative != "" && w.length() <= historyAfter:
		before = day
	case w.relative != "" && w.length() <= day+time.Hour:
		// Whole hours are answered from history: see window.arguments.
		recent, before = w.to.Sub(w.to.Add(-recentChange).Truncate(time.Hour))+time.Microsecond, day
	}
	c := call{
		function: "changes", fresh: windowFresh,
		arguments: []argument{interval("recent", recent), interval("before", before), instant("until", w.to)},
	}
	c = c.with(w.filterArguments("service", "environment", "method", "route")...)
	if w.exact {
		c = c.with(isTrue("exact"))
	}
	return c
}

// compared says what changesCall compares.
func compared(c call) string {
	var lengths []string
	for _, a := range c.arguments[:2] {
		d, err := time.ParseDuration(a.value[:len(a.value)-len(" seconds")] + "s")
		if err != nil {
			return ""
		}
		lengths = append(lengths, formatLength(d))
	}
	return "the latest " + lengths[0] + " against " + lengths[1] + " before"
}
