package line

import (
	"net/http"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Exception is an exception event
// (https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-spans/).
type Exception struct {
	Type, Message string
}

// LastException is the exception that the span recorded last: an earlier one
// may have been handled.
func LastException(span ptrace.Span) (Exception, bool) {
	events := span.Events()
	for i := events.Len() - 1; i >= 0; i-- {
		if event := events.At(i); event.Name() == "exception" {
			return Exception{
				firstOf(event.Attributes(), "exception.type"),
				firstOf(event.Attributes(), "exception.message"),
			}, true
		}
	}
	return Exception{}, false
}

// failed reports whether the request has an error to explain: an exception that
// was handled beside a 200 is none.
func (r *reading) failed() bool {
	return r.status >= http.StatusBadRequest || r.status == 0 || r.Span.Status().Code() == ptrace.StatusCodeError
}

// exceptions are those along the failing path, that of the SERVER span first:
// the first decides what the failure is called, the last is its cause.
func (r *reading) exceptions() []Exception {
	if !r.failure {
		return nil
	}
	if own, ok := LastException(r.Span); ok {
		return append([]Exception{own}, r.Descendants.Exceptions...)
	}
	return r.Descendants.Exceptions
}

func (r *reading) decidingException() Exception {
	if e := r.exceptions(); len(e) > 0 {
		return e[0]
	}
	return Exception{}
}

func (r *reading) errorCode() Value {
	if !r.failure {
		return null
	}
	if code := r.first(errorType); code != "" {
		return textValue(code)
	}
	if kind := r.decidingException().Type; kind != "" {
		return textValue(kind)
	}
	if r.call.code != "" && r.call.code != "OK" {
		return textValue(r.call.code)
	}
	return textValue(r.first(databaseStatus))
}

func (r *reading) errorInternalCode() Value { return textValue(r.decidingException().Type) }

func (r *reading) errorMessage() Value {
	if !r.failure {
		return null
	}
	if message := r.Span.Status().Message(); message != "" {
		return textValue(message)
	}
	return textValue(r.decidingException().Message)
}

func (r *reading) errorCause() Value {
	exceptions := r.exceptions()
	if len(exceptions) == 0 {
		return null
	}
	switch e := exceptions[len(exceptions)-1]; {
	case e.Type == "":
		return textValue(e.Message)
	case e.Message == "":
		return textValue(e.Type)
	default:
		return textValue(e.Type + ": " + e.Message)
	}
}
