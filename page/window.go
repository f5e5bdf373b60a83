package page

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
)

// span is a relative window that readers can choose.
type span struct {
	Name, Label string
	length      time.Duration
	// tick is how long the window stands still. It bounds what readers who look all the time cost,
	// since the questions about a window are asked once for each tick.
	tick time.Duration
}

const day = 24 * time.Hour

// spans are the relative windows, the shortest first.
var spans = []span{
	{"15m", "15 min", 15 * time.Minute, 10 * time.Second},
	{"1h", "1 h", time.Hour, 20 * time.Second},
	{"3h", "3 h", 3 * time.Hour, time.Minute},
	{"24h", "24 h", day, time.Minute},
	{"7d", "7 d", 7 * day, 5 * time.Minute},
	{"30d", "30 d", 30 * day, 10 * time.Minute},
	{"1y", "1 y", 365 * day, 10 * time.Minute},
}

// defaultSpan is what a URL without a window means, unless all lines are younger than a shorter one.
const defaultSpan = "24h"

// spanSince returns the shortest span that holds everything since a time, and defaultSpan at most.
func spanSince(oldest, now time.Time) string {
	for _, s := range spans {
		if s.Name == defaultSpan || !oldest.IsZero() && oldest.After(now.Add(-s.length)) {
			return s.Name
		}
	}
	return defaultSpan
}

// historyAfter is the length beyond which functions answer from history.
const historyAfter = 3 * time.Hour

// filterNames are what lines can be narrowed to, as in URLs, in the order of the chips.
var filterNames = []string{"service", "environment", "method", "route", "status", "account"}

// parameters are the names of the functions' parameters where they differ from those in URLs.
var parameters = map[string]string{"status": "with_status", "account": "of_account"}

// window is the part of the lines that a reader looks at. It is a value: its methods return others.
type window struct {
	// path is that of the view, query what its URL says besides the window and the filters.
	path  string
	query url.Values
	// from is not part of the window, to is.
	from, to time.Time
	// relative is the name of a span, empty for two times.
	relative string
	// exact has lines counted, however long the window is.
	exact   bool
	filters map[string][]string
}

// readWindow reads a URL. What it cannot read falls back to the default, since a page with other
// lines says so in its first line, and an error would say less.
func readWindow(u *url.URL, now time.Time, fallback string) window {
	query := u.Query()
	w := window{path: u.Path, query: query, filters: map[string][]string{}, exact: query.Get("exact") == "true"}
	for _, name := range filterNames {
		for _, value := range query[name] {
			if value = storable(value); value != "" && !strings.Contains(value, "\n") && !slices.Contains(w.filters[name], value) {
				w.filters[name] = append(w.filters[name], value)
			}
		}
		query.Del(name)
	}
	from, errFrom := time.Parse(time.RFC3339, query.Get("from"))
	to, errTo := time.Parse(time.RFC3339, query.Get("to"))
	name := query.Get("window")
	for _, key := range []string{"from", "to", "window", "exact"} {
		query.Del(key)
	}
	if errFrom == nil && errTo == nil && from.Before(to) && from.Year() > 1970 && to.Year() < 3000 {
		w.from, w.to = from.UTC(), to.UTC()
		return w
	}
	if !slices.ContainsFunc(spans, func(s span) bool { return s.Name == name }) {
		name = fallback
	}
	return w.ending(now, name)
}

// ending returns the window of a span that ends now, and begins with a whole hour if hours answer
// for it.
func (w window) ending(now time.Time, name string) window {
	i := slices.IndexFunc(spans, func(s span) bool { return s.Name == name })
	w.relative = spans[i].Name
	w.to = now.UTC().Truncate(spans[i].tick)
	w.from = w.to.Add(-spans[i].length)
	switch {
	case spans[i].length >= 30*day:
		w.from = w.from.Truncate(day)
	case spans[i].length > historyAfter:
		w.from = w.from.Truncate(time.Hour)
	}
	return w
}

// whole returns the part of the window that history holds, if that is most of it. Questions whose
// answer hardly differs by the latest lines are asked about it, since reading those takes longest.
func (w window) whole(built time.Time) window {
	built = built.UTC()
	if w.fromHistory() && built.Before(w.to) && built.Sub(w.from) > w.length()/2 {
		w.to = built
	}
	return w
}

func (w window) length() time.Duration { return w.to.Sub(w.from) }

