package line

import (
	"net/http"
	"strings"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/request"
	"canonicallineexporter/internal/sanitize"
)

// method returns the request's method as the client sent it, which is POST for an RPC.
func (r *resolver) method() copyrow.Value {
	if r.call.rpc {
		return copyrow.TextValue(http.MethodPost)
	}
	method := r.first(requestMethod, httpMethod)
	if method == "_OTHER" {
		if original := r.first(requestMethodOriginal); original != "" {
			method = original
		}
	}
	if method == "" {
		method, _, _ = strings.Cut(sanitize.Pattern(r.Span.Name()), " ")
	}
	return copyrow.RequiredTextValue(method)
}

// readPath returns the request's path, empty if the span does not tell it.
func (r *resolver) readPath() copyrow.Value { return copyrow.RequiredTextValue(r.target.path) }

// originalPaths lists the headers in which proxies keep the path they rewrote.
var originalPaths = [][]attribute{
	requestHeader("x-original-uri"), requestHeader("x-forwarded-uri"),
	requestHeader("x-envoy-original-path"), requestHeader("x-rewrite-url"),
}

// parseOriginalPath returns the path before a proxy rewrote it, NULL if that equals
// http_path.
func parseOriginalPath(r *resolver, _ attribute, text string) copyrow.Value {
	path, _ := splitTarget(text)
	if path == r.path.Text() {
		return copyrow.Null
	}
	return copyrow.TextValue(path)
}

// route returns the pattern that matched. A 404 whose route is "/" or the path itself
// comes from an old express or a catch-all, which matched nothing.
func (r *resolver) route() copyrow.Value {
	if r.call.rpc {
		return copyrow.TextValue(r.call.route)
	}
	route := sanitize.Pattern(r.first(httpRoute))
	if route == "" {
		route = r.descendantRoute()
	}
	if route == "" {
		// otelhttp around a ServeMux names the span after the pattern and sets no
		// http.route. A name without a method that equals the path is not a pattern.
		name := sanitize.Pattern(r.Span.Name())
		if _, rest, ok := strings.Cut(name, " "); ok && strings.HasPrefix(rest, "/") {
			route = rest
		} else if strings.HasPrefix(name, "/") && name != r.target.path {
			route = name
		}
	}
	if r.status.Number() == http.StatusNotFound && (route == "/" || route == r.target.path) {
		return copyrow.Null
	}
	return copyrow.TextValue(route)
}

// descendantRoute returns the longest route of INTERNAL descendants: frameworks inside the
// server know it, and their middleware only knows where it is mounted. "/" is then no route
// unless it is the path.
func (r *resolver) descendantRoute() (longest string) {
	for _, a := range r.Descendants.Attributes {
		if !a.Internal || a.Key != r.names[httpRoute] {
			continue
		}
		if route := sanitize.Pattern(textOf(a.Value)); len(route) > len(longest) && (route != "/" || r.target.path == "/") {
			longest = route
		}
	}
	return longest
}

// readStatus returns the response's status. It translates the code of an RPC to an HTTP
// status. It returns 500 for a request without a status that recorded an exception, as a
// Go panic does, and 0 if nothing is known.
func (r *resolver) readStatus() copyrow.Value {
	if r.call.code != "" {
		return copyrow.IntegerValue(rpcCodes[r.call.code])
	}
	c := &r.columns[r.statusColumn]
	if status := r.convert(c, c.from, c.descendants); !status.IsNull() {
		return status
	}
	if _, ok := request.LastException(r.Span); ok {
		return copyrow.IntegerValue(http.StatusInternalServerError)
	}
	return copyrow.IntegerValue(0)
}

// requestID returns the first valid request ID, else the trace's.
func (r *resolver) requestID() copyrow.Value {
	c := &r.columns[r.requestIDColumn]
	if id := r.convert(c, c.from, c.descendants); !id.IsNull() {
		return id
	}
	return copyrow.UUIDValue(r.Span.TraceID())
}

// target holds the path and the query string of a request.
type target struct {
	path  string
	query string
}

// readTarget returns the target from the attributes of either generation of the HTTP
// conventions.
func (r *resolver) readTarget() (t target) {
	if path, query := splitTarget(r.ofServer(urlPath)); path != "" {
		t = target{path, query}
	}
	if query := r.ofServer(urlQuery); query != "" {
		t.query = query
	}
	for _, a := range [...]attribute{httpTarget, urlFull, httpURL} {
		if t.path != "" && t.query != "" {
			break
		}
		path, query := splitTarget(r.ofServer(a))
		if t.path == "" {
			t.path = path
		}
		if t.query == "" {
			t.query = query
		}
	}
	if r.call.rpc {
		t.path = r.call.path
	}
	return t
}

// splitTarget splits a path or an absolute URL into its path, with a leading slash, and
// its query. It drops the authority and the fragment.
func splitTarget(s string) (path, query string) {
	if s == "" {
		return "", ""
	}
	if scheme := strings.Index(s, "://"); scheme >= 0 && !strings.ContainsAny(s[:scheme], "/?#") {
		s = s[scheme+len("://"):]
		if authority := strings.IndexAny(s, "/?#"); authority >= 0 {
			s = s[authority:]
		} else {
			s = ""
		}
	}
	s, _, _ = strings.Cut(s, "#")
	path, query, _ = strings.Cut(s, "?")
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return path, query
}
