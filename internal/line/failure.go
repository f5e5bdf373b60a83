package line

import (
	"net/http"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/request"
)

// failed reports whether the request failed. A handled exception beside a 200 is not a
// failure.
func (r *resolver) failed() bool {
	status := r.status.Number()
	return status >= http.StatusBadRequest || status == 0 || r.Span.Status().Code() == ptrace.StatusCodeError
}

// readExceptions returns the exceptions along the failing path, starting at the SERVER
// span. The first exception names the failure, the last one is its cause.
func (r *resolver) readExceptions() []request.Exception {
	if own, ok := request.LastException(r.Span); ok {
		return append([]request.Exception{own}, r.Descendants.Exceptions...)
	}
	return r.Descendants.Exceptions
}

// decidingException returns the exception that names the failure, empty if there is none.
func (r *resolver) decidingException() request.Exception {
	if len(r.exceptions) > 0 {
		return r.exceptions[0]
	}
	return request.Exception{}
}

func (r *resolver) errorCode() copyrow.Value {
	if code := r.first(errorType); code != "" {
		return copyrow.TextValue(code)
	}
	if kind := r.decidingException().Type; kind != "" {
		return copyrow.TextValue(kind)
	}
	if r.call.code != "" && r.call.code != "OK" {
		return copyrow.TextValue(r.call.code)
	}
	return copyrow.TextValue(r.first(databaseStatus))
}

func (r *resolver) errorInternalCode() copyrow.Value {
	return copyrow.TextValue(r.decidingException().Type)
}

func (r *resolver) errorMessage() copyrow.Value {
	if message := r.Span.Status().Message(); message != "" {
		return copyrow.TextValue(message)
	}
	return copyrow.TextValue(r.decidingException().Message)
}

func (r *resolver) errorCause() copyrow.Value {
	if len(r.exceptions) == 0 {
		return copyrow.Null
	}
	switch e := r.exceptions[len(r.exceptions)-1]; {
	case e.Type == "":
		return copyrow.TextValue(e.Message)
	case e.Message == "":
		return copyrow.TextValue(e.Type)
	default:
		return copyrow.TextValue(e.Type + ": " + e.Message)
	}
}
