package line

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestStatisticsAreWhatTheApplicationSet(t *testing.T) {
	t.Parallel()
	cases{
		"none":             {attrs{"statistics.rows": 1, "canonical.statistics": "x", "canonical.statistics.": 1}, nil},
		"numbers":          {attrs{"canonical.statistics.rows": 7, "canonical.statistics.wait": 0.25}, attrs{"rows": 7.0, "wait": 0.25}},
		"boolean":          {attrs{"canonical.statistics.cached": false}, attrs{"cached": false}},
		"text":             {attrs{"canonical.statistics.shard": "a"}, attrs{"shard": "a"}},
		"dots stay":        {attrs{"canonical.statistics.a.b": 1}, attrs{"a.b": 1.0}},
		"no JSON number":   {attrs{"canonical.statistics.a": math.NaN(), "canonical.statistics.b": math.Inf(-1)}, attrs{"a": "NaN", "b": "-Infinity"}},
		"extreme numbers":  {attrs{"canonical.statistics.a": math.MaxFloat64, "canonical.statistics.b": 5e-324}, attrs{"a": math.MaxFloat64, "b": 5e-324}},
		"flat":             {attrs{"canonical.statistics.list": []any{"a", int64(1)}}, attrs{"list": `["a",1]`}},
		"invalid text":     {attrs{"canonical.statistics.a\x00\xff": "\x00b\xed\xa0\x80"}, attrs{"a\uFFFD\uFFFD": "\uFFFDb\uFFFD"}},
		"JSON is but text": {attrs{`canonical.statistics."}`: `{"\u0000`}, attrs{`"}`: `{"\u0000`}},
		"cut":              {attrs{"canonical.statistics.a": strings.Repeat("ä", 3000)}, attrs{"a": strings.Repeat("ä", 1999) + "…"}},
	}.run(t, "statistics")
}

func TestStatisticsKeepWholeNumbersExact(t *testing.T) {
	t.Parallel()
	row, _ := appendRow(NewMapper(config).Encoder(), nil, newRequest(t, attrs{"canonical.statistics.a": int64(math.MaxInt64)}))
	require.Contains(t, string(row), `{"a":9223372036854775807}`)
}
