package page

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// plot is a figure that the script draws from the table behind it. Without the script, the table
// shows the same.
type plot struct {
	ID, Title, Note string
	// Kind is spread, rate, percentiles or parts.
	Kind string
	// From, To and Step are in seconds since 1970; Settled is until when no lines are to come.
	From, To, Step, Settled int64
	// Select is the address of what a selection leads to, Zoom that of this view with another window.
	Select, Zoom string
	Headings     []string
	Points       []point
	Marks        []mark
}

// point is a row of the table behind a plot.
type point struct {
	At time.Time
	// Values are what is drawn: numbers alone.
	Values []string
	// Texts are the same for readers.
	Texts []string
	Few   bool
}

// mark is a moment on the axis of time.
type mark struct {
	At    time.Time
	Label string
}

// latency is how long lines may take to arrive: a batch waits, and a request that ends late is
// amended.
const latency = time.Minute

func (r *reading) newPlot(id, title, note, kind string) *plot {
	w := r.window
	return &plot{
		ID: id, Title: title, Note: note, Kind: kind, From: w.from.Unix(), To: w.to.Unix(), Step: int64(w.step().Seconds()),
		Settled: time.Now().Add(-latency).Unix(), Zoom: w.between(w.from, w.to).URL(),
	}
}

// plain returns a number for the script, empty for NULL.
func plainNumber(value any) string {
	switch v := value.(type) {
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case time.Duration:
		return strconv.FormatFloat(v.Seconds(), 'f', -1, 64)
	}
	return ""
}

// ratePlot draws requests a second and failures, from an answer of rate.
func (r *reading) ratePlot(rate *answer, marks []mark) *plot {
	p := r.newPlot("rate", "Requests a second", "and failures", "rate")
	p.Headings = []string{"requests", "a second", "refused", "failed"}
	for _, shown := range rate.all() {
		requests, seconds := shown.number("requests"), r.covered(shown.time("at")).Seconds()
		persecond := plainNumber(shown.value("per_second"))
		if seconds < float64(p.Step) {
			// The window cuts off the step, and the function divides by all of it.
			persecond = "cut off"
		}
		p.Points = append(p.Points, point{
			At:     shown.time("at"),
			Values: []string{plainNumber(requests / seconds), plainNumber(requests / seconds * shown.number("percent_failed") / 100)},
			Texts: []string{
				grouped(int64(requests)), persecond,
				formatPercent(shown.number("percent_refused")), formatPercent(shown.number("percent_failed")),
			},
		})
	}
	p.Marks = marks
	return p
}

// covered returns how much of the step that begins at a time the window has, at least a second.
func (r *reading) covered(at time.Time) time.Duration {
	from, to := at, at.Add(r.window.step())
	if r.window.from.After(from) {
		from = r.window.from
	}
	if r.window.to.Before(to) {
		to = r.window.to
	}
	return max(to.Sub(from), time.Second)
}

// partsPlot draws where the time of a request goes, from an answer of spent.
func (r *reading) partsPlot(spent *answer) *plot {
	p := r.newPlot("parts", "Time of a request", "by where it went", "parts")
	p.Headings = append([]string{"requests", "busy in all"}, timeParts...)
	for _, shown := range spent.all() {
		requests := shown.number("requests")
		pt := point{At: shown.time("at"), Texts: []string{grouped(int64(requests)), formatDuration(shown.duration("busy"))}, Few: requests < few}
		for _, name := range timeParts {
			value := ""
			if requests > 0 {
				value = plainNumber(shown.duration(name).Seconds() / requests)
			}
			pt.Values = append(pt.Values, value)
			pt.Texts = append(pt.Texts, formatDuration(shown.duration(name)))
		}
		p.Points = append(p.Points, pt)
	}
	return p
}

