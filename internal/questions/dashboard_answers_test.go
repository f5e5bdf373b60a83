package questions_test

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// window is what a panel shows: the lines after from and up to to, in steps, which Grafana
// calls interval.
type window struct {
	from, to time.Time
	step     time.Duration
	interval string
	keep     func(sample) bool
	all      []sample
}

func (w window) lines() []sample {
	return slices.DeleteFunc(slices.Clone(w.all), func(s sample) bool {
		return !w.keep(s) || !s.at.After(w.from) || s.at.After(w.to)
	})
}

// steps returns the lines of each step, of those without lines too.
func (w window) steps() map[time.Time][]sample {
	steps := groups(w.lines(), func(s sample) time.Time { return s.at.Truncate(w.step) })
	for at := w.from.Add(time.Microsecond).Truncate(w.step); at.Before(w.to); at = at.Add(w.step) {
		steps[at] = append(steps[at], []sample{}...)
	}
	return steps
}

// near is a number that the panel rounds: to three digits, or two decimals if that is more.
type near float64

// tenth is a number that the panel rounds to one decimal.
type tenth float64

type row = map[string]any

// answers computes what each panel shows.
var answers = map[string]func(window) []row{
	"Requests per second: $service": func(w window) (rows []row) {
		for at, lines := range w.steps() {
			rows = append(rows, row{"time": at, "per_second": near(sum(lines, weight) / w.step.Seconds())})
		}
		return rows
	},
	"Refused and failed: $service": func(w window) (rows []row) {
		for at, lines := range w.steps() {
			rows = append(rows, row{"time": at, "refused": share(sum(lines, when(refused)), sum(lines, weight)), "failed": share(sum(lines, when(sample.failed)), sum(lines, weight))})
		}
		return rows
	},
	"Percentiles: $service": func(w window) (rows []row) {
		for at, lines := range w.steps() {
			rows = append(rows, row{"time": at, "p50": percentile(lines, 0.5), "p95": percentile(lines, 0.95), "p99": percentile(lines, 0.99)})
		}
		return rows
	},
	"Latency: $service": func(w window) (rows []row) {
		bounds := []string{"0.001", "0.002", "0.005", "0.01", "0.02", "0.05", "0.1", "0.2", "0.5", "1", "2", "5", "10", "20", "50", "+Inf"}
		for at, lines := range w.steps() {
			cells := row{"time": at}
			low := time.Duration(-1)
			for _, bound := range bounds {
				high, err := time.ParseDuration(bound + "s")
				if err != nil {
					high = math.MaxInt64
				}
				cells[bound] = sum(lines, when(func(s sample) bool { return s.duration >= low && s.duration < high }))
				low = high
			}
			rows = append(rows, cells)
		}
		return rows
	},
	"Are we fast? Percentiles by route": func(w window) (rows []row) {
		for route, lines := range groups(w.lines(), routeOf) {
			requests := sum(lines, weight)
			instant := sum(lines, when(func(s sample) bool { return s.duration < 100*time.Millisecond }))
			slow := sum(lines, when(func(s sample) bool { return s.duration >= time.Second }))
			rows = append(rows, route.row(row{
				"requests": requests, "lines": float64(len(lines)), "p50": percentile(lines, 0.5), "p95": percentile(lines, 0.95),
				"p99": percentile(lines, 0.99), "slowest": percentile(lines, 1), "instant": share(instant, requests),
				"fast": share(requests-instant-slow, requests), "slow": share(slow, requests), "failed": share(sum(lines, when(sample.failed)), requests),
			}))
		}
		return rows
	},
	"What changed?": changed,
	"Errors by cause: $service": func(w window) (rows []row) {
		label := func(s sample) string { return strings.TrimSpace(fmt.Sprint(s.status, " ", s.error())) }
		total := map[string]float64{}
		for kind, lines := range groups(slices.DeleteFunc(w.lines(), fine), label) {
			total[kind] = sum(lines, weight)
		}
		kinds := slices.SortedFunc(maps.Keys(total), func(a, b string) int { return cmp.Or(cmp.Compare(total[b], total[a]), cmp.Compare(a, b)) })
		others := kinds[min(10, len(kinds)):]
		errors := w
		errors.keep = func(s sample) bool { return w.keep(s) && !fine(s) }
		for at, lines := range errors.steps() {
			for _, kind := range kinds[:min(10, len(kinds))] {
				rows = append(rows, row{"time": at, "metric": kind, "value": sum(lines, when(func(s sample) bool { return label(s) == kind }))})
			}
			if len(others) > 0 || len(kinds) == 0 {
				rows = append(rows, row{"time": at, "metric": "others", "value": sum(lines, when(func(s sample) bool { return slices.Contains(others, label(s)) }))})
			}
		}
		return rows
	},
	"What goes wrong?": func(w window) (rows []row) {
		type kind struct {
			route
			status      int
			code, cause string
		}
		for kind, lines := range groups(slices.DeleteFunc(w.lines(), fine), func(s sample) kind {
			return kind{routeOf(s), s.status, s.code, s.cause}
		}) {
			accounts := groups(lines, func(s sample) string { return s.account })
			delete(accounts, "")
			rows = append(rows, kind.row(row{
				"status": float64(kind.status), "error_code": null(kind.code), "error_cause": null(cmp.Or(kind.cause, kind.code)),
				"requests": sum(lines, weight), "accounts": float64(len(accounts)), "first_at": ends(lines)[0], "last_at": ends(lines)[1],
			}))
		}
		return rows
	},
	"Where does the time go?": func(w window) (rows []row) {
		all := slices.SortedFunc(maps.Values(groups(w.lines(), routeOf)), func(a, b []sample) int { return cmp.Compare(sum(b, busy), sum(a, busy)) })
		for _, lines := range all[:min(10, len(all))] {
			name := strings.Join(strings.Fields(strings.Join([]string{lines[0].service, lines[0].method, lines[0].route}, " ")), " ")
			share := func(of func(sample) float64) any { return share(sum(lines, weighted(of)), sum(lines, busy)) }
			rows = append(rows, row{
				"route": name, "own": share(func(s sample) float64 { return s.own }), "database": share(func(s sample) float64 { return s.database }),
				"waiting": share(func(s sample) float64 { return s.waiting }), "outgoing": share(func(s sample) float64 { return s.out }),
			})
		}
		return rows
	},
	"Which route runs the most queries?": func(w window) (rows []row) {
		for route, lines := range groups(w.lines(), routeOf) {
			queries := sum(lines, weighted(func(s sample) float64 { return s.queries }))
			rows = append(rows, route.row(row{
				"requests": sum(lines, weight), "queries": queries, "queries_each": tenth(queries / sum(lines, weight)),
				"busy":     share(sum(lines, busy), sum(w.lines(), busy)),
				"database": share(sum(lines, weighted(func(s sample) float64 { return s.database })), sum(lines, busy)),
			}))
		}
		return rows
	},
	"N+1 suspects": func(w window) (rows []row) {
		type suspect struct {
			route
			statement string
		}
		for suspect, lines := range groups(slices.DeleteFunc(w.lines(), func(s sample) bool { return s.repeat < 10 }), func(s sample) suspect {
			return suspect{routeOf(s), s.statement}
		}) {
			repeats := make([]float64, 0, len(lines))
			for _, s := range lines {
				repeats = append(repeats, s.repeat)
			}
			slices.Sort(repeats)
			rows = append(rows, suspect.row(row{
				"statement": suspect.statement, "requests": sum(lines, weight), "typical_repeat": repeats[(len(repeats)-1)/2],
				"highest_repeat": repeats[len(repeats)-1], "queries": sum(lines, weighted(func(s sample) float64 { return s.queries })),
				"in_database": sum(lines, weighted(func(s sample) float64 { return s.database })),
			}))
		}
		return rows
	},
	"Who hammers $service?": func(w window) (rows []row) {
		for kind, caller := range map[string]func(sample) string{
			"account": func(s sample) string { return s.email }, "address": func(s sample) string { return s.ip }, "user agent": func(s sample) string { return s.agent },
		} {
			for caller, lines := range groups(w.lines(), caller) {
				rows = append(rows, row{
					"kind": kind, "caller": null(caller), "requests": sum(lines, weight), "share": share(sum(lines, weight), sum(w.lines(), weight)),
					"busy": sum(lines, busy), "refused": sum(lines, when(refused)), "failed": sum(lines, when(sample.failed)), "last_at": ends(lines)[1],
				})
			}
		}
		return rows
	},
	"Slowest requests": func(w window) (rows []row) {
		lines := w.lines()
		slices.SortFunc(lines, func(a, b sample) int { return cmp.Compare(b.duration, a.duration) })
		for _, s := range lines[:min(20, len(lines))] {
			rows = append(rows, routeOf(s).row(row{
				"at": s.at, "path": "/", "status": float64(s.status), "duration": s.duration.Seconds(), "own": s.own, "database": s.database,
				"outgoing": s.out, "queries": s.queries, "account": null(s.email), "trace_id": s.trace,
			}, "route"))
		}
		return rows
	},
}

