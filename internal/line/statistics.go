package line

import (
	"encoding/json"
	"math"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// maxStatistic is the most characters a statistic that is text keeps.
const maxStatistic = 2000

// The statistics that the upsert and readers rely on; an application cannot set
// them.
const (
	statisticSpans      = "spans"
	statisticIncomplete = "incomplete"
)

// statistics is a flat JSON object: what the request cost, without zeros, and
// what the application set on any of its spans. What is counted here takes
// precedence over what the application calls by the same name.
func (r *reading) statistics() Value {
	statistics := r.ownStatistics()
	r.Descendants.Cost.each(func(name string, value any) {
		if statistics == nil {
			statistics = map[string]any{}
		}
		statistics[name] = value
	})
	if statistics == nil {
		return null
	}
	text, err := json.Marshal(statistics)
	if err != nil {
		return null
	}
	return jsonValue(string(text))
}

// each calls yield with what is not zero, durations in seconds.
func (c Cost) each(yield func(name string, value any)) {
	count := func(name string, n int) {
		if n > 0 {
			yield(name, n)
		}
	}
	duration := func(name string, d time.Duration) {
		if d > 0 {
			yield(name, d.Seconds())
		}
	}
	calls := func(category string, c Calls) {
		count(category+"_num_requests", c.Count)
		count(category+"_num_errors", c.Errors)
		duration(category+"_duration", c.Duration)
	}
	count(statisticSpans, c.Spans)
	count("span_errors", c.SpanErrors)
	count("db_num_queries", c.Queries.Count)
	count("db_num_errors", c.Queries.Errors)
	duration("db_duration", c.Queries.Duration)
	count("db_num_acquires", c.Acquires.Count)
	duration("db_acquire_duration", c.Acquires.Duration)
	if c.MaxRepeat > 1 {
		yield("db_max_repeat", c.MaxRepeat)
		yield("db_max_repeat_query", jsonText(c.MaxRepeatQuery))
	}
	calls("http", c.HTTP)
	calls("rpc", c.RPC)
	count("messaging_num_messages", c.Messages)
	duration("messaging_duration", c.MessagingDuration)
	duration("self_duration", c.Self)
	if c.Incomplete {
		yield(statisticIncomplete, true)
	}
}

// ownStatistics is what the application set on any span of the request: numbers
// add up, of other values that of the span that ended last stays.
func (r *reading) ownStatistics() map[string]any {
	var statistics map[string]any
	add := func(key string, v pcommon.Value) {
		name, ok := strings.CutPrefix(key, r.statisticPrefix)
		if !ok || name == "" || name == statisticSpans || name == statisticIncomplete {
			return
		}
		if statistics == nil {
			statistics = map[string]any{}
		}
		name = jsonText(name)
		statistics[name] = combine(statistics[name], statistic(v))
	}
	below := r.Descendants.Attributes // that of the last to end first
	i := len(below) - 1
	for ; i >= 0 && below[i].Ended <= r.Span.EndTimestamp(); i-- {
		add(below[i].Key, below[i].Value)
	}
	for key, v := range r.attributes.All() {
		add(key, v)
	}
	for ; i >= 0; i-- {
		add(below[i].Key, below[i].Value)
	}
	return statistics
}

// combine adds two numbers; of anything else the latter stays. A sum that an
// int64 or a float64 cannot hold stays what it was.
func combine(former, latter any) any {
	switch a := former.(type) {
	case int64:
		switch b := latter.(type) {
		case int64:
			if sum := a + b; (sum > a) == (b > 0) {
				return sum
			}
			return float64(a) + float64(b)
		case float64:
			return float64(a) + b
		}
	case float64:
		sum := a
		switch b := latter.(type) {
		case int64:
			sum += float64(b)
		case float64:
			sum += b
		default:
			return latter
		}
		if math.IsInf(sum, 0) {
			return a
		}
		return sum
	}
	return latter
}

// statistic keeps numbers and booleans; everything else is text, a number that
// JSON does not have among it.
func statistic(v pcommon.Value) any {
	switch v.Type() {
	case pcommon.ValueTypeInt:
		return v.Int()
	case pcommon.ValueTypeBool:
		return v.Bool()
	case pcommon.ValueTypeDouble:
		if f := v.Double(); !math.IsNaN(f) && !math.IsInf(f, 0) {
			return f
		}
	default:
	}
	return jsonText(v.AsString())
}

// jsonText is text that jsonb can hold.
func jsonText(s string) string { return fit(clean(s), maxStatistic) }
