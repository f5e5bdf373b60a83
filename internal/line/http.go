package line

import (
	"cmp"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/request"
	"canonicallineexporter/internal/sanitize"
)

// method returns the request's method as the client sent it, which is POST for an RPC and
// empty for what is neither.
func (r *resolver) method() copyrow.Value {
	if r.call.rpc {
		return copyrow.TextValue(http.MethodPost)
	}
	method := r.first(requestMethodOriginal, requestMethod, httpMethod)
	if method == "" {
		method, _ = splitName(sanitize.Pattern(r.spanName()))
	}
	return copyrow.RequiredTextValue(method)
}

// These are the methods that the name of a span can begin with: methods in any case, since
// Zipkin writes names in lower case, and extensionMethods, which are words of their own, only
// as HTTP has them.
var (
	methods = []string{
		http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodHead,
		http.MethodOptions, http.MethodTrace, http.MethodConnect,
	}
	extensionMethods = []string{
		"QUERY", "PROPFIND", "PROPPATCH", "MKCOL", "MKCALENDAR", "COPY", "MOVE", "LOCK", "UNLOCK", "REPORT", "SEARCH", "PURGE",
	}
)

// splitName splits the name of a span into its method and what follows. The method is empty
// if the name has none.
func splitName(name string) (method, rest string) {
	word, after, _ := strings.Cut(name, " ")
	if strings.EqualFold(word, "http") {
		word, after, _ = strings.Cut(after, " ")
	}
	for _, method := range methods {
		if strings.EqualFold(word, method) {
			return method, after
		}
	}
	if slices.Contains(extensionMethods, word) {
		return word, after
	}
	return "", name
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
	path, _ := request.SplitTarget(text)
	if path == r.path.Text() {
		return copyrow.Null
	}
	return copyrow.TextValue(path)
}

// route returns the pattern that matched. If the request was not found, the root, a
// catch-all and the path itself, with an ID in it, are what is left where nothing matched.
func (r *resolver) route() copyrow.Value {
	if r.call.rpc {
		return copyrow.TextValue(r.call.route)
	}
	route := sanitize.Pattern(r.first(httpRoute))
	if route != "" && route[0] != '/' {
		// A ServeMux's pattern has the method in front, as an API gateway's has ANY.
		if _, pattern, ok := strings.Cut(route, " "); ok && strings.HasPrefix(pattern, "/") {
			route = pattern
		}
	}
	if route != "" && route[0] != '/' {
		// aiohttp's is the name of the handler, Laravel's lacks the slash.
		if named := r.nameRoute(); strings.HasPrefix(named, "/") {
			route = named
		}
	}
	if route == "" || len(r.Descendants.Attributes) > 0 && r.target.path != "/" && catchAll.MatchString(route) {
		route = cmp.Or(r.descendantRoute(), route)
	}
	if route == "" {
		route = r.nameRoute()
	}
	switch r.status.Number() {
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		if catchAll.MatchString(route) || slices.Contains(unmatched, route) && route != r.target.path || route == r.target.path && hasID(route, 1) {
			return copyrow.Null
		}
	}
	return copyrow.TextValue(route)
}

// unmatched holds the routes of requests that matched none: actix-web's, aiohttp's, which is
// the name of a function, and the pages that Next.js shows then.
var unmatched = []string{"default", "_handle", "/_not-found", "/_error", "/404"}

// hasID reports whether a segment of the path is a number of at least so many digits or
// another ID, for which a pattern would have a parameter.
func hasID(path string, digits int) bool {
	for segment := range strings.SplitSeq(path, "/") {
		if segment != "" && len(segment) >= digits && strings.Trim(segment, "0123456789") == "" {
			return true
		}
		if _, ok := parseID(segment); ok {
			return true
		}
	}
	return false
}

// catchAll matches the root and patterns that match every path, as frameworks write them.
var catchAll = regexp.MustCompile(`^/?(?:` + strings.Join([]string{
	``,
	`\*\*?\w*(?:\(\.:format\))?`, // Express, chi, Spring, Rails
	`\{\*\*?\w*(?::nonfile)?\}`,  // ASP.NET Core, Spring
	`\{\+\w+\}`,                  // Micronaut
	`\{\w* ?(?:\.\.\.|[+*]|: ?\.[*+]|:path)\}`, // net/http, AWS, hapi, gorilla/mux, FastAPI
	`:\w+(?:[*+]|\(\.[*+]\)\*?)`,               // path-to-regexp
	`\^?\(?(?:\?P?<\w+>)?\.[*+]\)?\$?`,         // Django
	`<path:\w+>`,                               // Flask
	`<\w+\.\.>`,                                // Rocket
	`\{fallbackPlaceholder\}`,                  // Laravel
	`\$default`,                                // Amazon API Gateway
	`\[{1,2}\.{3}\w+\]{1,2}`,                   // Next.js
}, "|") + `)/?$`)

