package page

// Views that show one question each, and the sections of others that show the same.

// changesSection lists what chance does not explain.
func (r *reading) changesSection(changes *result) *section {
	s := r.section("changes", "What changed", compared(changes.call), changes)
	if changes.err != nil {
		return s
	}
	rows := changes.answer.all()
	comparable := false
	for _, shown := range rows {
		comparable = comparable || shown.number("lines_before") > 0
	}
	switch {
	case len(rows) == 0:
		s.Empty = "Nothing, beyond what chance explains."
		return s
	case !comparable:
		s.Empty = "There are no earlier lines to compare with."
		return s
	}
	columns := append([]column{{title: "what", class: "text", show: func(shown row) cell {
		c := cell{Text: shown.text("change")}
		if c.Text == "slower" || c.Text == "failing" {
			c.Class = "bad"
		}
		return c
	}}}, r.routeColumns(rows)...)
	columns = append(columns,
		fromToColumn(durationColumn("p95", "p95_before", "lines_before"), durationColumn("p95", "p95_recent", "lines_recent")),
		fromToColumn(percentColumn("failed", "percent_failed_before", 0), percentColumn("failed", "percent_failed_recent", 0)),
		fromToColumn(countColumn("lines", "lines_before"), countColumn("lines", "lines_recent")), chanceColumn(),
		r.differentColumn())
	s.Table = r.table(rows, columns)
	return s
}

// chanceColumn shows the probability that chance alone explains a change.
func chanceColumn() column {
	return column{title: "chance", class: "number", show: func(shown row) cell {
		if shown.value("chance") == nil {
			return cell{}
		}
		if shown.number("chance") < 0.001 {
			return cell{Text: "< 0.001"}
		}
		return cell{Text: digits(shown.number("chance"))}
	}}
}

// differentColumn leads to what is different about the slowest requests of a route.
func (r *reading) differentColumn() column {
	return column{class: "text", show: func(shown row) cell {
		w := r.window.at("/selection")
		if shown.text("http_route") == "" {
			return cell{}
		}
		for _, f := range []struct{ filter, name string }{{"service", "service_name"}, {"method", "http_method"}, {"route", "http_route"}} {
			if value := shown.text(f.name); value != "" {
				w = w.only(f.filter, value)
			}
		}
		return cell{Text: "what is different?", URL: w.URL()}
	}}
}

// deploysSection lists what each version of a service changed.
func (r *reading) deploysSection(deploys *result) *section {
	s := r.section("deploys", "What was deployed", "each version against the one before it, on the routes that both served", deploys)
	if deploys.err != nil {
		return s
	}
	rows := deploys.answer.all()
	if len(rows) == 0 {
		s.Empty = "No version of a service began in this window."
		return s
	}
	columns := append([]column{
		{title: "version", class: "text", show: func(shown row) cell {
			return cell{Text: shown.text("service_version"), Title: "after " + shown.text("version_before")}
		}},
		timeColumn("began", "began"),
		{title: "what", class: "text", show: func(shown row) cell {
			c := cell{Text: shown.text("change")}
			if c.Text != "none found" {
				c.Class = "bad"
			}
			return c
		}},
	}, r.routeColumns(rows)...)
	columns = append(columns,
		fromToColumn(durationColumn("p95", "p95_before", "lines_before"), durationColumn("p95", "p95_since", "lines_since")),
		fromToColumn(percentColumn("failed", "percent_failed_before", 0), percentColumn("failed", "percent_failed_since", 0)),
		fromToColumn(plainColumn("queries", "queries_before"), plainColumn("queries", "queries_since")),
		fromToColumn(countColumn("lines", "lines_before"), countColumn("lines", "lines_since")), chanceColumn())
	s.Table = r.table(rows, columns)
	s.Note += noteOf(rows)
	return s
}

// noteOf returns what an answer says of itself, such as that it is of a sample.
func noteOf(rows []row) string {
	for _, shown := range rows {
		if note := shown.text("note"); note != "" {
			return "; " + note
		}
	}
	return ""
}

func errorsView(r *reading) *view {
	v := r.newView("Errors")
	step := interval("step", r.window.step())
	asked := r.ask(v, r.window.ask("errors"), r.window.askCounting("rate", step))
	v.Sections = []*section{r.errorsSection(asked[0])}
	v.Sentence = listSentence(r, asked[0], "kind of error", "kinds of error", "requests")
	if s := r.section("rate", "", "", asked[1]); s.Problem == "" {
		s.Plots = []*plot{r.ratePlot(asked[1].answer, nil)}
		v.Sections = append(v.Sections, s)
	}
	return v
}

// errorsSection lists kinds of errors.
func (r *reading) errorsSection(errors *result) *section {
	s := r.section("errors", "What goes wrong", "failures first, then what is refused", errors)
	if errors.err != nil {
		return s
	}
	if len(errors.answer.rows) == 0 {
		s.Empty = "Nothing went wrong."
		return s
	}
	columns := append([]column{
		{title: "status", class: "text", sort: "status", show: func(shown row) cell {
			c := cell{Text: shown.text("status"), URL: r.window.at("/selection").with("status", shown.text("status")).URL()}
			if shown.number("status") >= 500 {
				c.Class = "bad"
			}
			return c
		}},
	}, r.routeColumns(errors.answer.all())...)
	columns = append(columns, textColumn("error", "error_code"), textColumn("cause", "error_cause"),
		countColumn("requests", "requests"), countColumn("accounts", "accounts"), timeColumn("first", "first_at"), timeColumn("last", "last_at"))
	s.Table = r.table(errors.answer.all(), columns)
	return s
}

