package line

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

func TestColumns_HTTPMethod_IsAsSent(t *testing.T) {
	t.Parallel()
	cases{
		"new":                    {attrs{"http.request.method": "POST"}, "POST"},
		"old":                    {attrs{"http.method": "POST"}, "POST"},
		"new before old":         {attrs{"http.request.method": "PUT", "http.method": "POST"}, "PUT"},
		"not a known one":        {attrs{"http.request.method": "_OTHER", "http.request.method_original": "PURGE"}, "PURGE"},
		"lost":                   {attrs{"http.request.method": "_OTHER"}, "_OTHER"},
		"original of a known":    {attrs{"http.request.method": "GET", "http.request.method_original": "get"}, "get"},
		"original of another":    {attrs{"http.request.method": "GET", "http.request.method_original": "PROPFIND"}, "PROPFIND"},
		"from the name":          {attrs{"url.path": "/a"}, "GET"},
		"cut":                    {attrs{"http.request.method": "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}, "ABCDEFGHIJKLMNOPQRS…"},
		"set by the application": {attrs{"canonical.http_method": "BREW", "http.request.method": "GET"}, "BREW"},
	}.run(t, "http_method")
}

func TestColumns_HTTPMethodAndRoute_ComeFromTheSpanName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][2]any{
		"GET /users/{id}":       {"GET", "/users/{id}"},
		"GET /files/{path...}":  {"GET", "/files/{path...}"},
		"GET":                   {"GET", nil},
		"GET users.show":        {"GET", nil},
		"GET example.com/users": {"GET", nil},
		"":                      {"", nil},
		"get /users/{id}":       {"GET", "/users/{id}"},
		"http get /users/{id}":  {"GET", "/users/{id}"},
		"HTTP POST":             {"POST", nil},
		"HTTP":                  {"", "HTTP"},
		"/users/{id}":           {"", "/users/{id}"},
		"PROPFIND /dav":         {"PROPFIND", "/dav"},
		"search products":       {"", "search products"},
		"migrate":               {"", "migrate"},
		"tools/call weather":    {"", "tools/call weather"},
	} {
		req := newRequest(t, nil)
		req.Span.SetName(name)
		got := read(t, req)
		require.Equal(t, want, [2]any{got["http_method"], got["http_route"]}, name)
	}
}

func TestColumns_HTTPRoute_OfWhatIsNotHTTP(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		attributes   attrs
		method, want any
	}{
		"function":        {attrs{"faas.invoked_name": "resize", "faas.trigger": "timer"}, "", "resize"},
		"function's name": {attrs{"faas.name": "resize", "faas.trigger": "pubsub"}, "", "resize"},
		"function by HTTP": {
			attrs{"faas.name": "resize", "faas.trigger": "http", "http.request.method": "GET", "http.route": "/resize"}, "GET", "/resize",
		},
		"function of Node by HTTP": {attrs{"faas.execution": "1", "url.full": "https://h/users/7"}, "", "name"},
		"function of Java by HTTP": {
			attrs{"faas.invocation_id": "1", "faas.name": "resize", "http.request.method": "GET", "http.response.status_code": 200}, "GET", "resize",
		},
		"MCP":            {attrs{"mcp.method.name": "tools/call", "gen_ai.tool.name": "weather"}, "", "name"},
		"HTTP, no route": {attrs{"http.request.method": "GET", "url.path": "/a"}, "GET", nil},
		"only a status":  {attrs{"http.status_code": 200}, "", nil},
		"only a path":    {attrs{"http.target": "/a"}, "", nil},
	} {
		req := newRequest(t, tt.attributes)
		req.Span.SetName("name")
		got := read(t, req)
		require.Equal(t, [2]any{tt.method, tt.want}, [2]any{got["http_method"], got["http_route"]}, name)
	}
}

func TestColumns_HTTPRoute_PrefersTheAttribute(t *testing.T) {
	t.Parallel()
	req := newRequest(t, attrs{"http.route": "/users/:id"})
	req.Span.SetName("GET /users/{id}")
	require.Equal(t, "/users/:id", read(t, req)["http_route"])
}

