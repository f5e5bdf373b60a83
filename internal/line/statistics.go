package line

import (
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/request"
	"canonicallineexporter/internal/sanitize"
)

// maxStatistic is the maximum length of a statistic's name or text in characters.
const maxStatistic = 2000

// The upsert and readers rely on these statistics, so an application cannot set them.
const (
	statisticSpans      = "spans"
	statisticExceptions = "exceptions"
	statisticLogRecords = "log_records"
	statisticIncomplete = "incomplete"
)

// statistics returns a flat JSON object: the cost of the request, without zeros, and the
// statistics that the application set on any span. The cost wins over a statistic of the
// same name.
func (r *resolver) statistics() copyrow.Value {
	r.object.reset()
	r.writeCost(r.Descendants.Cost)
	if connection := r.connection(); connection != "" {
		r.object.name("connection")
		r.object.text(connection)
	}
	if own := r.ownStatistics(); own != nil {
		counted := r.object.names
		for _, name := range slices.Sorted(maps.Keys(own)) {
			if !slices.Contains(counted, name) {
				r.writeStatistic(name, own[name])
			}
		}
	}
	text := r.object.finish()
	if text == "" {
		return copyrow.Null
	}
	return copyrow.JSONValue(text)
}

// connection tells a request that stays open for as long as its client likes, a WebSocket or
// a stream of events, from others; it returns an empty string for those.
func (r *resolver) connection() string {
	switch status := r.status.Number(); {
	case status == http.StatusSwitchingProtocols, strings.EqualFold(r.ofServer(protocolName), "websocket"):
		return "websocket"
	case status >= http.StatusBadRequest:
		return ""
	}
	if scheme := r.ofServer(schemes...); scheme == "ws" || scheme == "wss" || strings.EqualFold(r.ofServer(upgrade...), "websocket") {
		return "websocket"
	}
	const events = "text/event-stream"
	if strings.HasPrefix(r.ofServer(responseContent...), events) || r.ofServer(accept...) == events {
		return "event_stream"
	}
	return ""
}

// writeCost writes the members that are not zero, durations in seconds.
func (r *resolver) writeCost(c request.Cost) {
	o := &r.object
	o.count(statisticSpans, c.Spans)
	o.count("span_errors", c.SpanErrors)
	o.count(statisticExceptions, c.Exceptions+r.ownExceptions())
	o.count(statisticLogRecords, c.LogRecords)
	o.count("db_num_queries", c.Queries.Count)
	o.count("db_num_errors", c.Queries.Errors)
	o.duration("db_duration", c.Queries.Duration)
	o.count("db_num_acquires", c.Acquires.Count)
	o.duration("db_acquire_duration", c.Acquires.Duration)
	if c.MaxRepeat > 1 {
		o.count("db_max_repeat", c.MaxRepeat)
		o.name("db_max_repeat_query")
		o.text(r.sanitizer.Statement(c.MaxRepeatQuery, maxStatistic, &r.repairs[r.statisticsColumn]))
	}
	o.count("http_num_requests", c.HTTP.Count)
	o.count("http_num_errors", c.HTTP.Errors)
	o.duration("http_duration", c.HTTP.Duration)
	o.count("rpc_num_requests", c.RPC.Count)
	o.count("rpc_num_errors", c.RPC.Errors)
	o.duration("rpc_duration", c.RPC.Duration)
	o.count("other_num_requests", c.Other.Count)
	o.count("other_num_errors", c.Other.Errors)
	o.duration("other_duration", c.Other.Duration)
	o.count("messaging_num_messages", c.Messages)
	o.duration("messaging_duration", c.MessagingDuration)
	o.duration("self_duration", c.Self)
	if c.Incomplete {
		o.name(statisticIncomplete)
		o.boolean(true)
	}
}

// ownExceptions counts the exceptions of the SERVER span, as events or, if it has none, in log
// records.
func (r *resolver) ownExceptions() int {
	if n := request.CountExceptions(r.Span); n > 0 {
		return n
	}
	return r.Descendants.Recorded.Count
}

// count writes a member unless n is zero.
func (o *jsonObject) count(name string, n int) {
	if n > 0 {
		o.name(name)
		o.integer(int64(n))
	}
}

// duration writes a member in seconds unless d is zero.
func (o *jsonObject) duration(name string, d time.Duration) {
	if d > 0 {
		o.name(name)
		o.seconds(d)
	}
}

func (r *resolver) writeStatistic(name string, value any) {
	r.object.name(name)
	switch v := value.(type) {
	case int64:
		r.object.integer(v)
	case float64:
		r.object.float(v)
	case bool:
		r.object.boolean(v)
	case string:
		if r.sanitizer.Secret(name) {
			v = sanitize.Redacted
		}
		r.object.text(v)
	}
}

// ownStatistics returns the statistics that the application set on any span. It adds up
// numbers; of other values, the one on the span that ended last wins.
func (r *resolver) ownStatistics() map[string]any {
	below := r.Descendants.Attributes
	if len(r.statisticAttributes) == 0 && len(below) == 0 {
		return nil
	}
	statistics := map[string]any{}
	add := func(name string, v pcommon.Value) {
		switch name {
		case "", statisticSpans, statisticIncomplete, statisticExceptions, statisticLogRecords:
			return
		}
		name = r.statisticText(name)
		statistics[name] = combine(statistics[name], r.statistic(v))
	}
	addBelow := func(a request.Attribute) {
		if name, ok := strings.CutPrefix(a.Key, r.statisticPrefix); ok {
			add(name, a.Value)
		}
	}
	i := len(below) - 1 // The descendant that ended first comes last.
	for ; i >= 0 && below[i].Ended <= r.Span.EndTimestamp(); i-- {
		addBelow(below[i])
	}
	for _, own := range r.statisticAttributes {
		add(own.name, own.value)
	}
	for ; i >= 0; i-- {
		addBelow(below[i])
	}
	return statistics
}

// combine returns the sum of two numbers, and otherwise the latter value. It returns the
// former if a float64 cannot hold the sum.
func combine(former, latter any) any {
	a, aOK := float(former)
	b, bOK := float(latter)
	if !aOK || !bOK {
		return latter
	}
	if x, ok := former.(int64); ok {
		if y, ok := latter.(int64); ok {
			if sum := x + y; (sum > x) == (y > 0) {
				return sum
			}
		}
	}
	if sum := a + b; !math.IsInf(sum, 0) {
		return sum
	}
	return former
}

// float returns a number as a float64. It reports whether the value is a number.
func float(number any) (float64, bool) {
	switch n := number.(type) {
	case int64:
		return float64(n), true
	case float64:
		return n, true
	default:
		return 0, false
	}
}

// statistic returns a number or a boolean as it is, and anything else as text, including
// numbers that JSON lacks.
func (r *resolver) statistic(v pcommon.Value) any {
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
	return r.statisticText(v.AsString())
}

// statisticText returns s sanitised for a name or a value.
func (r *resolver) statisticText(s string) string {
	return r.sanitizer.Text(s, maxStatistic, &r.repairs[r.statisticsColumn])
}
