package line

import (
	"math"
	"strconv"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"

	"canonicallineexporter/internal/copyrow"
)

// maxPValue is the largest exponent in the older tracestate field p; 63 stands for a
// probability of zero
// (https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling-experimental/).
const maxPValue = 62

// adjustedCount returns how many requests the line stands for: the inverse of the
// sampling probability in the tracestate, or 1 without one.
func (r *resolver) adjustedCount() copyrow.Value {
	state, err := sampling.NewW3CTraceState(r.Span.TraceState().AsRaw())
	if err != nil {
		return copyrow.DoubleValue(1)
	}
	ot := state.OTelValue()
	if count := ot.AdjustedCount(); count > 0 {
		return copyrow.DoubleValue(count)
	}
	for _, extra := range ot.ExtraValues() {
		if extra.Key != "p" {
			continue
		}
		if p, err := strconv.Atoi(extra.Value); err == nil && p >= 0 && p <= maxPValue {
			return copyrow.DoubleValue(math.Exp2(float64(p)))
		}
	}
	return copyrow.DoubleValue(1)
}
