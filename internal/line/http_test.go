package line

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMethodIsAsSent(t *testing.T) {
	t.Parallel()
	cases{
		"new":                    {attrs{"http.request.method": "POST"}, "POST"},
		"old":                    {attrs{"http.method": "POST"}, "POST"},
		"new before old":         {attrs{"http.request.method": "PUT", "http.method": "POST"}, "PUT"},
		"not a known one":        {attrs{"http.request.method": "_OTHER", "http.request.method_original": "PURGE"}, "PURGE"},
		"lost":                   {attrs{"http.request.method": "_OTHER"}, "_OTHER"},
		"original of a known":    {attrs{"http.request.method": "GET", "http.request.method_original": "get"}, "GET"},
		"from the name":          {attrs{"url.path": "/a"}, "GET"},
		"cut":                    {attrs{"http.request.method": "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}, "ABCDEFGHIJKLMNOPQRS…"},
		"set by the application": {attrs{"canonical.http_method": "BREW", "http.request.method": "GET"}, "BREW"},
	}.run(t, "http_method")
}

func TestMethodAndRouteFromTheSpanName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][2]any{
		"GET /users/{id}":       {"GET", "/users/{id}"},
		"GET /files/{path...}":  {"GET", "/files/{path...}"},
		"GET":                   {"GET", nil},
		"GET users.show":        {"GET", nil},
		"GET example.com/users": {"GET", nil},
		"":                      {"", nil},
	} {
		req := newRequest(t, nil)
		req.Span.SetName(name)
		got := read(t, req)
		require.Equal(t, want, [2]any{got["http_method"], got["http_route"]}, name)
	}
}

func TestRouteOfTheAttributeIsBeforeThatOfTheName(t *testing.T) {
	t.Parallel()
	req := newRequest(t, attrs{"http.route": "/users/:id"})
	req.Span.SetName("GET /users/{id}")
	require.Equal(t, "/users/:id", read(t, req)["http_route"])
}

func TestRouteOfANotFoundThatIsThePathIsNull(t *testing.T) {
	t.Parallel()
	cases{
		"old express":                      {attrs{"http.route": "/", "http.target": "/nope?a=b", "http.status_code": 404}, nil},
		"new":                              {attrs{"http.route": "/", "url.path": "/nope", "http.response.status_code": 404}, nil},
		"status as a string":               {attrs{"http.route": "/", "url.path": "/nope", "http.status_code": "404"}, nil},
		"the path itself":                  {attrs{"http.route": "/nope", "url.path": "/nope", "http.response.status_code": 404}, nil},
		"the path in the target":           {attrs{"http.route": "/nope", "http.target": "/nope?a=b", "http.status_code": 404}, nil},
		"status by the application":        {attrs{"http.route": "/", "url.path": "/nope", "http.status_code": 200, "canonical.status": 404}, nil},
		"a pattern that matched":           {attrs{"http.route": "/users/:id", "url.path": "/users/1", "http.status_code": 404}, "/users/:id"},
		"root that was found":              {attrs{"http.route": "/", "url.path": "/", "http.status_code": 200}, "/"},
		"static route with another status": {attrs{"http.route": "/users", "url.path": "/users", "http.status_code": 500}, "/users"},
		"set by the application":           {attrs{"canonical.http_route": "/nope", "url.path": "/nope", "http.status_code": 404}, "/nope"},
	}.run(t, "http_route")
}

func TestRouteOfANotFoundThatIsThePathInTheSpanNameIsNull(t *testing.T) {
	t.Parallel()
	req := newRequest(t, attrs{"url.path": "/nope", "http.response.status_code": 404})
	req.Span.SetName("GET /nope")
	require.Nil(t, read(t, req)["http_route"])
}

