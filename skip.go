package canonicallineexporter

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlspan"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/ottlfuncs"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/zap"
)

// condition is one of skip, in the language of the filter processor
// (https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/v0.161.0/processor/filterprocessor).
type condition struct {
	*ottl.Condition[*ottlspan.TransformContext]

	text string
	// failed says that it could not be evaluated once, and that this is logged.
	failed atomic.Bool
}

// parseCondition parses a condition on a span. Paths may omit the context: attributes means
// span.attributes.
func parseCondition(text string, set component.TelemetrySettings) (*condition, error) {
	functions := ottlfuncs.StandardConverters[*ottlspan.TransformContext]()
	isRootSpan := ottlfuncs.NewIsRootSpanFactory()
	functions[isRootSpan.Name()] = isRootSpan
	parser, err := ottlspan.NewParser(functions, set, ottlspan.EnablePathContextNames())
	if err != nil {
		return nil, err
	}
	type parsed = []*ottl.Condition[*ottlspan.TransformContext]
	collection, err := ottl.NewParserCollection(set, ottl.WithParserCollectionContext(ottlspan.ContextName, &parser,
		ottl.WithConditionConverter(func(_ *ottl.ParserCollection[parsed], _ ottl.ConditionsGetter, all parsed) (parsed, error) {
			return all, nil
		})))
	if err != nil {
		return nil, err
	}
	one, err := collection.ParseConditionsWithContext(ottlspan.ContextName, ottl.NewConditionsGetter([]string{text}), true)
	if err != nil {
		return nil, err
	}
	return &condition{Condition: one[0], text: text}, nil
}

// skipFunc reports whether the request of a SERVER span makes no line.
type skipFunc func(ptrace.ResourceSpans, ptrace.ScopeSpans, ptrace.Span) bool

// newSkip returns the function that reports whether one of the conditions holds, nil if
// there are none. It is safe for concurrent use. A condition that cannot be
// evaluated does not hold, and is logged once.
func newSkip(texts []string, set component.TelemetrySettings) (skipFunc, error) {
	if len(texts) == 0 {
		return nil, nil
	}
	var conditions []*condition
	for i, text := range texts {
		c, err := parseCondition(text, set)
		if err != nil {
			return nil, fmt.Errorf("`skip::%d` %w", i, err)
		}
		conditions = append(conditions, c)
	}
	return func(resource ptrace.ResourceSpans, scope ptrace.ScopeSpans, span ptrace.Span) bool {
		tCtx := ottlspan.NewTransformContext(resource, scope, span)
		defer tCtx.Close()
		for _, c := range conditions {
			holds, err := c.Eval(context.Background(), tCtx)
			switch {
			case holds && err == nil:
				return true
			case err != nil && !c.failed.Swap(true):
				// The error can quote the span.
				set.Logger.Warn("a condition of `skip` cannot be evaluated for some spans, which it does not skip", zap.String("condition", c.text))
			}
		}
		return false
	}, nil
}