func TestColumns_HTTPRoute_IsAPatternRatherThanAName(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, route, path string
		want              any
	}{
		{"GET /users/{id}", "show_user", "/users/7", "/users/{id}"},
		{"GET /users/{id}", "users/{id}", "/users/7", "/users/{id}"},
		{"GET users/<int:pk>/", "users/<int:pk>/", "/users/7/", "users/<int:pk>/"},
		{"GET user_show", "user_show", "/users/7", "user_show"},
		{"GET", "GET /users/{id}", "/users/7", "/users/{id}"},
		{"GET", "ANY /users/{proxy+}", "/users/7", "/users/{proxy+}"},
		{"GET /users/4711", "", "/users/4711", nil},
		{"GET /users/4711", "show_user", "/users/4711", "show_user"},
		{"GET /rest/api/2/search", "", "/rest/api/2/search", "/rest/api/2/search"},
	} {
		req := newRequest(t, attrs{"http.route": tt.route, "url.path": tt.path, "http.response.status_code": 200})
		req.Span.SetName(tt.name)
		require.Equal(t, tt.want, read(t, req)["http_route"], tt)
	}
}

func TestColumns_HTTPRoute_IsTheLongestOfDescendants(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		server attrs
		routes []string
		want   any
	}{
		"the longest":       {attrs{"url.path": "/users/1"}, []string{"/users", "/users/:id", "/"}, "/users/:id"},
		"middleware's":      {attrs{"url.path": "/users/1"}, []string{"/users/{*splat}", "/users/:id", "/{*path}"}, "/users/:id"},
		"below a catch-all": {attrs{"url.path": "/users/1", "http.route": "/"}, []string{"/users/:id"}, "/users/:id"},
		"one of all below":  {attrs{"url.path": "/files/a/b"}, []string{"/files", "/files/*path"}, "/files/*path"},
		"the SERVER span's": {attrs{"url.path": "/users/1", "http.route": "/users/*"}, []string{"/users/:id"}, "/users/*"},
		"only the root":     {attrs{"url.path": "/users/1", "http.response.status_code": 401}, []string{"/"}, nil},
		"the root itself":   {attrs{"url.path": "/", "http.response.status_code": 200}, []string{"/"}, "/"},
		"a matched 404":     {attrs{"url.path": "/users", "http.response.status_code": 404}, []string{"/users", "/"}, "/users"},
		"a catch-all":       {attrs{"url.path": "/nope", "http.response.status_code": 404}, []string{"/*"}, nil},
	} {
		req := newRequest(t, tt.server)
		for _, route := range tt.routes {
			req.Descendants.Attributes = append(req.Descendants.Attributes, below(t, "http.route", route, true, 0))
		}
		req.Descendants.Attributes = append(req.Descendants.Attributes, below(t, "http.route", "/of/the/other/side", false, 0))
		require.Equal(t, tt.want, read(t, req)["http_route"], name)
	}
}

func TestColumns_OfAnInnerServer_FillWhatTheOuterLacks(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ outer, inner, want attrs }{
		"otelconnect inside otelhttp": {
			attrs{"http.request.method": "POST", "url.path": "/a.B/C", "http.response.status_code": 200},
			attrs{"rpc.system": "grpc_web", "rpc.service": "a.B", "rpc.method": "C", "rpc.grpc_web.status_code": 5},
			attrs{"http_method": "POST", "http_path": "/a.B/C", "http_route": "/a.B/C", "status": int32(404)},
		},
		"otelconnect's success": {
			attrs{"http.request.method": "POST", "url.path": "/a.B/C", "http.response.status_code": 200},
			attrs{"rpc.system": "connect_rpc", "rpc.service": "a.B", "rpc.method": "C"},
			attrs{"http_route": "/a.B/C", "status": int32(200)},
		},
		"the outer's first": {
			attrs{"http.request.method": "GET", "http.target": "/mounted/a", "http.status_code": 201},
			attrs{"http.request.method": "POST", "url.path": "/a", "http.response.status_code": 200, "http.route": "/a"},
			attrs{"http_method": "GET", "http_path": "/mounted/a", "http_route": "/a", "status": int32(201)},
		},
		"HTTP inside a function": {
			attrs{"faas.execution": "1"},
			attrs{"http.request.method": "POST", "url.path": "/a", "http.response.status_code": 500, "http.route": "/:x"},
			attrs{"http_method": "POST", "http_path": "/a", "http_route": "/:x", "status": int32(500)},
		},
	} {
		req := newRequest(t, tt.outer)
		for key, value := range tt.inner {
			a := below(t, key, value, true, 0)
			a.Server = true
			req.Descendants.Attributes = append(req.Descendants.Attributes, a)
		}
		require.Equal(t, tt.want, keep(read(t, req), tt.want), name)
	}
}

