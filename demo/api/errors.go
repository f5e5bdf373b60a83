package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// statusClientClosedRequest is nginx's status for a client that hung up before it had an
// answer. It appears only in lines.
const statusClientClosedRequest = 499

// apiError is an error that the API reports to the client.
type apiError struct {
	Status int
	// Code is for the client to branch on, InternalCode for us to search for.
	Code, InternalCode string
	Message            string
	// Cause is never shown to the client.
	Cause error
}

func (e *apiError) Error() string {
	if e.Cause == nil {
		return e.InternalCode + ": " + e.Message
	}
	return e.InternalCode + ": " + e.Message + ": " + e.Cause.Error()
}

// Unwrap returns the cause.
func (e *apiError) Unwrap() error { return e.Cause }

func unauthorized(message string) *apiError {
	return &apiError{Status: http.StatusUnauthorized, Code: "unauthorized", InternalCode: "token_invalid", Message: message}
}

func forbidden(internalCode, message string) *apiError {
	return &apiError{Status: http.StatusForbidden, Code: "forbidden", InternalCode: internalCode, Message: message}
}

func notFound(resource string) *apiError {
	return &apiError{
		Status: http.StatusNotFound, Code: "not_found", InternalCode: resource + "_not_found",
		Message: "There is no such " + resource + ".",
	}
}

func conflict(internalCode, message string) *apiError {
	return &apiError{Status: http.StatusConflict, Code: "conflict", InternalCode: internalCode, Message: message}
}

func invalid(field, message string) *apiError {
	return &apiError{
		Status: http.StatusUnprocessableEntity, Code: "unprocessable_entity", InternalCode: field + "_invalid",
		Message: message,
	}
}

func unavailable(cause error) *apiError {
	return &apiError{
		Status: http.StatusServiceUnavailable, Code: "service_unavailable", InternalCode: "agent_unavailable",
		Message: "The cluster does not answer.", Cause: cause,
	}
}

// translate returns the API error for an error that a handler returned.
func translate(ctx context.Context, err error) *apiError {
	// This comes first: if the client hung up, its canceled query looks like a failure
	// of the API, however it was wrapped.
	if errors.Is(ctx.Err(), context.Canceled) {
		return &apiError{
			Status: statusClientClosedRequest, Code: "client_closed_request", InternalCode: "client_closed_request",
			Message: "The client closed the request.", Cause: err,
		}
	}
	if known, ok := errors.AsType[*apiError](err); ok {
		return known
	}
	return &apiError{
		Status: http.StatusInternalServerError, Code: "internal_error", InternalCode: "unexpected",
		Message: "Something went wrong.", Cause: err,
	}
}

// renderError responds with an error and puts it into the request's line.
func renderError(w http.ResponseWriter, r *http.Request, err error) {
	e := translate(r.Context(), err)
	cause := ""
	if e.Cause != nil {
		cause = e.Cause.Error()
	}
	canonical(r.Context(),
		attribute.String("api_error_code", e.Code),
		attribute.String("api_error_internal_code", e.InternalCode),
		attribute.String("api_error_message", e.Message),
		attribute.String("api_error_cause", cause))
	render(w, e.Status, map[string]string{"code": e.Code, "message": e.Message})
}

// recoverMiddleware turns a panic into an error response and an exception on the span.
// Without it net/http closes the connection, and the span ends without a status.
func recoverMiddleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			recovered := recover()
			if recovered == nil {
				return
			}
			err, ok := recovered.(error)
			if !ok {
				err = fmt.Errorf("%v", recovered)
			}
			if errors.Is(err, http.ErrAbortHandler) {
				panic(recovered)
			}
			span := trace.SpanFromContext(r.Context())
			span.RecordError(err, trace.WithStackTrace(true))
			span.SetStatus(codes.Error, err.Error())
			slog.WarnContext(r.Context(), "handler panicked", "error", err, "path", r.URL.Path)
			renderError(w, r, &apiError{
				Status: http.StatusInternalServerError, Code: "internal_error", InternalCode: "panic",
				Message: "Something went wrong.", Cause: err,
			})
		}()
		next.ServeHTTP(w, r)
	})
}
