package page

import (
	"math"
	"time"
)

// overTimeCalls ask how fast the window was, all in all, step by step and by duration: once where
// history answers, since the lines that it does not hold are then read once.
func (r *reading) overTimeCalls(kept bool) []call {
	w := r.window
	step := interval("step", w.step())
	if kept && w.fromHistory() {
		return []call{w.ask("pulse", step)}
	}
	return []call{w.askCounting("overall"), w.askCounting("spread", step), w.askCounting("rate", step)}
}

// overTime returns the answers to overTimeCalls in the form of the functions overall, spread and
// rate.
func overTime(asked []*result) (overall, spread, rate *result) {
	if len(asked) == 3 {
		return asked[0], asked[1], asked[2]
	}
	pulse := asked[0]
	part := func(a answer) *result {
		a.call = pulse.call
		if pulse.err == nil {
			a.at, a.took = pulse.answer.at, pulse.answer.took
		}
		return &result{call: pulse.call, answer: &a, err: pulse.err}
	}
	var whole, steps, bands answer
	bands.columns = []string{"at", "longer_than", "up_to", "requests"}
	if pulse.err == nil {
		whole.columns, steps.columns = pulse.answer.columns, pulse.answer.columns
	}
	for _, shown := range pulse.answer.all() {
		if shown.value("at") == nil {
			whole.rows = append(whole.rows, shown.values)
			continue
		}
		steps.rows = append(steps.rows, shown.values)
		bands.rows = append(bands.rows, bandsOf(shown)...)
	}
	return part(whole), part(bands), part(steps)
}

// bandsOf adds up the buckets of a step, sixteen to a doubling of the duration, to bands of four, as
// the function spread does.
func bandsOf(step row) (rows [][]any) {
	buckets, _ := step.value("buckets").([]int64)
	counts, _ := step.value("bucket_requests").([]int64)
	last := int64(-1)
	for i, bucket := range buckets {
		band := max(bucket, 0) >> 2
		if band != last {
			rows = append(rows, []any{step.value("at"), bandEnd(band - 1), bandEnd(band), int64(0)})
			last = band
		}
		latest := rows[len(rows)-1]
		latest[3] = latest[3].(int64) + counts[i] //nolint:forcetypeassert // it is set above
	}
	return rows
}

// bandEnd returns the longest duration of a band; that before the first is 0.
func bandEnd(band int64) time.Duration {
	if band < 0 {
		return 0
	}
	return time.Duration(1000 * math.Exp2(float64(band+1)/4))
}