func TestColumns_HTTPRoute_IsNullIfNothingMatched(t *testing.T) {
	t.Parallel()
	cases{
		"old express":                      {attrs{"http.route": "/", "http.target": "/nope?a=b", "http.status_code": 404}, nil},
		"new":                              {attrs{"http.route": "/", "url.path": "/nope", "http.response.status_code": 404}, nil},
		"status as a string":               {attrs{"http.route": "/", "url.path": "/nope", "http.status_code": "404"}, nil},
		"the path itself matched":          {attrs{"http.route": "/cart", "url.path": "/cart", "http.response.status_code": 404}, "/cart"},
		"the path itself, with a number":   {attrs{"http.route": "/users/42", "url.path": "/users/42", "http.status_code": 404}, nil},
		"the path itself, with an ID":      {attrs{"http.route": "/users/01ARZ3NDEKTSV4RRFFQ69G5FAV", "url.path": "/users/01ARZ3NDEKTSV4RRFFQ69G5FAV", "http.status_code": 404}, nil},
		"method not allowed":               {attrs{"http.route": "/", "http.target": "/items/7", "http.status_code": 405}, nil},
		"root of another status":           {attrs{"http.route": "/", "http.target": "/items/7", "http.status_code": 403}, "/"},
		"a catch-all that was found":       {attrs{"http.route": "/*", "url.path": "/app.js", "http.status_code": 200}, "/*"},
		"status by the application":        {attrs{"http.route": "/", "url.path": "/nope", "http.status_code": 200, "canonical.status": 404}, nil},
		"a pattern that matched":           {attrs{"http.route": "/users/:id", "url.path": "/users/1", "http.status_code": 404}, "/users/:id"},
		"root that was found":              {attrs{"http.route": "/", "url.path": "/", "http.status_code": 200}, "/"},
		"static route with another status": {attrs{"http.route": "/users", "url.path": "/users", "http.status_code": 500}, "/users"},
		"set by the application":           {attrs{"canonical.http_route": "/nope", "url.path": "/nope", "http.status_code": 404}, "/nope"},
	}.run(t, "http_route")
}

func TestColumns_HTTPRoute_OfA404IsNoCatchAll(t *testing.T) {
	t.Parallel()
	for _, route := range []string{
		"/", "/*", "/**", "*", "**", "/{path...}", "/{proxy+}", "/{path:.*}", "/{path:.+}", "/{*path}", "/{**path}", "/*path",
		"/:path*", "/:path+", "/:path(.*)", "/(.*)", "(.*)", "/.*", "/<path:path>", "/[...slug]", "/[[...slug]]", "/**/",
		"/{tail:path}", "default", "_handle", "/{any*}", "/{path: .*}", "/{+path}", "{*path:nonfile}", "/*path(.:format)", "/:slug(.*)*",
		"/<path..>", "^.*$", "/(?P<path>.*)", "/{fallbackPlaceholder}", "$default", "ANY /{proxy+}", "/_not-found", "/_error", "/404",
	} {
		for _, status := range []int{404, 405} {
			require.Nil(t, readAttributes(t, attrs{"http.route": route, "url.path": "/nope", "http.status_code": status})["http_route"], route)
		}
	}
	for _, route := range []string{"/users/*", "/users/:id", "/{id}", "/:id", "/users/{path...}", "/a*", "/users"} {
		require.Equal(t, route, readAttributes(t, attrs{"http.route": route, "url.path": "/nope", "http.status_code": 404})["http_route"], route)
	}
}

