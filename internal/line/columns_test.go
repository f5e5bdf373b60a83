package line

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
)

func TestColumns_WithoutSources_AreSetByTheApplication(t *testing.T) {
	t.Parallel()
	set := attrs{
		"auth_internal_name": "cron", "sso_provider": "okta", "sudo_account_email": "staff@example.com",
		"sudo_account_id": "11111111-1111-1111-1111-111111111111", "sudo": true, "idempotency_replay": true,
		"request_payload_capture_disabled": false, "sentry_event_id": "abc",
	}
	unset := readAttributes(t, attrs{"sentry.event_id": "def"})
	require.Equal(t, attrs{
		"auth_internal_name": nil, "sso_provider": nil, "sudo_account_email": nil, "sudo_account_id": nil,
		"sudo": false, "idempotency_replay": false, "request_payload_capture_disabled": true, "sentry_event_id": "def",
	}, keep(unset, set))

	attributes := attrs{"sentry.event_id": "def"}
	for name, v := range set {
		attributes["canonical."+name] = v
	}
	require.Equal(t, set, keep(readAttributes(t, attributes), set))
}

func TestColumns_SpanOfBothGenerations_IsOneLine(t *testing.T) {
	t.Parallel()
	const header = "http.request.header."
	newer := attrs{
		"http.request.method": "POST", "url.path": "/users/1", "url.query": "a=b&token=c", "url.scheme": "https",
		"http.route": "/users/:id", "http.response.status_code": 201, "client.address": "192.0.2.1",
		"user_agent.original": "curl/8", header + "content-type": []any{"text/plain"}, header + "x-crunchy-a": []any{"1"},
	}
	older := attrs{
		"http.method": "POST", "http.target": "/users/1?a=b&token=c", "http.url": "https://u:p@h/users/1?a=b&token=c",
		"http.route": "/users/:id", "http.status_code": 201, "http.client_ip": "192.0.2.1",
		"http.user_agent": "curl/8", header + "content_type": []any{"text/plain"}, header + "x_crunchy_a": []any{"1"},
	}
	both := attrs{}
	for _, generation := range []attrs{newer, older} {
		for key, v := range generation {
			both[key] = v
		}
	}
	want := readAttributes(t, newer)
	require.Equal(t, "/users/1", want["http_path"])
	require.Equal(t, "a=b&token=REDACTED", want["query_string"])
	require.Equal(t, want, readAttributes(t, older))
	require.Equal(t, want, readAttributes(t, both))
}

func TestColumns_IP_IsTheFirstUsableAddress(t *testing.T) {
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

func TestColumns_UserAgent_IsAnAttributeElseTheHeader(t *testing.T) {
	t.Parallel()
	cases{
		"new":    {attrs{"user_agent.original": "new", "http.user_agent": "old"}, "new"},
		"old":    {attrs{"http.user_agent": "old", "http.request.header.user-agent": "header"}, "old"},
		"header": {attrs{"http.request.header.user_agent": []any{"header"}}, "header"},
		"none":   {nil, nil},
	}.run(t, "user_agent")
}

func TestColumns_IdempotencyKey_IsAnIDOrNull(t *testing.T) {
	t.Parallel()
	cases{
		"UUID":       {attrs{"http.request.header.idempotency-key": []any{"0188114a-4c00-7f00-8000-0123456789ab"}}, "0188114a-4c00-7f00-8000-0123456789ab"},
		"ULID":       {attrs{"http.request.header.idempotency_key": "01ARZ3NDEKTSV4RRFFQ69G5FAV"}, "01563e3a-b5d3-d676-4c61-efb99302bd5b"},
		"other text": {attrs{"http.request.header.idempotency-key": "order-7"}, nil},
		"none":       {nil, nil},
	}.run(t, "idempotency_key")
}

func TestColumns_ContentType_IsFoundInEverySpellingAndShape(t *testing.T) {
	t.Parallel()
	const name = "http.request.header."
	cases{
		"hyphens, array":      {attrs{name + "content-type": []any{"text/plain"}}, "text/plain"},
		"hyphens, string":     {attrs{name + "content-type": "text/plain"}, "text/plain"},
		"underscores, array":  {attrs{name + "content_type": []any{"text/plain"}}, "text/plain"},
		"underscores, string": {attrs{name + "content_type": "text/plain"}, "text/plain"},
		"both are one":        {attrs{name + "content-type": []any{"text/plain"}, name + "content_type": []any{"text/plain"}}, "text/plain"},
		"empty, then old":     {attrs{name + "content-type": []any{}, name + "content_type": "text/plain"}, "text/plain"},
		"several values":      {attrs{name + "content-type": []any{"a", "b"}}, "a, b"},
		"several in one":      {attrs{name + "content-type": []any{"a, b"}}, "a, b"},
		"not the response's":  {attrs{"http.response.header.content-type": "text/html"}, nil},
	}.run(t, "content_type")
}

func TestColumns_IDs_AreTheSpans(t *testing.T) {
	t.Parallel()
	req := newRequest(t, nil)
	got := read(t, req)
	// The milliseconds of 2023-05-12T13:14:15.123Z, the end of the trace ID and the span ID.
	require.Equal(t, "01881019-04d3-4736-00f0-67aa0ba902b7", got["id"])
	require.Equal(t, got["id"], read(t, newRequest(t, attrs{"url.path": "/other"}))["id"])
	require.Equal(t, "4bf92f3577b34da6a3ce929d0e0e4736", got["trace_id"])
	require.Equal(t, "00f067aa0ba902b7", got["span_id"])
}

func TestColumns_IDs_CanBeMissing(t *testing.T) {
	t.Parallel()
	req := newRequest(t, nil)
	req.Span.SetTraceID(pcommon.TraceID{})
	req.Span.SetSpanID(pcommon.SpanID{})
	got := read(t, req)
	require.Nil(t, got["trace_id"])
	require.Nil(t, got["span_id"])
	require.Equal(t, "00000000-0000-0000-0000-000000000000", got["request_id"])
}
