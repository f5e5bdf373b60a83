package questions_test

import (
	"cmp"
	"math"
	"slices"
)

// changed computes what changes finds in a window, against the window of the same length
// before it.
func changed(w window) (rows []row) {
	both := w
	both.from = w.from.Add(-w.to.Sub(w.from))
	var tests []changeTest
	for route, lines := range groups(both.lines(), routeOf) {
		tests = append(tests, testsOf(route, lines, func(s sample) bool { return s.at.After(w.from) })...)
	}
	for _, name := range []string{"speed", "failures", "traffic"} {
		family := slices.DeleteFunc(slices.Clone(tests), func(t changeTest) bool { return t.family != name })
		for _, t := range correct(family, 3) {
			least := 1.2
			if t.change == "busier" {
				least = 2
			}
			if t.chance > 0.05 || !math.IsNaN(t.times) && t.times < least {
				continue
			}
			found := t.route.row(row{
				"change": t.change, "times": any(nil), "few_lines": min(len(t.before), len(t.recent)) < 100, "chance": near(max(t.chance, 1e-9)),
				"p95_before": p95Of(t.before), "p95_recent": p95Of(t.recent), "failed_before": failedShare(t.before),
				"failed_recent": failedShare(t.recent), "lines_before": float64(len(t.before)), "lines_recent": float64(len(t.recent)),
			})
			if !math.IsNaN(t.times) {
				found["times"] = tenth(t.times)
			}
			rows = append(rows, found)
		}
	}
	return rows
}

// changeTest asks of a route whether chance explains its change.
type changeTest struct {
	route                     route
	before, recent            []sample
	change, family            string
	times, chance, attainable float64
}

func testsOf(name route, lines []sample, isRecent func(sample) bool) []changeTest {
	recent := slices.DeleteFunc(slices.Clone(lines), func(s sample) bool { return !isRecent(s) })
	before := slices.DeleteFunc(slices.Clone(lines), isRecent)
	n, m := float64(len(recent)), float64(len(before))
	test := func(change, family string, times float64, chance func(x, y float64) float64, x, y float64, most float64) changeTest {
		extreme := min(most, x+y)
		return changeTest{name, before, recent, change, family, times, chance(x, y), chance(extreme, max(0, x+y-most))}
	}
	ofLines := func(x, y float64) float64 { return chanceOfShares(x, n, y, m) }
	shareOf := func(part func(sample) bool, lines []sample) float64 {
		if len(lines) == 0 {
			return 0
		}
		return sum(lines, when(part)) / sum(lines, weight)
	}
	slowest := func(share float64) func(sample) bool {
		from := bucketOf(lines, 1-share)
		return func(s sample) bool { return bucket(s) >= from }
	}
	var tests []changeTest
	if n > 0 && m > 0 {
		slower := math.Pow(2, (bucketOf(recent, 0.95)-bucketOf(before, 0.95))/16)
		tests = append(tests,
			either(test("slower", "speed", slower, ofLines, shareOf(slowest(0.05), recent)*n, shareOf(slowest(0.05), before)*m, n),
				test("slower", "speed", slower, ofLines, shareOf(slowest(0.25), recent)*n, shareOf(slowest(0.25), before)*m, n)),
			test("failing", "failures", shareOf(sample.failed, recent)/max(shareOf(sample.failed, before), 0.5/m), ofLines, shareOf(sample.failed, recent)*n, shareOf(sample.failed, before)*m, n))
	}
	busier := "busier"
	if m == 0 {
		busier = "new"
	}
	gone := math.NaN()
	if n > 0 {
		gone = 0
	}
	times := n / m
	if m == 0 {
		times = math.NaN()
	}
	return append(tests,
		test(busier, "traffic", times, chanceOfRates, n, m, n+m),
		test("gone", "traffic", gone, chanceOfRates, m, n, n+m))
}

// either makes one test of two.
func either(a, b changeTest) changeTest {
	a.chance, a.attainable = 2*min(a.chance, b.chance), 2*min(a.attainable, b.attainable)
	return a
}

// correct returns the tests that could be found, with chances for all of them (Tarone, Holm).
func correct(tests []changeTest, families float64) []changeTest {
	slices.SortFunc(tests, func(a, b changeTest) int { return cmp.Compare(a.attainable, b.attainable) })
	places := 0
	for i, t := range tests {
		if t.attainable*float64(i+1)*families <= 0.05 {
			places = i + 1
		}
	}
	tests = slices.DeleteFunc(tests, func(t changeTest) bool { return t.attainable*float64(places+1)*families > 0.05 })
	slices.SortFunc(tests, func(a, b changeTest) int { return cmp.Compare(a.chance, b.chance) })
	highest := 0.0
	for i := range tests {
		highest = max(highest, tests[i].chance*float64(len(tests)-i))
		tests[i].chance = min(1, families*highest)
	}
	return tests
}

func chanceOfShares(x, n, y, m float64) float64 {
	if (x-0.5)*m <= (y+0.5)*n {
		return 1
	}
	share := (x + y) / (n + m)
	return chanceOf([][2]float64{{x - 0.5, n * share}, {n - x + 0.5, n * (1 - share)}, {y + 0.5, m * share}, {m - y - 0.5, m * (1 - share)}})
}

func chanceOfRates(x, y float64) float64 {
	if x-0.5 <= y+0.5 {
		return 1
	}
	return chanceOf([][2]float64{{x - 0.5, (x + y) / 2}, {y + 0.5, (x + y) / 2}})
}

func chanceOf(cells [][2]float64) float64 {
	ratio := 0.0
	for _, cell := range cells {
		if cell[0] > 0 && cell[1] > 0 {
			ratio += cell[0] * math.Log(cell[0]/cell[1])
		}
	}
	ratio = max(0.05, ratio)
	return min(1, math.Exp(-min(700, ratio))/math.Sqrt(4*math.Pi*ratio))
}

// bucket is the number i of the bucket from 2^(i/16) to 2^((i+1)/16) microseconds.
func bucket(s sample) float64 {
	if s.duration <= 0 {
		return -10000
	}
	return math.Ceil(math.Log2(float64(s.duration.Microseconds()))*16-1e-9) - 1
}

// bucketOf returns the bucket that a share of the requests does not exceed.
func bucketOf(lines []sample, share float64) float64 {
	lines = slices.SortedFunc(slices.Values(lines), func(a, b sample) int { return cmp.Compare(bucket(a), bucket(b)) })
	total, upTo := sum(lines, weight), 0.0
	for _, line := range lines {
		if upTo += line.requests; upTo >= share*total {
			return bucket(line)
		}
	}
	return math.NaN()
}

// p95Of is the middle of the bucket of the 95th percentile, or the slowest line below it.
func p95Of(lines []sample) any {
	if len(lines) == 0 {
		return nil
	}
	slowest := slices.MaxFunc(lines, func(a, b sample) int { return cmp.Compare(a.duration, b.duration) })
	return min(slowest.duration.Seconds(), math.Pow(2, (bucketOf(lines, 0.95)+0.5)/16)/1e6)
}