func TestColumns_HTTPRoute_IsNullIfTheSpanNameIsThePath(t *testing.T) {
	t.Parallel()
	req := newRequest(t, attrs{"url.path": "/nope", "http.response.status_code": 404})
	req.Span.SetName("GET /nope")
	require.Nil(t, read(t, req)["http_route"])
}

func TestColumns_HTTPPath_ComesFromEitherGeneration(t *testing.T) {
	t.Parallel()
	cases{
		"new":                              {attrs{"url.path": "/a"}, "/a"},
		"new without a slash":              {attrs{"url.path": "a"}, "/a"},
		"new with a query":                 {attrs{"url.path": "/a?b=c"}, "/a"},
		"old":                              {attrs{"http.target": "/a"}, "/a"},
		"old with a query":                 {attrs{"http.target": "/a?b=c"}, "/a"},
		"old in absolute form":             {attrs{"http.target": "http://example.com/a?b=c"}, "/a"},
		"new absolute":                     {attrs{"url.full": "https://u:p@example.com/a?b=c"}, "/a"},
		"old absolute":                     {attrs{"http.url": "https://example.com/a"}, "/a"},
		"absolute without a path":          {attrs{"http.url": "https://example.com"}, "/"},
		"without a scheme":                 {attrs{"url.full": "shop.test/orders/7?a=b"}, "/orders/7"},
		"host and port without a scheme":   {attrs{"http.url": "shop:8080/orders/7"}, "/orders/7"},
		"only a host and port":             {attrs{"http.url": "shop:8080"}, "/"},
		"address without a scheme":         {attrs{"http.url": "[::1]:8080/orders/7"}, "/orders/7"},
		"local host without a scheme":      {attrs{"http.url": "localhost/orders/7"}, "/orders/7"},
		"only slashes for a scheme":        {attrs{"url.full": "//shop/orders/7"}, "/orders/7"},
		"a path for a URL":                 {attrs{"http.url": "/items/7"}, "/items/7"},
		"a path without a slash":           {attrs{"http.url": "orders/v1.2"}, "/orders/v1.2"},
		"a path with dots":                 {attrs{"http.target": "v1.2/orders"}, "/v1.2/orders"},
		"new before old":                   {attrs{"url.path": "/new", "http.target": "/old", "http.url": "http://h/older"}, "/new"},
		"target before absolute":           {attrs{"http.target": "/target", "http.url": "http://h/url", "url.full": "http://h/full"}, "/target"},
		"empty is none":                    {attrs{"url.path": "", "http.target": "/old"}, "/old"},
		"set by the application":           {attrs{"canonical.http_path": "/app", "url.path": "/a"}, "/app"},
		"set empty by the application":     {attrs{"canonical.http_path": "", "url.path": "/a"}, "/a"},
		"as sent":                          {attrs{"url.path": "/%C3%A4//b/../c"}, "/%C3%A4//b/../c"},
		"unknown is empty and not missing": {nil, ""},
	}.run(t, "http_path")
}

func TestColumns_HTTPPathOriginal_IsThePathBeforeTheProxy(t *testing.T) {
	t.Parallel()
	const header = "http.request.header."
	cases{
		"none":                            {attrs{"url.path": "/a"}, nil},
		"x-original-uri":                  {attrs{"url.path": "/a", header + "x-original-uri": "/o?b=c"}, "/o"},
		"x-forwarded-uri":                 {attrs{"url.path": "/a", header + "x_forwarded_uri": []any{"/o"}}, "/o"},
		"x-envoy-original-path":           {attrs{"url.path": "/a", header + "x-envoy-original-path": []any{"/o?b=c"}}, "/o"},
		"x-rewrite-url":                   {attrs{"url.path": "/a", header + "x-rewrite-url": "https://u:p@example.com/o"}, "/o"},
		"in this order":                   {attrs{header + "x-rewrite-url": "/2", header + "x-forwarded-uri": "/1"}, "/1"},
		"equal to the path":               {attrs{"url.path": "/a", header + "x-original-uri": "/a?b=c"}, nil},
		"equal to the application's path": {attrs{"canonical.http_path": "/o", "url.path": "/a", header + "x-original-uri": "/o"}, nil},
		"other than the application's":    {attrs{"canonical.http_path": "/o", "url.path": "/a", header + "x-original-uri": "/a"}, "/a"},
		"set by the application":          {attrs{"canonical.http_path_original": "/o", "url.path": "/a"}, "/o"},
	}.run(t, "http_path_original")
}

