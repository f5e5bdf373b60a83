package page

import (
	"context"
	"net/url"
	"strings"
	"sync"
	"time"
)

// view is what a page says. The templates show it, and .json and .csv say the same.
type view struct {
	Title    string
	Window   window
	Sentence []fragment
	Notes    []fragment
	Sections []*section
	// results are all questions of the view, in the order in which they are shown.
	results []*result
	// redirect is where the reader wants to go instead.
	redirect string
	// missing is true of an address that is about nothing.
	missing bool
}

// fragment is a piece of a sentence.
type fragment struct {
	Text string
	// URL is where it leads, empty for nowhere.
	URL string
	// Class is strong, bad or empty. Only what the statistics say is bad.
	Class string
	// Time, if not zero, stands for the text, in the reader's zone.
	Time time.Time
}

func say(text string) fragment    { return fragment{Text: text} }
func strong(text string) fragment { return fragment{Text: text, Class: "strong"} }
func link(text, address string) fragment {
	return fragment{Text: text, URL: address}
}
func moment(t time.Time) fragment { return fragment{Text: formatTime(t), Time: t} }

// section is a part of a view: a plot, a table, facts or a bar, under a title.
type section struct {
	ID, Title, Note string
	// Problem says in a sentence why there is no answer, Empty that there is nothing.
	Problem, Empty string
	Plots          []*plot
	Table          *tableView
	Facts          []group
	Bar            *bar
	Quote          string
	More           fragment
	// Calls are the questions behind it.
	Calls []shownCall
}

// shownCall is a question as a reader can ask it.
type shownCall struct {
	SQL, Function, Explanation string
	CSV                        string
	Took                       string
}

// result is a question with its answer or its error.
type result struct {
	call   call
	answer *answer
	err    error
}

// reading is one reader's request.
type reading struct {
	*page
	ctx    context.Context //nolint:containedctx // it lives as long as the request
	window window
	query  url.Values
	// id is the part of the path that names a request or a function.
	id string
}

// ask asks questions at once and returns their results in the same order.
func (r *reading) ask(v *view, calls ...call) []*result {
	results := make([]*result, len(calls))
	var waiting sync.WaitGroup
	for i, c := range calls {
		results[i] = &result{call: c}
		waiting.Go(func() { results[i].answer, results[i].err = r.asker.answer(r.ctx, c) })
	}
	waiting.Wait()
	v.results = append(v.results, results...)
	return results
}

// newView begins a view.
func (r *reading) newView(title string) *view { return &view{Title: title, Window: r.window} }

// section begins a section about the results: with their SQL, and with the sentence for the first
// of them that failed.
func (r *reading) section(id, title, note string, results ...*result) *section {
	s := &section{ID: id, Title: title, Note: note}
	for _, result := range results {
		if result.err != nil && s.Problem == "" {
			s.Problem = r.problem(result.err)
		}
		shown := shownCall{
			SQL: result.call.shown(r.store.name()), Function: "/sql/" + result.call.function,
			CSV: r.window.asCSV(result.call.function),
		}
		if result.answer != nil {
			shown.Took = formatDuration(result.answer.took)
		}
		s.Calls = append(s.Calls, shown)
	}
	return s
}

// asCSV returns the address of a question's answer as CSV.
func (w window) asCSV(function string) string {
	w = w.between(w.from, w.to).set("table", function)
	if w.path == "/" {
		w.path = "/index"
	}
	w.path += ".csv"
	return w.URL()
}

// asJSON returns the address of the view's answers as JSON.
func (w window) asJSON() string {
	w = w.between(w.from, w.to)
	if w.path == "/" {
		w.path = "/index"
	}
	w.path += ".json"
	return w.URL()
}

// narrowed says which lines a sentence is about: of GET /clusters in production.
func (w window) narrowed() string {
	var parts []string
	if what := strings.TrimSpace(strings.Join(w.filters["method"], " or ") + " " + strings.Join(w.filters["route"], " or ")); what != "" {
		parts = append(parts, "of "+what)
	}
	for _, f := range []struct{ name, before string }{
		{"service", "by "}, {"environment", "in "}, {"status", "with status "}, {"account", "of account "},
	} {
		if values := w.filters[f.name]; len(values) > 0 {
			parts = append(parts, f.before+strings.Join(values, " or "))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return " " + strings.Join(parts, " ")
}

// spoken returns the window as a sentence has it.
func (w window) spoken() []fragment {
	for _, s := range spans {
		if s.Name == w.relative {
			return []fragment{say("in the last " + map[string]string{
				"15m": "15 minutes", "1h": "hour", "3h": "three hours", "24h": "24 hours", "7d": "seven days", "30d": "30 days", "1y": "year",
			}[s.Name])}
		}
	}
	return []fragment{say("between "), moment(w.from), say(" and "), moment(w.to)}
}