// fromHistory reports whether the functions answer from history, where there is one.
func (w window) fromHistory() bool {
	return w.length() > historyAfter && !w.exact && len(w.filters["status"]) == 0 && len(w.filters["account"]) == 0
}

// maxSteps is the most points of a plot.
const maxSteps = 130

// steps are the lengths of a point of a plot. From an hour on, history has them.
var steps = []time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, day, 2 * day, 3 * day, 7 * day, 28 * day,
}

// step returns the length of a point of a plot: whole hours if history answers, since it has no
// others.
func (w window) step() time.Duration {
	for _, step := range steps {
		if w.length() <= maxSteps*step && (step >= time.Hour || !w.fromHistory()) {
			return step
		}
	}
	return (w.length() / maxSteps).Truncate(day) + day
}

// arguments returns the window and the filters as arguments of a function. A window that begins with
// an hour has the first instant of it, unlike those of the functions, so that history has all of its
// first hour: a line of that very instant would have the functions read the hour.
func (w window) arguments() []argument {
	since := w.length()
	if w.from.Equal(w.from.Truncate(time.Hour)) {
		since += time.Microsecond
	}
	return append([]argument{interval("since", since), instant("until", w.to)}, w.filterArguments(filterNames...)...)
}

// filterArguments returns those of the named filters that are set.
func (w window) filterArguments(names ...string) (arguments []argument) {
	for _, name := range names {
		if values := w.filters[name]; len(values) > 0 {
			parameter := name
			if other, differs := parameters[name]; differs {
				parameter = other
			}
			arguments = append(arguments, text(parameter, strings.Join(values, "\n")))
		}
	}
	return arguments
}

// windowFresh is how long an answer about a window is given again. That of a relative window is asked
// anew at each tick, since it is another window then.
const windowFresh = time.Minute

// ask returns a call of a function that takes the window and all filters.
func (w window) ask(function string, more ...argument) call {
	return call{function: function, arguments: append(w.arguments(), more...), fresh: windowFresh}
}

// askCounting is ask for a function that answers long windows from history unless it is told not to.
func (w window) askCounting(function string, more ...argument) call {
	c := w.ask(function, more...)
	if w.exact {
		c = c.with(isTrue("exact"))
	}
	return c
}

// with returns the window with one more value of a filter.
func (w window) with(name, value string) window {
	w.filters = maps.Clone(w.filters)
	if !slices.Contains(w.filters[name], value) {
		w.filters[name] = append(slices.Clone(w.filters[name]), value)
	}
	return w
}

// only returns the window with one value of a filter.
func (w window) only(name, value string) window {
	w.filters = maps.Clone(w.filters)
	w.filters[name] = []string{value}
	return w
}

// without returns the window without a value of a filter.
func (w window) without(name, value string) window {
	w.filters = maps.Clone(w.filters)
	w.filters[name] = slices.DeleteFunc(slices.Clone(w.filters[name]), func(v string) bool { return v == value })
	return w
}

// between returns the window of two times.
func (w window) between(from, to time.Time) window {
	w.from, w.to, w.relative = from.UTC(), to.UTC(), ""
	return w
}

// before returns the window of the same length that ends where this one begins.
func (w window) before() window { return w.between(w.from.Add(-w.length()), w.from) }

// after returns the window of the same length that begins where this one ends.
func (w window) after() window { return w.between(w.to, w.to.Add(w.length())) }

// counting returns the window with lines counted.
func (w window) counting() window {
	w.exact = true
	return w
}

// at returns the window in another view.
func (w window) at(path string) window {
	w.path, w.query = path, url.Values{}
	return w
}

// set returns the window with another value of the view's own.
func (w window) set(key, value string) window {
	w.query = maps.Clone(w.query)
	if w.query == nil {
		w.query = url.Values{}
	}
	w.query.Set(key, value)
	if value == "" {
		w.query.Del(key)
	}
	return w
}

// URL returns the address of the view with this window.
func (w window) URL() string {
	query := url.Values{}
	maps.Copy(query, w.query)
	for name, values := range w.filters {
		if len(values) > 0 {
			query[name] = values
		}
	}
	if w.relative == "" {
		query.Set("from", w.from.Format(time.RFC3339))
		query.Set("to", w.to.Format(time.RFC3339))
	} else {
		query.Set("window", w.relative)
	}
	if w.exact {
		query.Set("exact", "true")
	}
	return w.path + "?" + query.Encode()
}

// Fixed returns the address with two times instead of a relative window, which says the same
// tomorrow.
func (w window) Fixed() string { return w.between(w.from, w.to).URL() }
