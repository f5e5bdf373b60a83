package page

import "strings"

// searchView finds a request id, a trace id, an account, a path or an address: it goes to the
// request if there is one, or lists lines.
func searchView(r *reading) *view {
	value := strings.TrimSpace(storable(r.query.Get("q")))
	v := r.newView("Search")
	if value == "" {
		v.Sentence = []fragment{strong("What are you looking for?"), say(" A request id, a trace id, an account, a path or an address.")}
		return v
	}
	asked := r.ask(v, call{function: "find", arguments: []argument{text("value", value), top(50)}})[0]
	if asked.err != nil {
		v.Sentence = []fragment{say(r.problem(asked.err))}
		return v
	}
	rows := asked.answer.all()
	if len(rows) == 1 {
		if id := rows[0].text("request_id"); id != "" {
			v.redirect = "/request/" + id
			return v
		}
	}
	if found := rows; len(found) == 0 {
		v.Sentence = []fragment{strong("Nothing"), say(" stands in the lines that are kept like "), strong(value), say(".")}
		v.missing = true
		return v
	}
	v.Sentence = []fragment{strong(capital(plural(len(rows), "line", "lines"))), say(" with "), strong(value), say(", the latest first.")}
	s := r.section("found", "Found", "", asked)
	s.Table = r.table(rows, []column{
		{title: "when", class: "time", show: func(shown row) cell {
			return cell{Time: shown.time("at"), Text: formatTime(shown.time("at")), URL: r.requestURL(shown)}
		}},
		textColumn("in", "found_in"), r.filterColumn("service", "service_name", "service"), r.filterColumn("method", "http_method", "method"),
		textColumn("path", "http_path"), r.filterColumn("status", "status", "status"), durationColumn("duration", "duration", ""),
		textColumn("error", "error"),
		{title: "account", class: "text", show: func(shown row) cell { return r.accountCell(shown.text("account")) }},
	})
	v.Sections = []*section{s}
	return v
}
