package page

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// few is how many lines make a percentile worth a full mark.
const few = 100

// tableView is a table of an answer as readers see it.
type tableView struct {
	Headings []heading
	Rows     [][]cell
	// Total is how many rows the answer has, All the address that shows them all.
	Total int
	All   string
}

type heading struct {
	Title, Class string
	// URL sorts by the column; Sorted is true of the one that is sorted by.
	URL    string
	Sorted bool
}

// cell is one value. Everything in it is escaped where it is shown.
type cell struct {
	Text, URL, Class, Title string
	// Time, if not zero, stands for the text, in the reader's zone.
	Time time.Time
	// Parts are the shares of a bar, Points the dots of a small plot.
	Parts  []part
	Points string
	// More are further links beside the value.
	More []fragment
}

// part is a piece of a bar. Percents are of the bar's width and height.
type part struct {
	Class, Label          string
	From, Wide, Top, High float64
}

// column says how a column is shown.
type column struct {
	title, class string
	// sort is the column of the answer that its heading sorts by, if it does.
	sort string
	show func(row) cell
}

// maxRows is how many rows of a table are shown at first.
const maxRows = 50

// table shows the rows of an answer. The reader's choice of order comes first, and rows beyond
// maxRows are left out until they are asked for.
func (r *reading) table(rows []row, columns []column) *tableView {
	t := &tableView{Total: len(rows)}
	by := r.query.Get("sort")
	for _, c := range columns {
		h := heading{Title: c.title, Class: c.class}
		if c.sort != "" {
			h.Sorted = c.sort == by
			h.URL = r.window.set("sort", c.sort).URL()
			if h.Sorted {
				rows = slices.Clone(rows)
				slices.SortStableFunc(rows, func(a, b row) int { return compareValues(b.value(by), a.value(by)) })
				h.URL = r.window.set("sort", "").URL()
			}
		}
		t.Headings = append(t.Headings, h)
	}
	if len(rows) > maxRows && r.query.Get("all") == "" {
		rows, t.All = rows[:maxRows], r.window.set("all", "true").URL()
	}
	for _, shown := range rows {
		cells := make([]cell, len(columns))
		for i, c := range columns {
			cells[i] = c.show(shown)
			cells[i].Class = strings.TrimSpace(c.class + " " + cells[i].Class)
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}

// compareValues orders values of one kind; NULL is the least.
func compareValues(a, b any) int {
	switch a := a.(type) {
	case int64:
		if b, ok := b.(int64); ok {
			return cmp.Compare(a, b)
		}
	case float64:
		if b, ok := b.(float64); ok {
			return cmp.Compare(a, b)
		}
	case time.Duration:
		if b, ok := b.(time.Duration); ok {
			return cmp.Compare(a, b)
		}
	case time.Time:
		if b, ok := b.(time.Time); ok {
			return a.Compare(b)
		}
	case string:
		if b, ok := b.(string); ok {
			return cmp.Compare(a, b)
		}
	}
	return cmp.Compare(strconv.FormatBool(a != nil), strconv.FormatBool(b != nil))
}

// Kinds of columns. Each shows the value of a name.

func textColumn(title, name string) column {
	return column{title: title, class: "text", show: func(r row) cell { return textCell(r.text(name)) }}
}

// textCell shows a text. One with words of any length may be broken inside of them.
func textCell(text string) cell {
	c := cell{Text: text}
	if slices.ContainsFunc(strings.Fields(text), func(word string) bool { return len(word) > 24 }) {
		c.Class = "long"
	}
	return c
}

func codeColumn(title, name string) column {
	return column{title: title, class: "code", show: func(r row) cell { return cell{Text: r.text(name)} }}
}

func countColumn(title, name string) column {
	return column{title: title, class: "number", sort: name, show: func(r row) cell {
		if r.value(name) == nil {
			return cell{}
		}
		return cell{Text: grouped(int64(r.number(name)))}
	}}
}

func percentColumn(title, name string, bad float64) column {
	return column{title: title, class: "number", sort: name, show: func(r row) cell {
		if r.value(name) == nil {
			return cell{}
		}
		c := cell{Text: formatPercent(r.number(name))}
		if bad > 0 && r.number(name) >= bad {
			c.Class = "bad"
		}
		return c
	}}
}

// durationColumn shows a percentile hollow where it is of few lines; lines names their number.
func durationColumn(title, name, lines string) column {
	return column{title: title, class: "number", sort: name, show: func(r row) cell {
		if r.value(name) == nil {
			return cell{}
		}
		c := cell{Text: formatDuration(r.duration(name))}
		if r.duration(name) >= time.Second {
			c.Class = "bad"
		}
		if lines != "" && r.number(lines) < few {
			c.Class, c.Title = strings.TrimSpace(c.Class+" hollow"), "of "+grouped(int64(r.number(lines)))+" lines"
		}
		return c
	}}
}

// plainColumn shows a number with the digits that the function gives it.
func plainColumn(title, name string) column {
	return column{title: title, class: "number", sort: name, show: func(r row) cell { return cell{Text: r.text(name)} }}
}

// fromToColumn shows what a number was and what it became: 21.7 ms → 396 ms.
func fromToColumn(from, to column) column {
	return column{title: to.title, class: to.class, sort: to.sort, show: func(r row) cell {
		before, after := from.show(r), to.show(r)
		switch {
		case before.Text == "":
			return after
		case after.Text == "":
			return before
		}
		after.More = []fragment{{Text: before.Text + " →", Class: "before"}}
		return after
	}}
}

// sumColumn shows a time that several requests took together.
func sumColumn(title, name string) column {
	return column{title: title, class: "number", sort: name, show: func(r row) cell {
		if r.value(name) == nil {
			return cell{}
		}
		return cell{Text: formatDuration(r.duration(name))}
	}}
}

func timeColumn(title, name string) column {
	return column{title: title, class: "time", sort: name, show: func(r row) cell {
		if t := r.time(name); !t.IsZero() {
			return cell{Time: t, Text: formatTime(t)}
		}
		return cell{}
	}}
}

// view returns the window in this view, or in the overview if this one is about one request or one
// word, which filters do not narrow.
func (r *reading) view() window {
	if r.id != "" || r.window.path == "/search" {
		return r.window.at("/")
	}
	return r.window
}

// filterColumn shows a value as a link that adds it to the filters.
func (r *reading) filterColumn(title, name, filter string) column {
	return column{title: title, class: "text", show: func(shown row) cell {
		value := shown.text(name)
		if value == "" {
			return cell{}
		}
		return cell{Text: value, URL: r.view().with(filter, value).URL()}
	}}
}

// routeColumns name the routes of rows, which lead to their own views. A service is named if there
// are several.
func (r *reading) routeColumns(rows []row) []column {
	several := slices.ContainsFunc(rows, func(other row) bool {
		return other.text("service_name") != rows[0].text("service_name")
	})
	return []column{
		{title: "Route", class: "route", sort: "http_route", show: func(shown row) cell {
			c := cell{Text: routeName(shown), URL: r.routeURL(shown)}
			c.More = []fragment{{Text: shown.text("http_method"), Class: "method"}}
			if service := shown.text("service_name"); several && service != "" {
				c.More = append(c.More, fragment{Text: service, URL: r.window.with("service", service).URL(), Class: "service"})
			}
			return c
		}},
	}
}

// routeName names the route of a row; a request that matched none has no name.
func routeName(shown row) string {
	if name := shown.text("http_route"); name != "" {
		return name
	}
	return "no route"
}

// routeURL leads to the view of a row's route. There is no filter for lines without a route.
func (r *reading) routeURL(shown row) string {
	w := r.window.at("/route")
	for _, f := range []struct{ filter, name string }{{"service", "service_name"}, {"method", "http_method"}, {"route", "http_route"}} {
		if value := shown.text(f.name); value != "" {
			w = w.only(f.filter, value)
		} else if f.filter == "route" {
			return ""
		}
	}
	return w.URL()
}

// timeParts are where time goes, in the order of a bar.
var timeParts = []string{"own", "database", "waiting", "outgoing"}

// partsOf returns the bar of four shares in percent, scaled down if calls ran in parallel.
func partsOf(shares map[string]float64) []part {
	total := 0.0
	for _, name := range timeParts {
		total += shares[name]
	}
	scale := 1.0
	if total > 100 {
		scale = 100 / total
	}
	var parts []part
	from := 0.0
	for _, name := range timeParts {
		if wide := shares[name] * scale; wide > 0 {
			parts = append(parts, part{Class: name, Label: name + " " + formatPercent(shares[name]), From: from, Wide: wide, High: 100})
			from += wide
		}
	}
	return parts
}
