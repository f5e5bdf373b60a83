package line

import (
	"encoding/json"
	"math"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// maxStatistic is the most characters a statistic that is text keeps.
const maxStatistic = 2000

// statistics is a flat JSON object of what the application set on the request.
func (r *reading) statistics() Value {
	var statistics map[string]any
	for key, v := range r.attributes.All() {
		name, ok := strings.CutPrefix(key, r.statisticPrefix)
		if !ok || name == "" {
			continue
		}
		if statistics == nil {
			statistics = map[string]any{}
		}
		statistics[jsonText(name)] = statistic(v)
	}
	if statistics == nil {
		return null
	}
	text, err := json.Marshal(statistics)
	if err != nil {
		return null
	}
	return jsonValue(string(text))
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