// percentilePlot draws percentiles, from an answer of rate or of history.
func (r *reading) percentilePlot(rate *answer, marks []mark) *plot {
	p := r.newPlot("percentiles", "p50, p95, p99", "hollow where of fewer than 100 lines", "percentiles")
	p.Headings = []string{"p50", "p95", "p99", "lines"}
	for _, shown := range rate.all() {
		pt := point{At: shown.time("at"), Few: shown.number("lines") < few}
		for _, name := range []string{"p50", "p95", "p99"} {
			pt.Values = append(pt.Values, plainNumber(shown.value(name)))
			text := ""
			if shown.value(name) != nil {
				text = formatDuration(shown.duration(name))
			}
			pt.Texts = append(pt.Texts, text)
		}
		pt.Texts = append(pt.Texts, grouped(int64(shown.number("lines"))))
		p.Points = append(p.Points, pt)
	}
	p.Marks = marks
	return p
}

// spreadPlot draws the heat map, from an answer of spread. A point is a step; its values are the
// numbers of bands and their requests.
func (r *reading) spreadPlot(spread *answer, marks []mark) *plot {
	p := r.newPlot("spread", "Duration", "of each request, darker where there are more; drag to see what is different about some", "spread")
	p.Select = r.window.between(r.window.from, r.window.to).at("/selection").URL()
	p.Headings = []string{"requests", "most took", "longest took"}
	var most row
	total := int64(0)
	finish := func(last row) {
		pt := &p.Points[len(p.Points)-1]
		pt.Texts = []string{grouped(total), bandText(most), bandText(last)}
	}
	var last row
	for _, shown := range spread.all() {
		if at := shown.time("at"); len(p.Points) == 0 || !p.Points[len(p.Points)-1].At.Equal(at) {
			if len(p.Points) > 0 {
				finish(last)
			}
			p.Points, most, total = append(p.Points, point{At: at}), shown, 0
		}
		pt := &p.Points[len(p.Points)-1]
		requests := int64(shown.number("requests"))
		pt.Values = append(pt.Values, strconv.Itoa(bandOf(shown.duration("up_to")))+":"+strconv.FormatInt(requests, 10))
		total += requests
		if requests > int64(most.number("requests")) {
			most = shown
		}
		last = shown
	}
	if len(p.Points) > 0 {
		finish(last)
	}
	p.Marks = marks
	return p
}

// bandOf returns the number of the band that ends with a duration: band i holds durations above
// 2^(i/4) and up to 2^((i+1)/4) microseconds, as in the function spread.
func bandOf(upTo time.Duration) int {
	return int(math.Round(4*math.Log2(float64(upTo)/float64(time.Microsecond)))) - 1
}

func bandText(band row) string {
	return formatDuration(band.duration("longer_than")) + " to " + formatDuration(band.duration("up_to"))
}

// sparks returns the points of a small plot for each route, from an answer of trends, on a
// logarithmic axis of a hundred by twenty.
func sparks(trends *answer, w window) map[string]string {
	type dot struct {
		x float64
		d time.Duration
	}
	dots := map[string][]dot{}
	for _, shown := range trends.all() {
		key := seriesOf(shown)
		x := 100 * float64(shown.time("at").Add(w.step()/2).Sub(w.from)) / float64(w.length())
		dots[key] = append(dots[key], dot{min(100, max(0, x)), shown.duration("p95")})
	}
	plots := map[string]string{}
	for key, route := range dots {
		least, most := math.Inf(1), math.Inf(-1)
		for _, d := range route {
			l := math.Log(float64(max(d.d, time.Microsecond)))
			least, most = min(least, l), max(most, l)
		}
		// A route that hardly moves is a flat line.
		middle, half := (least+most)/2, max((most-least)/2, math.Log(4))
		var b strings.Builder
		for _, d := range route {
			y := 10 - 9*(math.Log(float64(max(d.d, time.Microsecond)))-middle)/half
			b.WriteString(strconv.FormatFloat(d.x, 'f', 1, 64) + "," + strconv.FormatFloat(y, 'f', 1, 64) + " ")
		}
		plots[key] = strings.TrimSpace(b.String())
	}
	return plots
}

// seriesOf returns a key for the route of a row.
func seriesOf(shown row) string {
	return shown.text("service_name") + "\x00" + shown.text("http_method") + "\x00" + shown.text("http_route")
}