func TestStatusIsReadFromEitherGeneration(t *testing.T) {
	t.Parallel()
	cases{
		"new":                           {attrs{"http.response.status_code": 201}, int32(201)},
		"old":                           {attrs{"http.status_code": 201}, int32(201)},
		"new before old":                {attrs{"http.response.status_code": 201, "http.status_code": 200}, int32(201)},
		"numeric string":                {attrs{"http.status_code": " 201 "}, int32(201)},
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

func TestPanicWithoutAStatusIs500(t *testing.T) {
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

func TestIPIsTheFirstUsableAddress(t *testing.T) {
	t.Parallel()
	cases{
		"client.address":            {attrs{"client.address": "192.0.2.1", "http.client_ip": "192.0.2.9"}, "192.0.2.1"},
		"http.client_ip":            {attrs{"http.client_ip": "192.0.2.2", "network.peer.address": "192.0.2.9"}, "192.0.2.2"},
		"network.peer.address":      {attrs{"network.peer.address": "192.0.2.3", "net.sock.peer.addr": "192.0.2.9"}, "192.0.2.3"},
		"net.sock.peer.addr":        {attrs{"net.sock.peer.addr": "192.0.2.4", "net.peer.ip": "192.0.2.9"}, "192.0.2.4"},
		"net.peer.ip":               {attrs{"net.peer.ip": "192.0.2.5", "net.peer.name": "192.0.2.9"}, "192.0.2.5"},
		"net.peer.name":             {attrs{"net.peer.name": "192.0.2.6"}, "192.0.2.6"},
		"host names are no address": {attrs{"client.address": "gateway", "net.peer.name": "localhost", "net.sock.peer.addr": "::ffff:192.0.2.7"}, "192.0.2.7"},
		"none usable":               {attrs{"client.address": "/run/app.sock", "net.peer.name": "localhost"}, "0.0.0.0"},
		"none":                      {nil, "0.0.0.0"},
		"set by the application":    {attrs{"canonical.ip": "[2001:db8::1]:443", "client.address": "192.0.2.1"}, "2001:db8::1"},
		"set to no address":         {attrs{"canonical.ip": "somewhere", "client.address": "192.0.2.1"}, "192.0.2.1"},
	}.run(t, "ip")
}

func TestUserAgentIsAnAttributeElseTheHeader(t *testing.T) {
	t.Parallel()
	cases{
		"new":    {attrs{"user_agent.original": "new", "http.user_agent": "old"}, "new"},
		"old":    {attrs{"http.user_agent": "old", "http.request.header.user-agent": "header"}, "old"},
		"header": {attrs{"http.request.header.user_agent": []any{"header"}}, "header"},
		"none":   {nil, nil},
	}.run(t, "user_agent")
}

func TestRequestIDIsTheHeaderElseTheTraces(t *testing.T) {
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

func TestIdempotencyKeyIsAnIDOrNull(t *testing.T) {
	t.Parallel()
	cases{
		"UUID":       {attrs{"http.request.header.idempotency-key": []any{"0188114a-4c00-7f00-8000-0123456789ab"}}, "0188114a-4c00-7f00-8000-0123456789ab"},
		"ULID":       {attrs{"http.request.header.idempotency_key": "01ARZ3NDEKTSV4RRFFQ69G5FAV"}, "01563e3a-b5d3-d676-4c61-efb99302bd5b"},
		"other text": {attrs{"http.request.header.idempotency-key": "order-7"}, nil},
		"none":       {nil, nil},
	}.run(t, "idempotency_key")
}

func TestResourceComesAfterTheSpan(t *testing.T) {
	t.Parallel()
	req := newRequest(t, attrs{"user_agent.original": "span", "service.name": "span"})
	require.NoError(t, req.Resource.Attributes().FromRaw(attrs{
		"user_agent.original": "resource", "client.address": "192.0.2.1",
		"service.name": "api", "service.version": "1.2.3",
		"deployment.environment": "old", "deployment.environment.name": "new",
	}))
	got := read(t, req)
	require.Equal(t, "span", got["user_agent"])
	require.Equal(t, "192.0.2.1", got["ip"])
	require.Equal(t, "api", got["service_name"], "the service is the resource's")
	require.Equal(t, "1.2.3", got["service_version"])
	require.Equal(t, "new", got["deployment_environment"])

	req.Resource.Attributes().Remove("deployment.environment.name")
	require.Equal(t, "old", read(t, req)["deployment_environment"])
}
