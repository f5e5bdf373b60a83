package page

import "time"

// speedSentence says how fast the requests of a window were, from an answer of overall.
func (r *reading) speedSentence(overall *answer) []fragment {
	w := r.window
	all := overall.first()
	requests := grouped(int64(all.number("requests")))
	said := []fragment{}
	switch {
	case all.number("percent_instant") >= 90:
		said = append(said, strong("Yes."))
	case all.number("percent_instant")+all.number("percent_fast") >= 95:
		said = append(said, strong("Mostly."))
	default:
		said = append(said, fragment{Text: "No.", Class: "bad strong"})
	}
	said = append(said, say(" "+formatPercent(all.number("percent_instant"))+" of "), link(requests, r.slowestURL(0)),
		say(" "+requestsNoun(all)+w.narrowed()+" "))
	said = append(said, w.spoken()...)
	said = append(said, say(" felt instant"))
	if slow := all.number("percent_slow"); slow > 0 {
		said = append(said, say(", and "), link(formatPercent(slow), r.slowestURL(time.Second)), say(" took longer than a second"))
	}
	if failed := all.number("percent_failed"); failed > 0 {
		said = append(said, say("; "), link(formatPercent(failed), w.at("/errors").URL()), say(" failed"))
	}
	return append(said, say("."))
}

// requestsNoun is one request or several.
func requestsNoun(all row) string {
	if all.number("requests") == 1 {
		return "request"
	}
	return "requests"
}

// slowestURL leads to the requests of the window from a duration on.
func (r *reading) slowestURL(least time.Duration) string {
	w := r.window.at("/selection")
	if least > 0 {
		w = w.set("slower", least.String())
	}
	return w.URL()
}

// changeSentence says which routes got slower or began to fail, from answers of deploys and of
// changes. What a deployment explains is said of the deployment.
func (r *reading) changeSentence(deploys, changes *answer) []fragment {
	if routes := worse(deploys); len(routes) > 0 {
		first := routes[0]
		return []fragment{
			say(" "), r.worseFragment(routes, r.window.at("/deploys").URL()), say(" since "),
			strong(first.text("service_version")), say(" was deployed at "), moment(first.time("began")), say("."),
		}
	}
	if routes := worse(changes); len(routes) > 0 {
		return []fragment{say(" "), r.worseFragment(routes, r.window.at("/changes").URL()), say(" than before.")}
	}
	return nil
}

// worse returns a row for each route that got slower or began to fail.
func worse(a *answer) (routes []row) {
	seen := map[string]bool{}
	for _, shown := range a.all() {
		if change := shown.text("change"); (change == "slower" || change == "failing") && !seen[seriesOf(shown)] {
			seen[seriesOf(shown)] = true
			routes = append(routes, shown)
		}
	}
	return routes
}

// worseFragment names one route, or says how many got worse.
func (r *reading) worseFragment(routes []row, address string) fragment {
	slower := true
	for _, shown := range routes {
		slower = slower && shown.text("change") == "slower"
	}
	verb := " got slower"
	if !slower {
		verb = " got worse"
	}
	if len(routes) == 1 {
		name := routeName(routes[0])
		if method := routes[0].text("http_method"); method != "" {
			name = method + " " + name
		}
		return fragment{Text: name + verb, URL: r.routeURL(routes[0]), Class: "bad"}
	}
	return fragment{Text: capital(plural(len(routes), "route", "routes")) + verb, URL: address, Class: "bad"}
}

// honesty says of what the numbers are: the age of the newest line, and how exact percentiles are.
func (r *reading) honesty(state, counted *answer) []fragment {
	var said []fragment
	if newest := state.first().time("newest"); !newest.IsZero() {
		age := state.first().duration("newest_age")
		said = append(said, say("newest line "+formatLength(max(age, 0))+" before this answer"))
	}
	if built := state.first().time("history_until"); !built.IsZero() && r.window.fromHistory() && time.Since(built) > 2*time.Hour {
		said = append(said, say("history is still filling, and holds what was before "), moment(built))
	}
	lines := grouped(int64(counted.first().number("lines"))) + " lines"
	switch accuracy := counted.first().text("accuracy"); accuracy {
	case "":
	case "exact":
		said = append(said, say("percentiles exact, of "+lines))
	default:
		said = append(said, say("percentiles "+accuracy+", of "+lines+", from history"),
			link("exact", r.window.counting().URL()))
	}
	return said
}
