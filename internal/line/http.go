package line

import (
	"net/http"
	"strings"
)

// method is the request's method as the client sent it; RPCs are posted.
func (r *reading) method() Value {
	if r.call.rpc {
		return textValue(http.MethodPost)
	}
	method := r.first(requestMethod, httpMethod)
	if method == "_OTHER" {
		if original := r.first(requestMethodOriginal); original != "" {
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

// originalPaths are the headers in which proxies keep the path they rewrote.
var originalPaths = [][]attribute{
	requestHeader("x-original-uri"), requestHeader("x-forwarded-uri"),
	requestHeader("x-envoy-original-path"), requestHeader("x-rewrite-url"),
}

// originalPath is the path before a proxy rewrote it, NULL when that is the
// path.
func (r *reading) originalPath() Value {
	for _, header := range originalPaths {
		if path, _ := splitTarget(r.first(header...)); path != "" {
			if path == r.currentPath() {
				return null
			}
			return textValue(path)
		}
	}
	return null
}

// currentPath is what http_path holds.
func (r *reading) currentPath() string {
	if set := r.override(&r.columns[r.pathColumn]); !set.IsNull() {
		return set.text
	}
	return r.target.path
}

// route is the pattern that matched, or NULL: a 404 whose route is "/" or the
// path itself is an old express or a catch-all that matched nothing.
func (r *reading) route() Value {
	if r.call.rpc {
		return textValue(r.call.route)
	}
	route := r.first(httpRoute)
	if route == "" {
		// otelhttp around a ServeMux names the span after the pattern and sets no
		// http.route. Of a name without a method, one that is the path itself is no
		// pattern.
		name := r.Span.Name()
		if _, rest, ok := strings.Cut(name, " "); ok && strings.HasPrefix(rest, "/") {
			route = rest
		} else if strings.HasPrefix(name, "/") && name != r.target.path {
			route = name
		}
	}
	if r.status == http.StatusNotFound && (route == "/" || route == r.target.path) {
		return null
	}
	return textValue(route)
}

// readStatus is the response's status, that of an RPC in HTTP's terms; 500 for a
// request that answered nothing but recorded an exception, as a Go panic does; 0
// where nothing is known.
func (r *reading) readStatus() int64 {
	c := &r.columns[r.statusColumn]
	for _, set := range [...]Value{r.override(c), r.convert(c, c.own, true)} {
		if !set.IsNull() {
			return set.number
		}
	}
	if r.call.code != "" {
		return rpcCodes[r.call.code]
	}
	if status := r.convert(c, c.from, false); !status.IsNull() {
		return status.number
	}
	if _, ok := LastException(r.Span); ok {
		return http.StatusInternalServerError
	}
	return 0
}

// requestID is the first id that is one; without any, the trace's.
func (r *reading) requestID() Value {
	c := &r.columns[r.requestIDColumn]
	if id := r.convert(c, c.from, false); !id.IsNull() {
		return id
	}
	return uuidValue(r.Span.TraceID())
}
