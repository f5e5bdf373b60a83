package line

import (
	"net/http"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// exception is an exception event
// (https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-spans/).
type exception struct {
	kind, message string
}

// lastException is the exception that the span recorded last: an earlier one
// may have been handled.
func lastException(span ptrace.Span) (exception, bool) {
	events := span.Events()
	for i := events.Len() - 1; i >= 0; i-- {
		if event := events.At(i); event.Name() == "exception" {
			return exception{
				firstOf(event.Attributes(), "exception.type"),
				firstOf(event.Attributes(), "exception.message"),
			}, true
		}
	}
	return exception{}, false
}

// failed reports whether the request has an error to explain: an exception that
// was handled beside a 200 is none.
func (r *reading) failed() bool {
	return r.status >= http.StatusBadRequest || r.status == 0 || r.Span.Status().Code() == ptrace.StatusCodeError
}

// decidingException is the exception that explains the failure.
func (r *reading) decidingException() exception {
	if !r.failed() {
		return exception{}
	}
	e, _ := lastException(r.Span)
	return e
}

func (r *reading) errorCode() Value {
	if !r.failed() {
		return null
	}
	if code := r.first("error.type"); code != "" {
		return textValue(code)
	}
	return textValue(r.decidingException().kind)
}

func (r *reading) errorInternalCode() Value { return textValue(r.decidingException().kind) }

func (r *reading) errorMessage() Value {
	if !r.failed() {
		return null
	}
	if message := r.Span.Status().Message(); message != "" {
		return textValue(message)
	}
	return textValue(r.decidingException().message)
}

func (r *reading) errorCause() Value {
	switch e := r.decidingException(); {
	case e.kind == "":
		return textValue(e.message)
	case e.message == "":
		return textValue(e.kind)
	default:
		return textValue(e.kind + ": " + e.message)
	}
}
