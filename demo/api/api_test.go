package main

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

// testBundle records the spans of requests to a handler.
type testBundle struct {
	recorder *tracetest.SpanRecorder
	provider trace.TracerProvider
}

func setup(t *testing.T) *testBundle {
	t.Helper()
	recorder := tracetest.NewSpanRecorder()
	return &testBundle{
		recorder: recorder,
		provider: sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder)),
	}
}

// option sends a handler's spans to the recorder.
func (b *testBundle) option() otelhttp.Option { return otelhttp.WithTracerProvider(b.provider) }

// request makes a request and returns the answer and the SERVER span.
func (b *testBundle) request(
	t *testing.T, handler http.Handler, method, target string, header http.Header,
) (*httptest.ResponseRecorder, sdktrace.ReadOnlySpan) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, nil)
	r.Header = header
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	for _, span := range b.recorder.Ended() {
		if span.SpanKind() == trace.SpanKindServer {
			return w, span
		}
	}
	require.FailNow(t, "no SERVER span")
	return nil, nil
}

func attributesOf(span sdktrace.ReadOnlySpan) map[attribute.Key]any {
	attributes := map[attribute.Key]any{}
	for _, a := range span.Attributes() {
		attributes[a.Key] = a.Value.AsInterface()
	}
	return attributes
}

func TestAPI_Route(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		method, target   string
		spanName, route  string
		status           int
		internalCodeWant string
	}{
		"Matched": {
			http.MethodGet, "/clusters/1/roles?page=2",
			"GET /clusters/{cluster_id}/roles", "/clusters/{cluster_id}/roles", http.StatusUnauthorized, "token_invalid",
		},
		"Unmatched":       {http.MethodGet, "/.env", "GET /", "", http.StatusNotFound, "route_not_found"},
		"UnmatchedMethod": {http.MethodPut, "/clusters", "PUT /", "", http.StatusNotFound, "route_not_found"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)

			w, span := b.request(t, newAPI(nil, nil).handler(b.option()), test.method, test.target, http.Header{})

			require.Equal(t, test.status, w.Code)
			require.Equal(t, test.spanName, span.Name())
			attributes := attributesOf(span)
			require.Equal(t, test.internalCodeWant, attributes["canonical.api_error_internal_code"])
			if test.route == "" {
				require.NotContains(t, attributes, attribute.Key("http.route"))
			} else {
				require.Equal(t, test.route, attributes["http.route"])
			}
		})
	}
}

func TestCanonicalMiddleware_KeepsThePattern(t *testing.T) {
	t.Parallel()
	b := setup(t)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /teams/{id}", func(http.ResponseWriter, *http.Request) {})
	_, span := b.request(t, otelhttp.NewHandler(canonicalMiddleware(mux), "api", b.option()), http.MethodGet, "/teams/7", http.Header{})
	require.Equal(t, "GET /teams/{id}", span.Name())
}

func TestCanonical(t *testing.T) {
	t.Parallel()
	b := setup(t)

	mux := http.NewServeMux()
	mux.Handle("GET /teams", routed(handlerFunc(func(w http.ResponseWriter, r *http.Request) error {
		// What is known deep inside belongs to the request all the same.
		ctx, span := b.provider.Tracer("test").Start(r.Context(), "inner")
		defer span.End()
		canonical(ctx, attribute.String("account_email", "user@example.com"), attribute.String("sso_provider", ""))
		return renderList(w, r.WithContext(ctx), []string{"a", "b"})
	})))
	_, span := b.request(t, instrument(mux, b.option()), http.MethodGet, "/teams?page=2", http.Header{
		"Content-Type":     {"application/json"},
		"Idempotency-Key":  {"0c3c4a55-6e8c-4f6c-9b0e-9f0a4a3f2b1d"},
		"X-Crunchy-Client": {"cli"},
		"X-Request-Id":     {"7c3fa5a5-2079-4e90-9970-855d14bea29a"},
	})

	attributes := attributesOf(span)
	require.Equal(t, "user@example.com", attributes["canonical.account_email"])
	require.NotContains(t, attributes, attribute.Key("canonical.sso_provider"))
	require.Equal(t, "application/json", attributes["canonical.content_type"])
	require.Equal(t, "0c3c4a55-6e8c-4f6c-9b0e-9f0a4a3f2b1d", attributes["canonical.idempotency_key"])
	require.Equal(t, "7c3fa5a5-2079-4e90-9970-855d14bea29a", attributes["canonical.request_id"])
	require.Equal(t, int64(2), attributes["canonical.statistics.rows_rendered"])
	require.Equal(t, []string{"cli"}, attributes["http.request.header.x-crunchy-client"])
	require.Equal(t, "page=2", attributes["url.query"])
}

func TestCanonical_OutsideRequest(t *testing.T) {
	t.Parallel()
	require.NotPanics(t, func() { canonical(t.Context(), attribute.Bool("sudo", true)) })
}

func TestRecoverMiddleware(t *testing.T) {
	t.Parallel()
	b := setup(t)

	mux := http.NewServeMux()
	mux.Handle("GET /teams", routed(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		panic(errors.New("no such luck"))
	})))
	w, span := b.request(t, instrument(mux, b.option()), http.MethodGet, "/teams", http.Header{})

	require.Equal(t, http.StatusInternalServerError, w.Code)
	require.NotContains(t, w.Body.String(), "luck")
	require.Equal(t, "GET /teams", span.Name())
	require.Len(t, span.Events(), 1)
	require.Equal(t, "exception", span.Events()[0].Name)
	attributes := attributesOf(span)
	require.Equal(t, int64(http.StatusInternalServerError), attributes["http.response.status_code"])
	require.Equal(t, "panic", attributes["canonical.api_error_internal_code"])
	require.Equal(t, "no such luck", attributes["canonical.api_error_cause"])
}

func TestTranslate(t *testing.T) {
	t.Parallel()

	left, leave := context.WithCancel(t.Context())
	leave()
	require.Equal(t, statusClientClosedRequest, translate(left, unavailable(context.Canceled)).Status)
	require.Equal(t, http.StatusNotFound, translate(t.Context(), notFound("cluster")).Status)
	require.Equal(t, http.StatusInternalServerError, translate(t.Context(), errors.New("oops")).Status)
}