type route struct{ service, method, route string }

func routeOf(s sample) route { return route{s.service, s.method, s.route} }

// row adds the columns that name the route, except those that the panel does not have.
func (r route) row(rest row, except ...string) row {
	rest["service"], rest["method"], rest["route"] = null(r.service), r.method, null(r.route)
	for _, name := range except {
		delete(rest, name)
	}
	return rest
}

func groups[K comparable](lines []sample, key func(sample) K) map[K][]sample {
	all := map[K][]sample{}
	for _, s := range lines {
		all[key(s)] = append(all[key(s)], s)
	}
	return all
}

func sum(lines []sample, of func(sample) float64) (total float64) {
	for _, s := range lines {
		total += of(s)
	}
	return total
}

func weight(s sample) float64 { return s.requests }

func busy(s sample) float64 { return s.requests * s.duration.Seconds() }

func refused(s sample) bool { return s.status >= 400 && s.status < 500 }

func fine(s sample) bool { return s.status < 400 && s.code == "" }

func weighted(of func(sample) float64) func(sample) float64 {
	return func(s sample) float64 { return s.requests * of(s) }
}

func when(is func(sample) bool) func(sample) float64 {
	return func(s sample) float64 {
		if is(s) {
			return s.requests
		}
		return 0
	}
}

// share returns a percentage, nil of nothing.
func share(part, whole float64) any {
	if whole == 0 {
		return nil
	}
	return near(100 * part / whole)
}

func failedShare(lines []sample) any {
	return share(sum(lines, when(sample.failed)), sum(lines, weight))
}

// percentile interpolates as percentile_cont does, in seconds.
func percentile(lines []sample, p float64) any {
	if len(lines) == 0 {
		return nil
	}
	sorted := slices.SortedFunc(slices.Values(lines), func(a, b sample) int { return cmp.Compare(a.duration, b.duration) })
	position := p * float64(len(sorted)-1)
	low, high := sorted[int(position)].duration.Seconds(), sorted[int(math.Ceil(position))].duration.Seconds()
	return low + (high-low)*(position-math.Floor(position))
}

func ends(lines []sample) [2]time.Time {
	compare := func(a, b sample) int { return a.at.Compare(b.at) }
	return [2]time.Time{slices.MinFunc(lines, compare).at, slices.MaxFunc(lines, compare).at}
}

func null(text string) any {
	if text == "" {
		return nil
	}
	return text
}
