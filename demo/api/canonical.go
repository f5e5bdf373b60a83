package main

import (
	"context"
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// Copy this file into a service. Instrumentation knows the method, the route and the
// queries of a request; only the service knows who asked, with which credential, and what
// went wrong for them. It fills the columns of the request's canonical line like this:
//
//	otelhttp.NewHandler(canonicalMiddleware(mux), "api")
//	…
//	canonical(ctx, attribute.String("account_id", account.ID))
//	canonical(ctx, attribute.Int("statistics.rows_rendered", len(rows)))

type canonicalKey struct{}

// canonicalMiddleware puts the request's SERVER span into the context and sets the
// columns that its headers fill. It goes directly inside otelhttp's handler.
func canonicalMiddleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		span := trace.SpanFromContext(r.Context())
		// otelhttp leaves out the query. The exporter redacts its secrets.
		if r.URL.RawQuery != "" {
			span.SetAttributes(attribute.String("url.query", r.URL.RawQuery))
		}
		if client := r.Header.Values("X-Crunchy-Client"); len(client) > 0 {
			span.SetAttributes(attribute.StringSlice("http.request.header.x-crunchy-client", client))
		}
		ctx := context.WithValue(r.Context(), canonicalKey{}, span)
		canonical(ctx,
			attribute.String("content_type", r.Header.Get("Content-Type")),
			attribute.String("request_id", r.Header.Get("X-Request-Id")),
			attribute.String("idempotency_key", r.Header.Get("Idempotency-Key")))
		// The mux writes the pattern into the request that it gets; otelhttp reads it from the
		// one that it passed on.
		inner := r.WithContext(ctx)
		defer func() { r.Pattern = inner.Pattern }()
		next.ServeHTTP(w, inner)
	})
}

// canonical sets columns of the request's canonical line by name, and statistics as
// statistics.<name>. It leaves out empty strings, is safe for concurrent use, and does
// nothing outside a request.
func canonical(ctx context.Context, columns ...attribute.KeyValue) {
	span, ok := ctx.Value(canonicalKey{}).(trace.Span)
	if !ok {
		return
	}
	for _, column := range columns {
		if column.Value != attribute.StringValue("") {
			span.SetAttributes(attribute.KeyValue{Key: "canonical." + column.Key, Value: column.Value})
		}
	}
}
