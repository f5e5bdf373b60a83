package line

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"canonicallineexporter/internal/convention"
	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/request"
)

// failed reports whether the request failed. A handled exception beside a 200 is not a
// failure.
func (r *resolver) failed() bool {
	status := r.status.Number()
	return status >= http.StatusBadRequest || status == 0 || r.errored() || r.answeredError()
}

// answeredError reports whether the client was told of an error, whatever the status.
func (r *resolver) answeredError() bool {
	return slices.ContainsFunc(r.Descendants.Failures, func(f request.Failure) bool { return f.Answered })
}

// errored reports whether the SERVER span says that it failed.
func (r *resolver) errored() bool {
	if r.Span.Status().Code() == ptrace.StatusCodeError {
		return true
	}
	failed, _ := convention.ReadError(r.server.text(errorFlag))
	return failed
}

// readException returns the exception that the SERVER span recorded last, as an event, in a
// log record or in its attributes. It reports whether there is one.
func (r *resolver) readException() (request.Exception, bool) {
	if e, ok := request.LastException(r.Span); ok {
		return e, true
	}
	if recorded := r.Descendants.Recorded; recorded.Count > 0 {
		return recorded.Exception, true
	}
	e := request.Exception{Type: r.ofServer(exceptionType), Message: r.ofServer(exceptionMessage)}
	return e, e != (request.Exception{})
}

// readFailures returns the failures along the failing path, starting at the SERVER span. The
// first exception names the failure, the last failure that says anything is its cause. One that
// only repeats the status, as a proxy's call does, says nothing.
func (r *resolver) readFailures() (failures []request.Failure) {
	if own, ok := r.readException(); ok {
		failures = append(failures, request.Failure{Exception: own})
	}
	status := strconv.FormatInt(r.status.Number(), 10)
	for _, f := range r.Descendants.Failures {
		if f != (request.Failure{Code: status}) {
			failures = append(failures, f)
		}
	}
	return failures
}

// ofFailures returns the first text that is not empty which get returns of the failures.
func (r *resolver) ofFailures(get func(request.Failure) string) string {
	for _, f := range r.failures {
		if s := get(f); s != "" {
			return s
		}
	}
	return ""
}

func (r *resolver) decidingType() string {
	return r.ofFailures(func(f request.Failure) string { return f.Type })
}

// otherError is the conventions' value of error.type for an error of no known kind.
const otherError = "_OTHER"

// errorCode returns what went wrong. error.type tells nothing if it repeats the status. An
// error beside a status that tells of none has a code in any case, so that it is found.
func (r *resolver) errorCode() copyrow.Value {
	kind := r.first(errorType)
	if kind != "" && kind != otherError && kind != strconv.FormatInt(r.status.Number(), 10) {
		return copyrow.TextValue(kind)
	}
	if exception := r.decidingType(); exception != "" {
		return copyrow.TextValue(exception)
	}
	if r.call.code != "" && r.call.code != "OK" {
		return copyrow.TextValue(r.call.code)
	}
	if code := r.first(databaseStatus); code != "" {
		return copyrow.TextValue(code)
	}
	if code := r.ofFailures(func(f request.Failure) string { return f.Code }); code != "" {
		return copyrow.TextValue(code)
	}
	if flags := r.ofServer(responseFlags); kind == "" && strings.Trim(flags, "-") != "" {
		return copyrow.TextValue(flags)
	}
	if kind == "" && r.status.Number() < http.StatusBadRequest && (r.errored() || r.answeredError()) {
		kind = otherError
	}
	return copyrow.TextValue(kind)
}

func (r *resolver) errorInternalCode() copyrow.Value {
	return copyrow.TextValue(r.decidingType())
}

func (r *resolver) errorMessage() copyrow.Value {
	_, flag := convention.ReadError(r.server.text(errorFlag))
	messages := [...]string{
		r.Span.Status().Message(), r.ofServer(errorMessages...), flag, r.ofFailures(func(f request.Failure) string { return f.Message }),
	}
	for _, message := range messages {
		if message != "" && !r.repeatsStatus(message) {
			return copyrow.TextValue(withoutNumber(message))
		}
	}
	return copyrow.TextValue(cmp.Or(messages[:]...))
}

// repeatsStatus reports whether a message is only the status, as in "HTTP 500" and "Internal
// Server Error".
func (r *resolver) repeatsStatus(message string) bool {
	code := strconv.FormatInt(r.status.Number(), 10)
	text := http.StatusText(int(r.status.Number()))
	message = strings.TrimPrefix(message, "HTTP ")
	return message == code || strings.EqualFold(message, text) || strings.EqualFold(message, code+" "+text)
}

// errorCause returns the type and the message of the deepest failure that has a message, else
// of the deepest one. One that repeats the message before it and has no type says less.
func (r *resolver) errorCause() copyrow.Value {
	var cause request.Failure
	for _, f := range r.failures {
		repeated := f.Message == cause.Message && f.Type == "" && f.Code == ""
		if (f.Message != "" || cause.Message == "") && !repeated {
			cause = f
		}
	}
	kind, message := cause.Type, withoutNumber(cause.Message)
	if kind == "" {
		kind = cause.Code
	}
	switch {
	case kind == "" || kind == otherError:
		return copyrow.TextValue(message)
	case message == "":
		return copyrow.TextValue(kind)
	default:
		return copyrow.TextValue(kind + ": " + message)
	}
}

// withoutNumber returns a message without the numbers that gin puts before each of a
// request's errors, as in "Error #01: no such item".
func withoutNumber(message string) string {
	if !strings.HasPrefix(message, "Error #") {
		return message
	}
	var errors []string
	for line := range strings.Lines(message) {
		line = strings.TrimSpace(line)
		if number, text, ok := strings.Cut(line, ": "); ok && strings.HasPrefix(number, "Error #") {
			line = text
		}
		if line != "" {
			errors = append(errors, line)
		}
	}
	return strings.Join(errors, "; ")
}
