package line

import (
	"net/http"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// method is the request's method as the client sent it.
func (r *reading) method() Value {
	method := r.first("http.request.method", "http.method")
	if method == "_OTHER" {
		if original := r.first("http.request.method_original"); original != "" {
			method = original
		}
	}
	if method == "" {
		method, _, _ = strings.Cut(r.Span.Name(), " ")
	}
	return requiredText(method)
}

// path is never NULL: a span that tells none has an empty one.
func (r *reading) path() Value { return requiredText(r.target.path) }

// originalPath is the path before a proxy rewrote it.
func (r *reading) originalPath() Value {
	for _, name := range []string{"x-original-uri", "x-forwarded-uri", "x-envoy-original-path", "x-rewrite-url"} {
		if path, _ := splitTarget(r.header(requestHeader, name)); path != "" {
			current := r.override("http_path").AsString()
			if current == "" {
				current = r.target.path
			}
			if path == current {
				return null
			}
			return textValue(path)
		}
	}
	return null
}

// route is the pattern that matched, or NULL: a 404 whose route is "/" or the
// path itself is an old express or a catch-all that matched nothing.
func (r *reading) route() Value {
	route := r.first("http.route")
	if route == "" {
		// otelhttp around a ServeMux names the span after the pattern and sets no
		// http.route.
		if _, rest, ok := strings.Cut(r.Span.Name(), " "); ok && strings.HasPrefix(rest, "/") {
			route = rest
		}
	}
	if r.status == http.StatusNotFound && (route == "/" || route == r.target.path) {
		return null
	}
	return textValue(route)
}

// readStatus is the response's status; 500 for a request that answered nothing
// but recorded an exception, as a Go panic does; 0 where nothing is known.
func readStatus(attributes pcommon.Map, span ptrace.Span) int64 {
	for _, key := range []string{"http.response.status_code", "http.status_code"} {
		if v, ok := attributes.Get(key); ok {
			if n, ok := integerOf(v); ok {
				return n
			}
		}
	}
	if _, ok := LastException(span); ok {
		return http.StatusInternalServerError
	}
	return 0
}

// clientAddress falls back to 0.0.0.0: the column is NOT NULL.
func (r *reading) clientAddress() Value {
	for _, key := range []string{
		"client.address", "http.client_ip", "network.peer.address",
		"net.sock.peer.addr", "net.peer.ip", "net.peer.name",
	} {
		if addr, ok := parseAddress(r.first(key)); ok {
			return inetValue(addr)
		}
	}
	return inetValue(unknownAddress)
}

func (r *reading) userAgent() Value {
	if agent := r.first("user_agent.original", "http.user_agent"); agent != "" {
		return textValue(agent)
	}
	return textValue(r.header(requestHeader, "user-agent"))
}

// requestID is the first id that is one; without any, the trace's.
func (r *reading) requestID() Value {
	for _, candidate := range []string{
		r.header(requestHeader, "x-request-id"),
		r.header("http.response.header.", "x-request-id"),
		r.first("request.id"),
		r.header("rpc.request.metadata.", "x-request-id"),
		r.header("rpc.grpc.request.metadata.", "x-request-id"),
	} {
		if id, ok := parseID(candidate); ok {
			return uuidValue(id)
		}
	}
	return uuidValue(r.Span.TraceID())
}

func (r *reading) idempotencyKey() Value {
	if id, ok := parseID(r.header(requestHeader, "idempotency-key")); ok {
		return uuidValue(id)
	}
	return null
}
