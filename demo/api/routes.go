package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// maxBodyBytes limits the size of a request's body.
const maxBodyBytes = 1 << 20

// api holds what the handlers share.
type api struct {
	database *pgxpool.Pool
	agent    *agentClient
	// countsRoles says that the list of clusters counts the roles of each, for enterprises.
	countsRoles bool
}

func newAPI(database *pgxpool.Pool, agent *agentClient) *api {
	return &api{database: database, agent: agent}
}

// handler returns the whole API, instrumented.
func (a *api) handler(options ...otelhttp.Option) http.Handler {
	mux := http.NewServeMux()
	for pattern, handle := range map[string]handlerFunc{
		"GET /account":                         a.authenticated(a.showAccount),
		"GET /teams":                           a.authenticated(a.listTeams),
		"GET /clusters":                        a.authenticated(a.listClusters),
		"GET /clusters/{cluster_id}":           a.authenticated(a.showCluster),
		"DELETE /clusters/{cluster_id}":        a.authenticated(a.deleteCluster),
		"GET /clusters/{cluster_id}/databases": a.authenticated(a.listDatabases),
		"GET /clusters/{cluster_id}/roles":     a.authenticated(a.listRoles),
		"GET /metric-views/{name}":             a.authenticated(a.showMetricView),
		"POST /metrics":                        a.authenticated(a.createMetrics),
		"POST /queries":                        a.authenticated(a.createQuery),
		"POST /sessions":                       a.authenticated(a.createSession),
		"POST /access-tokens":                  a.authenticated(a.createAccessToken),
		"GET /health-checks/{name}":            a.showHealthCheck,
	} {
		mux.Handle(pattern, routed(handle))
	}
	// Without routed: a request that only this matches has no route.
	mux.Handle("/", handlerFunc(func(http.ResponseWriter, *http.Request) error {
		return notFound("route")
	}))
	return instrument(mux, options...)
}

// instrument wraps the routes in the middleware for every request.
func instrument(mux http.Handler, options ...otelhttp.Option) http.Handler {
	return otelhttp.NewHandler(canonicalMiddleware(recoverMiddleware(mux)), "api", options...)
}

// handlerFunc is a handler that may fail.
type handlerFunc func(w http.ResponseWriter, r *http.Request) error

// ServeHTTP responds with the error if there is one.
func (handle handlerFunc) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := handle(w, r); err != nil {
		renderError(w, r, err)
	}
}

// routed sets the route on the SERVER span. otelhttp only names the span after the pattern,
// and not at all when a handler panics.
func routed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, route, _ := strings.Cut(r.Pattern, " ")
		span := trace.SpanFromContext(r.Context())
		span.SetName(r.Pattern)
		span.SetAttributes(attribute.String("http.route", route))
		next.ServeHTTP(w, r)
	})
}

// decode reads a JSON body. It reads even a bad one to the end, since net/http notices
// that a client hung up only after the body was read.
func decode(w http.ResponseWriter, r *http.Request, into any) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBodyBytes))
	if err != nil {
		return &apiError{
			Status: http.StatusBadRequest, Code: "bad_request", InternalCode: "body_unreadable",
			Message: "The body cannot be read.", Cause: err,
		}
	}
	if err := json.Unmarshal(body, into); err != nil {
		return &apiError{
			Status: http.StatusBadRequest, Code: "bad_request", InternalCode: "body_not_json",
			Message: "The body is not the JSON that was expected.", Cause: fmt.Errorf("decode body: %w", err),
		}
	}
	return nil
}

// pathID returns the id in the path, or a 404 for the resource if it is not a UUID.
func pathID(r *http.Request, name, resource string) (uuid.UUID, error) {
	id, err := uuid.Parse(r.PathValue(name))
	if err != nil {
		return uuid.Nil, notFound(resource)
	}
	return id, nil
}

// renderList responds with rows and counts them in the request's line.
func renderList[T any](w http.ResponseWriter, r *http.Request, rows []T) error {
	canonical(r.Context(), attribute.Int("statistics.rows_rendered", len(rows)))
	render(w, http.StatusOK, map[string]any{"data": rows})
	return nil
}

// render responds with JSON.
func render(w http.ResponseWriter, status int, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		panic(errors.Join(errors.New("encode answer"), err))
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// If the write fails, the client is gone.
	_, _ = w.Write(body)
}
