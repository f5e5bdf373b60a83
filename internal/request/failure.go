package request

import (
	"cmp"
	"regexp"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Exception is an exception event
// (https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-spans/).
type Exception struct {
	Type, Message string
}

// Failure is what a span says about why it failed.
type Failure struct {
	// Exception is the one that the span recorded; without one it holds no type, and the
	// message of the span's status.
	Exception
	// Code is the span's error.type, the code of a database or of an RPC, or the status of an
	// HTTP call.
	Code string
	// Answered says that the client was told of it, whatever the status: GraphQL answers 200.
	Answered bool
}

// Explain returns the failure of a span that recorded the exception, which may be empty, and
// whose status has the message. The status tells more than an exception that lacks its type
// or its message, or whose message tells only the type: some instrumentations leave out what
// the database said.
func Explain(exception Exception, status, code string) Failure {
	if status != "" && (exception.Type == "" || exception.Message == "" || onlyType.MatchString(exception.Message)) {
		exception.Message = status
	}
	return Failure{Exception: exception, Code: code}
}

// onlyType matches the message that .NET gives an exception without one, and that of
// OpenTelemetry's instrumentation of pg.
var onlyType = regexp.MustCompile(`^(?:PostgreSQL error|Exception) of type '[^']*' (?:occurred \(code: \w+\)|was thrown\.)$`)

// LastException returns the exception that the span recorded last, because an earlier one
// may have been handled. It reports whether there is one.
func LastException(span ptrace.Span) (Exception, bool) {
	events := span.Events()
	for i := events.Len() - 1; i >= 0; i-- {
		if e, ok := readException(events.At(i)); ok {
			return e, true
		}
	}
	return Exception{}, false
}

// CountExceptions returns how many exceptions the span recorded as events.
func CountExceptions(span ptrace.Span) (n int) {
	for _, event := range span.Events().All() {
		if _, ok := readException(event); ok {
			n++
		}
	}
	return n
}

// readException returns the exception that an event records by its name or by its
// attributes, which may be those of OpenTracing
// (https://github.com/opentracing/specification/blob/master/semantic_conventions.md). It
// reports whether the event records one.
func readException(event ptrace.SpanEvent) (Exception, bool) {
	attributes := event.Attributes()
	e := Exception{text(attributes, "exception.type"), text(attributes, "exception.message")}
	if e != (Exception{}) {
		return e, true
	}
	kind, object := text(attributes, "error.kind"), text(attributes, "error.object")
	if kind != "" || object != "" || event.Name() == "error" || text(attributes, "event") == "error" {
		return Exception{kind, cmp.Or(text(attributes, "message"), object, text(attributes, "error"))}, true
	}
	return e, event.Name() == "exception"
}

func text(attributes pcommon.Map, key string) string {
	if v, ok := attributes.Get(key); ok {
		return v.AsString()
	}
	return ""
}