func TestColumns_HTTPPathOriginal_IsNullIfItEqualsAConfiguredPath(t *testing.T) {
	t.Parallel()
	cfg := config
	cfg.Columns = map[string]Source{"http_path": {From: []string{"app.path"}}}
	got := decode(t, encode(NewMapper(cfg), newRequest(t, attrs{
		"url.path": "/internal/users", "app.path": "/users", "http.request.header.x-original-uri": "/users?page=2",
	})), 0)
	require.Equal(t, "/users", got["http_path"])
	require.Nil(t, got["http_path_original"])
}

func TestColumns_QueryString_ComesFromEitherGenerationOnce(t *testing.T) {
	t.Parallel()
	cases{
		"new":                           {attrs{"url.path": "/a", "url.query": "b=c"}, "b=c"},
		"new with its question mark":    {attrs{"url.query": "?b=c"}, "b=c"},
		"in the path":                   {attrs{"url.path": "/a?b=c"}, "b=c"},
		"old":                           {attrs{"http.target": "/a?b=c"}, "b=c"},
		"old absolute":                  {attrs{"http.url": "https://example.com/a?b=c#d"}, "b=c"},
		"new absolute":                  {attrs{"url.full": "https://example.com/a?b=c"}, "b=c"},
		"both generations":              {attrs{"url.path": "/a", "url.query": "b=c", "http.target": "/a?b=c", "http.url": "http://h/a?b=c"}, "b=c"},
		"path without, target with one": {attrs{"url.path": "/a", "http.target": "/a?b=c"}, "b=c"},
		"target without, URL with one":  {attrs{"http.target": "/a", "http.url": "http://h/a?b=c"}, "b=c"},
		"only a question mark":          {attrs{"url.path": "/a", "url.query": "?"}, nil},
		"none":                          {attrs{"url.path": "/a"}, nil},
		"set by the application":        {attrs{"canonical.query_string": "d=e", "url.query": "b=c"}, "d=e"},
		"old, redacted":                 {attrs{"http.target": "/a?token=abc&b=c"}, "token=REDACTED&b=c"},
		"absolute, redacted":            {attrs{"http.url": "http://u:p@h/a?b=c&sig=abc"}, "b=c&sig=REDACTED"},
		"the application's, redacted":   {attrs{"canonical.query_string": "?token=abc&b=c"}, "token=REDACTED&b=c"},
		"the user's own secrets":        {attrs{"url.query": "vOUCHER=abc"}, "vOUCHER=REDACTED"},
	}.run(t, "query_string")
}

func TestColumns_Status_ComesFromEitherGeneration(t *testing.T) {
	t.Parallel()
	cases{
		"new":                           {attrs{"http.response.status_code": 201}, int32(201)},
		"old":                           {attrs{"http.status_code": 201}, int32(201)},
		"new before old":                {attrs{"http.response.status_code": 201, "http.status_code": 200}, int32(201)},
		"numeric string":                {attrs{"http.status_code": " 201 "}, int32(201)},
		"numeric string with zeros":     {attrs{"http.status_code": "201.00"}, int32(201)},
		"whole float":                   {attrs{"http.status_code": 201.0}, int32(201)},
		"no number":                     {attrs{"http.response.status_code": "OK", "http.status_code": 200}, int32(200)},
		"no int4":                       {attrs{"http.response.status_code": int64(1) << 40}, int32(0)},
		"unknown":                       {nil, int32(0)},
		"set by the application":        {attrs{"canonical.status": "418", "http.status_code": 200}, int32(418)},
		"set to no number":              {attrs{"canonical.status": "teapot", "http.status_code": 200}, int32(200)},
		"set to a boolean":              {attrs{"canonical.status": true, "http.status_code": 200}, int32(200)},
		"of the response, not resource": {attrs{"resource.http.status_code": 200}, int32(0)},
	}.run(t, "status")
}

