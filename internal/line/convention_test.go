package line

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestColumns_OfOtherConventions(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		attributes attrs
		want       map[string]any
	}{
		"Micrometer": {
			attrs{"method": "POST", "uri": "/accounts/{id}", "status": "201", "outcome": "SUCCESS", "exception": "none", "http.url": "/accounts/42"},
			map[string]any{"http_method": "POST", "http_route": "/accounts/{id}", "http_path": "/accounts/42", "status": int32(201), "api_error_code": nil},
		},
		"Micrometer's failure": {
			attrs{"method": "POST", "uri": "/accounts", "status": "500", "outcome": "SERVER_ERROR", "exception": "IllegalStateException"},
			map[string]any{"status": int32(500), "api_error_code": "IllegalStateException"},
		},
		"Micrometer's placeholders": {
			attrs{"method": "UNKNOWN", "uri": "NOT_FOUND", "status": "404", "outcome": "CLIENT_ERROR"},
			map[string]any{"http_method": "GET", "http_route": nil, "status": int32(404)},
		},
		"words of another meaning": {
			attrs{"method": "carrier pigeon", "uri": "urn:x", "status": "7", "exception": "to the rule"},
			map[string]any{"http_method": "GET", "http_route": nil, "status": int32(0), "api_error_code": nil},
		},
		"Zipkin": {
			attrs{"http.method": "GET", "http.path": "/a", "http.url": "http://shop.test/a?b=c", "http.status_code": "200", "peer.ipv4": "203.0.113.9"},
			map[string]any{"http_path": "/a", "query_string": "b=c", "ip": "203.0.113.9", "status": int32(200)},
		},
		"Zipkin's error": {
			attrs{"http.method": "GET", "error": "connection refused"},
			map[string]any{"status": int32(500), "api_error_message": "connection refused"},
		},
		"Brave's RPC": {
			attrs{"rpc.service": "a.B", "rpc.method": "C", "rpc.error_code": "NOT_FOUND"},
			map[string]any{"http_route": "/a.B/C", "status": int32(404), "api_error_code": "NOT_FOUND"},
		},
		"OpenTracing's error": {
			attrs{"http.method": "GET", "http.status_code": 200, "error": true, "error.kind": "ValueError", "error.object": "bad"},
			map[string]any{"status": int32(200), "api_error_code": "ValueError", "api_error_cause": "ValueError: bad"},
		},
		"OpenTracing, no error": {
			attrs{"http.status_code": 200, "error": false},
			map[string]any{"status": int32(200), "api_error_code": nil},
		},
		"Datadog": {
			attrs{"http.method": "GET", "http.status_code": "500", "http.useragent": "curl/8", "exception.type": "ValueError", "exception.message": "bad", "usr.email": "a@example.com"},
			map[string]any{"user_agent": "curl/8", "api_error_cause": "ValueError: bad", "account_email": "a@example.com"},
		},
		"Datadog's resource": {
			attrs{"http.method": "GET", "http.url": "http://shop.test/a/42", "http.status_code": "200", "dd.span.Resource": "GET /a/<id>"},
			map[string]any{"http_route": "/a/<id>", "http_path": "/a/42"},
		},
		"Datadog's controller": {
			attrs{"http.method": "GET", "http.url": "http://shop.test/a/42", "http.status_code": "200", "dd.span.Resource": "ItemsController#show"},
			map[string]any{"http_route": nil},
		},
		"Envoy": {
			attrs{
				"component": "proxy", "peer.address": "203.0.113.9", "user_agent": "curl/8", "http.url": "http://shop.test/a", "http.status_code": "200",
				"guid:x-request-id": "4f6b9d1e-1111-4222-8333-444455556666",
			},
			map[string]any{"ip": "203.0.113.9", "user_agent": "curl/8", "request_id": "4f6b9d1e-1111-4222-8333-444455556666"},
		},
		"Envoy's gRPC": {
			attrs{"http.method": "POST", "http.url": "http://shop.test/a.B/C", "http.status_code": "200", "grpc.status_code": "5"},
			map[string]any{"http_path": "/a.B/C", "http_route": "/a.B/C", "status": int32(404), "api_error_code": "NOT_FOUND"},
		},
		"Envoy's client has left": {
			attrs{"http.method": "GET", "http.status_code": "0", "response_flags": "DC"},
			map[string]any{"status": int32(499)},
		},
		"Envoy's failure": {
			attrs{"http.method": "GET", "http.status_code": "503", "response_flags": "UF,URX"},
			map[string]any{"status": int32(503), "api_error_code": "UF,URX"},
		},
		"Envoy's success": {
			attrs{"http.method": "GET", "http.status_code": "200", "response_flags": "-"},
			map[string]any{"status": int32(200), "api_error_code": nil},
		},
		"OpenTelemetry's own comes first": {
			attrs{"http.path": "/a", "url.path": "/b", "user_agent": "old", "user_agent.original": "new"},
			map[string]any{"http_path": "/b", "user_agent": "new"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, keep(readAttributes(t, tt.attributes), tt.want))
		})
	}
}

func TestMapper_ReadsOtherConventions(t *testing.T) {
	t.Parallel()
	m := NewMapper(config)
	for _, key := range []string{"uri", "outcome", "peer.address", "error", "grpc.status_code"} {
		require.True(t, m.Reads(key), key)
	}
	require.False(t, m.Reads("component"))
}

func TestMapper_OtherConventions_CanBeSourcesToo(t *testing.T) {
	t.Parallel()
	cfg := config
	cfg.Columns = map[string]Source{"sso_provider": {From: []string{"user_agent"}}}
	got := decode(t, encode(NewMapper(cfg), newRequest(t, attrs{"user_agent": "curl/8"})), 0)
	require.Equal(t, "curl/8", got["sso_provider"])
	require.Equal(t, "curl/8", got["user_agent"])
}
