package request

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Exception is an exception event
// (https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-spans/).
type Exception struct {
	Type, Message string
}

// LastException returns the exception that the span recorded last, because an earlier one
// may have been handled. It reports whether there is one.
func LastException(span ptrace.Span) (Exception, bool) {
	events := span.Events()
	for i := events.Len() - 1; i >= 0; i-- {
		if event := events.At(i); event.Name() == "exception" {
			return Exception{
				text(event.Attributes(), "exception.type"),
				text(event.Attributes(), "exception.message"),
			}, true
		}
	}
	return Exception{}, false
}

func text(attributes pcommon.Map, key string) string {
	if v, ok := attributes.Get(key); ok {
		return v.AsString()
	}
	return ""
}