// nameRoute returns the route that the name of the span tells. otelhttp around a ServeMux
// names it after the pattern and sets no http.route. A name without a method that equals the
// path is not a pattern. What has nothing of HTTP, such as a function, a command or a
// worker's task, is called by its name.
func (r *resolver) nameRoute() string {
	name := sanitize.Pattern(r.spanName())
	method, rest := splitName(name)
	if status := r.status.Number(); rest == r.target.path && (status == http.StatusNotFound || status == http.StatusMethodNotAllowed) {
		return ""
	}
	const longer = 4 // than a version
	if rest == r.target.path && hasID(rest, longer) {
		// Bandit names its spans by the path itself.
		return ""
	}
	if method == "" {
		if _, after, ok := strings.Cut(name, " "); ok && strings.HasPrefix(after, "/") {
			return after
		}
	}
	function := r.first(functionNames...)
	switch {
	case strings.HasPrefix(rest, "/") && (method != "" || rest != r.target.path):
		return rest
	case r.invoked():
		if function == "" && method == "" {
			return name
		}
		return function
	case method != "" || r.target.path != "" || r.first(requestMethodOriginal, requestMethod, httpMethod) != "",
		r.status.Number() != 0 && r.ofServer(r.columns[r.statusColumn].from...) != "":
		return ""
	}
	if function != "" {
		return function
	}
	return name
}

// spanName returns what the span is called by what it did.
func (r *resolver) spanName() string {
	if resource := r.ofServer(datadogResource); resource != "" {
		return resource
	}
	return r.Span.Name()
}

// invoked reports whether the span is the invocation of a function.
func (r *resolver) invoked() bool { return r.ofServer(invocation...) != "" }

// descendantRoute returns the longest route of INTERNAL descendants: frameworks inside the
// server know it, and their middleware only knows where it is mounted. "/" is then no route
// unless it is the path.
func (r *resolver) descendantRoute() (longest string) {
	for _, a := range r.Descendants.Attributes {
		if !a.Internal || a.Key != r.names[httpRoute] {
			continue
		}
		if route := sanitize.Pattern(textOf(a.Value)); longer(route, longest) && (route != "/" || r.target.path == "/") {
			longest = route
		}
	}
	return longest
}

// longer reports whether a pattern is longer than another that matched the same path: by its
// segments, of which one that takes all the rest is less than another.
func longer(a, b string) bool {
	depth := func(route string) int {
		n := 2 * strings.Count(strings.TrimSuffix(route, "/"), "/")
		if last := route[strings.LastIndexByte(route, '/')+1:]; strings.Contains(last, "*") || strings.Contains(last, "...") {
			n--
		}
		return n
	}
	return b == "" && a != "" || cmp.Or(cmp.Compare(depth(a), depth(b)), cmp.Compare(len(a), len(b))) > 0
}

// statusClientLeft is nginx's status for a client that left before the response.
const statusClientLeft = 499

// abortHandler is the panic with which Go's net/http ends a request whose client has left.
const abortHandler = "net/http: abort Handler"

// envoyClientLeft is among Envoy's response flags if the client ended the connection.
const envoyClientLeft = "DC"

// readStatus returns the response's status. It translates the code of an RPC to an HTTP
// status. Without either it returns 500 for a request that failed, 200 for an RPC that did
// not, and 0 if nothing is known.
func (r *resolver) readStatus() copyrow.Value {
	if r.call.status != 0 {
		return copyrow.IntegerValue(r.call.status)
	}
	c := &r.columns[r.statusColumn]
	if status := r.convert(c, c.from, c.descendants); !status.IsNull() && status.Number() != 0 {
		return status
	}
	if slices.Contains(strings.Split(r.ofServer(responseFlags), ","), envoyClientLeft) {
		return copyrow.IntegerValue(statusClientLeft)
	}
	exception, failed := r.readException()
	if _, event := request.LastException(r.Span); !event && r.Descendants.Recorded.Handled {
		failed = false
	}
	switch {
	case exception.Message == abortHandler || r.Span.Status().Message() == abortHandler:
		return copyrow.IntegerValue(statusClientLeft)
	case failed || r.errored():
		return copyrow.IntegerValue(http.StatusInternalServerError)
	case !r.call.rpc || r.ofServer(rpcStatuses...) != "":
		return copyrow.IntegerValue(0)
	case r.ofServer(errorType) != "":
		return copyrow.IntegerValue(http.StatusInternalServerError)
	default:
		return copyrow.IntegerValue(http.StatusOK)
	}
}

// requestID returns the first valid request ID, else the trace's.
func (r *resolver) requestID() copyrow.Value {
	c := &r.columns[r.requestIDColumn]
	if id := r.convert(c, c.from, c.descendants); !id.IsNull() {
		return id
	}
	if r.unfit {
		r.repairs[r.requestIDColumn].Type++
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
	if path, query := request.SplitTarget(r.ofServer(urlPath)); path != "" {
		t = target{path, query}
	}
	if query := r.ofServer(urlQuery); query != "" {
		t.query = query
	}
	for _, a := range [...]attribute{httpTarget, urlFull, httpURL} {
		if t.path != "" && t.query != "" {
			break
		}
		text := r.ofServer(a)
		if a != httpTarget {
			text = request.WithoutHost(text)
		}
		path, query := request.SplitTarget(text)
		if t.path == "" {
			t.path = path
		}
		if t.query == "" {
			t.query = query
		}
	}
	return t
}