// listSentence says how many there are of what an answer lists, and what they add up to.
func listSentence(r *reading, listed *result, one, several, count string) []fragment {
	if listed.err != nil {
		return []fragment{say(r.problem(listed.err))}
	}
	total := 0.0
	for _, shown := range listed.answer.all() {
		total += shown.number(count)
	}
	said := []fragment{strong(capital(plural(len(listed.answer.rows), one, several)))}
	if total > 0 {
		said = append(said, say(" in "+grouped(int64(total))+" "+count))
	}
	said = append(said, say(r.window.narrowed()+" "))
	return append(append(said, r.window.spoken()...), say("."))
}

func changesView(r *reading) *view {
	v := r.newView("Changes")
	asked := r.ask(v, r.changesCall())[0]
	v.Sections = []*section{r.changesSection(asked)}
	v.Sentence = []fragment{say(r.problemOr(asked, "Nothing changed"+r.window.narrowed()+" beyond what chance explains."))}
	if asked.err == nil && len(asked.answer.rows) > 0 && v.Sections[0].Empty == "" {
		v.Sentence = []fragment{strong(capital(plural(len(asked.answer.rows), "change", "changes"))), say(r.window.narrowed() + " that chance does not explain.")}
	}
	return v
}

// problemOr returns the sentence for a failure, or another.
func (r *reading) problemOr(asked *result, otherwise string) string {
	if asked.err != nil {
		return r.problem(asked.err)
	}
	return otherwise
}

func deploysView(r *reading) *view {
	v := r.newView("Deploys")
	asked := r.ask(v, r.window.ask("deploys"))[0]
	v.Sections = []*section{r.deploysSection(asked)}
	v.Sentence = listSentence(r, asked, "finding", "findings", "")
	if versions := len(marksOf(asked.answer)); asked.err == nil {
		v.Sentence = append([]fragment{strong(capital(plural(versions, "new version", "new versions"))), say(r.window.narrowed() + " ")}, r.window.spoken()...)
		v.Sentence = append(v.Sentence, say("."))
	}
	return v
}

func statementsView(r *reading) *view {
	v := r.newView("Statements")
	asked := r.ask(v, r.window.ask("n_plus_one"), r.window.askCounting("costs"))
	v.Sentence = listSentence(r, asked[0], "statement that repeats", "statements that repeat", "requests")
	v.Sections = []*section{r.statementsSection(asked[0]), r.costsSection(asked[1])}
	return v
}

// statementsSection lists statements that one request runs many times.
func (r *reading) statementsSection(repeated *result) *section {
	s := r.section("statements", "Statements that repeat", "at least ten times in one request: one for each row?", repeated)
	if repeated.err != nil {
		return s
	}
	if len(repeated.answer.rows) == 0 {
		s.Empty = "No request ran one statement ten times."
		return s
	}
	s.Table = r.table(repeated.answer.all(), append([]column{codeColumn("statement", "statement")}, append(r.routeColumns(repeated.answer.all()),
		countColumn("requests", "requests"), countColumn("typical", "typical_repeat"), countColumn("highest", "highest_repeat"),
		countColumn("queries", "queries"), sumColumn("in the database", "in_database"))...))
	return s
}

// costsSection lists where the time of routes goes.
func (r *reading) costsSection(costs *result) *section {
	s := r.section("costs", "Where time goes", "own, in the database, waiting for a connection, calling others; shares of busy, which is all time together", costs)
	if costs.err != nil {
		return s
	}
	columns := append(r.routeColumns(costs.answer.all()), countColumn("requests", "requests"), countColumn("queries", "queries"),
		plainColumn("queries each", "queries_each"), sumColumn("busy", "busy"), percentColumn("of all", "percent_busy", 0),
		percentColumn("own", "percent_own", 0), percentColumn("database", "percent_database", 0),
		percentColumn("waiting", "percent_waiting", 0), percentColumn("outgoing", "percent_outgoing", 0),
		column{title: "share", class: "bar", show: func(shown row) cell { return cell{Parts: costParts(shown)} }})
	s.Table = r.table(costs.answer.all(), columns)
	return s
}

func costParts(shown row) []part {
	shares := map[string]float64{}
	for _, name := range timeParts {
		shares[name] = shown.number("percent_" + name)
	}
	return partsOf(shares)
}

func callersView(r *reading) *view {
	v := r.newView("Callers")
	asked := r.ask(v, r.window.ask("callers"))[0]
	s := r.section("callers", "Who asks", "the most requests, and the most errors", asked)
	v.Sections = []*section{s}
	v.Sentence = append([]fragment{say(r.problemOr(asked, "Who asked"+r.window.narrowed()+" "))}, r.window.spoken()...)
	if asked.err != nil {
		v.Sentence = v.Sentence[:1]
		return v
	}
	v.Sentence = append(v.Sentence, say("."))
	s.Table = r.table(asked.answer.all(), []column{
		textColumn("kind", "kind"),
		{title: "caller", class: "text", show: r.callerCell},
		countColumn("requests", "requests"), percentColumn("of all", "percent_requests", 0), sumColumn("busy", "busy"),
		countColumn("refused", "refused"), countColumn("failed", "failed"), timeColumn("last", "last_at"),
	})
	return v
}

// callerCell shows a caller, as a link to its lines if it is an account.
func (r *reading) callerCell(shown row) cell {
	caller := shown.text("caller")
	switch {
	case caller == "":
		return cell{Text: "none", Class: "hollow"}
	case shown.text("kind") == "account" && caller != hidden:
		return cell{Text: caller, URL: r.window.at("/").with("account", caller).URL()}
	}
	return cell{Text: caller}
}
