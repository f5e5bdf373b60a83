package line

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/request"
)

func TestResolver_Override_SetsEveryColumnThatIsNotFixed(t *testing.T) {
	t.Parallel()
	want := attrs{
		"account_email": "a", "account_id": "0188114a-4c00-7f00-8000-0123456789ab", "api_error_code": "b",
		"api_error_internal_code": "c", "api_error_cause": "d", "api_error_message": "e", "auth_internal_name": "f",
		"auth_type": "g", "content_type": "h", "duration": 2500 * time.Millisecond, "http_method": "i", "http_path": "j",
		"http_path_original": "k", "http_route": "l", "idempotency_key": "0188114a-4c00-7f00-8000-0123456789ac",
		"idempotency_replay": true, "ip": "2001:db8::1", "query_string": "m",
		"request_id": "0188114a-4c00-7f00-8000-0123456789ad", "request_payload_capture_disabled": false,
		"sentry_event_id": "n", "sso_provider": "o", "status": int32(299), "sudo": true, "sudo_account_email": "p",
		"sudo_account_id": "0188114a-4c00-7f00-8000-0123456789ae", "user_agent": "q", "x_crunchy_headers": []string{"r"},
		"service_name": "s", "service_version": "t", "deployment_environment": "u",
	}
	attributes := attrs{}
	for name, v := range want {
		attributes["canonical."+name] = v
	}
	attributes["canonical.duration"], attributes["canonical.status"] = "2.5", 299
	attributes["canonical.x_crunchy_headers"] = []any{"r"}
	got := readAttributes(t, attributes)
	require.Equal(t, want, keep(got, want))
	// request_payload is left out: whether it is kept is not the application's say.
	require.Len(t, got, len(want)+len([]string{
		"id", "created_at", "request_payload", "statistics", "trace_id", "span_id", "adjusted_count",
	}))
}

func TestResolver_Override_IgnoresTheWrongType(t *testing.T) {
	t.Parallel()
	got := readAttributes(t, attrs{
		"canonical.duration": "soon", "canonical.sudo": "maybe", "canonical.idempotency_replay": 5,
		"canonical.sudo_account_id": "root", "canonical.ip": true, "canonical.status": []any{int64(200)},
		"canonical.request_id": "1", "http.response.status_code": 204, "client.address": "192.0.2.1",
		"request.id": "0188114a-4c00-7f00-8000-0123456789ab",
	})
	want := attrs{
		"duration": 1500 * time.Millisecond, "sudo": false, "idempotency_replay": false, "sudo_account_id": nil,
		"ip": "192.0.2.1", "status": int32(204), "request_id": "0188114a-4c00-7f00-8000-0123456789ab",
	}
	require.Equal(t, want, keep(got, want))
}

func TestResolver_Override_IgnoresFixedColumns(t *testing.T) {
	t.Parallel()
	const id = "0188114a-4c00-7f00-8000-0123456789ab"
	plain := readAttributes(t, nil)
	require.Equal(t, plain, readAttributes(t, attrs{
		"canonical.id": id, "canonical.created_at": "2000-01-01T00:00:00Z", "canonical.updated_at": "2000-01-01T00:00:00Z",
		"canonical.trace_id": "a", "canonical.span_id": "b", "canonical.adjusted_count": 7, "canonical.statistics": "{}",
	}))
}

func TestResolver_Descendants_SetColumns(t *testing.T) {
	t.Parallel()
	req := newRequest(t, attrs{"canonical.sso_provider": "server"})
	req.Descendants.Attributes = []request.Attribute{
		below(t, "canonical.auth_internal_name", "last", false, 1),
		below(t, "canonical.sso_provider", "descendant", true, 2),
		below(t, "user.id", "7b0b3b3e-0000-4000-8000-000000000001", false, 3),
		below(t, "user.email", "role@example.com", false, 3),
		below(t, "user.email", "alice@example.com", true, 4),
		below(t, "canonical.auth_internal_name", "first", true, 5),
	}
	got := read(t, req)
	require.Equal(t, "last", got["auth_internal_name"])
	require.Equal(t, "server", got["sso_provider"])
	require.Equal(t, "alice@example.com", got["account_email"])
	require.Nil(t, got["account_id"], "the CLIENT span describes the other side")
}

func TestResolver_Resource_ComesAfterTheSpan(t *testing.T) {
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
	require.Equal(t, "api", got["service_name"], "service_name is read from the resource alone")
	require.Equal(t, "1.2.3", got["service_version"])
	require.Equal(t, "new", got["deployment_environment"])

	req.Resource.Attributes().Remove("deployment.environment.name")
	require.Equal(t, "old", read(t, req)["deployment_environment"])
}

func TestResolver_Payload_IsKeptOnlyIfConfigured(t *testing.T) {
	t.Parallel()
	req := newRequest(t, attrs{"http.request.body.content": `{"a": 1}`})
	got := read(t, req)
	require.Nil(t, got["request_payload"])
	require.Equal(t, true, got["request_payload_capture_disabled"])

	cfg := config
	cfg.CapturePayload, cfg.MaxPayload = true, 100
	got = decode(t, encode(NewMapper(cfg), req), 0)
	require.Equal(t, attrs{"a": 1.0}, got["request_payload"])
	require.Equal(t, false, got["request_payload_capture_disabled"])
}
