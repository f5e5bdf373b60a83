package line

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestColumns_AdjustedCount_InvertsTheSamplingProbability(t *testing.T) {
	t.Parallel()
	for state, want := range map[string]float64{
		"":                             1,
		"vendor=1":                     1,
		"ot=th:0":                      1,
		"ot=th:8":                      2,
		"ot=th:c":                      4,
		"ot=th:f":                      16,
		"ot=th:e66666666666a80":        1, // 15 digits or more are no threshold
		"ot=th:fffffffffffff":          math.Exp2(52),
		"ot=rv:abcdefabcdefab;th:8":    2,
		"vendor=1,ot=th:8":             2,
		"ot=p:0":                       1,
		"ot=p:3":                       8,
		"ot=p:3;r:5":                   8,
		"ot=p:62":                      math.Exp2(62),
		"ot=p:63":                      1, // a probability of zero says nothing of others
		"ot=p:64":                      1,
		"ot=p:-1":                      1,
		"ot=p:x":                       1,
		"ot=th:8;p:3":                  2,
		"ot=th:zz":                     1,
		"ot=th:8,\x00":                 1,
		strings.Repeat("a", 2000):      1,
		"th:8":                         1,
		"OT=th:8":                      1,
		"tenant@ot=th:8":               1,
		"rojo=00f067aa0ba902b7,ot=p:1": 2,
	} {
		req := newRequest(t, nil)
		req.Span.TraceState().FromRaw(state)
		require.InDelta(t, want, read(t, req)["adjusted_count"], 0, state)
	}
}