func TestColumns_Status_Is500AfterAPanic(t *testing.T) {
	t.Parallel()
	req := newRequest(t, nil)
	addException(req.Span, "*errors.errorString", "boom")
	require.EqualValues(t, 500, read(t, req)["status"])

	req = newRequest(t, attrs{"http.response.status_code": 200})
	addException(req.Span, "*errors.errorString", "boom")
	require.EqualValues(t, 200, read(t, req)["status"])

	req = newRequest(t, nil)
	req.Span.Events().AppendEmpty().SetName("message")
	require.EqualValues(t, 0, read(t, req)["status"], "only an exception tells of a failure")
}

func TestColumns_Status_OfAnError(t *testing.T) {
	t.Parallel()
	failing := func(attributes attrs, description string) map[string]any {
		req := newRequest(t, attributes)
		req.Span.Status().SetCode(ptrace.StatusCodeError)
		req.Span.Status().SetMessage(description)
		return read(t, req)
	}
	require.EqualValues(t, 500, failing(nil, "")["status"])
	require.EqualValues(t, 404, failing(attrs{"http.response.status_code": 404}, "")["status"])
	require.EqualValues(t, 500, failing(attrs{"rpc.system": "apache_dubbo", "rpc.method": "get"}, "")["status"])
	require.EqualValues(t, 499, failing(nil, "net/http: abort Handler")["status"], "the client has left")

	req := newRequest(t, nil)
	addException(req.Span, "*errors.errorString", "net/http: abort Handler")
	require.EqualValues(t, 499, read(t, req)["status"])
	req = newRequest(t, attrs{"http.response.status_code": 502})
	addException(req.Span, "*errors.errorString", "net/http: abort Handler")
	require.EqualValues(t, 502, read(t, req)["status"])
	req = newRequest(t, attrs{"rpc.system": "grpc", "rpc.method": "a.B/C"})
	addException(req.Span, "IOException", "broken")
	require.EqualValues(t, 500, read(t, req)["status"])
}

func TestColumns_RequestID_IsTheHeaderElseTheTraces(t *testing.T) {
	t.Parallel()
	const (
		id    = "0188114a-4c00-7f00-8000-0123456789ab"
		other = "11111111-1111-1111-1111-111111111111"
		trace = "4bf92f35-77b3-4da6-a3ce-929d0e0e4736"
	)
	cases{
		"request header":         {attrs{"http.request.header.x-request-id": []any{id}, "http.response.header.x-request-id": other}, id},
		"underscores":            {attrs{"http.request.header.x_request_id": id}, id},
		"response header":        {attrs{"http.response.header.x_request_id": []any{id}, "request.id": other}, id},
		"attribute":              {attrs{"request.id": id}, id},
		"gRPC metadata":          {attrs{"rpc.request.metadata.x-request-id": []any{id}}, id},
		"older gRPC metadata":    {attrs{"rpc.grpc.request.metadata.x-request-id": []any{id}}, id},
		"32 hex digits":          {attrs{"request.id": "0188114A4C007F0080000123456789AB"}, id},
		"no id":                  {attrs{"http.request.header.x-request-id": "abc"}, trace},
		"no id, then one":        {attrs{"http.request.header.x-request-id": "abc", "http.response.header.x-request-id": id}, id},
		"none":                   {nil, trace},
		"set by the application": {attrs{"canonical.request_id": id, "request.id": other}, id},
		"set to no id":           {attrs{"canonical.request_id": 7, "request.id": id}, id},
	}.run(t, "request_id")
}
