package line

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHeaderIsFoundInEverySpellingAndShape(t *testing.T) {
	t.Parallel()
	const name = "http.request.header."
	cases{
		"hyphens, array":       {attrs{name + "content-type": []any{"text/plain"}}, "text/plain"},
		"hyphens, string":      {attrs{name + "content-type": "text/plain"}, "text/plain"},
		"underscores, array":   {attrs{name + "content_type": []any{"text/plain"}}, "text/plain"},
		"underscores, string":  {attrs{name + "content_type": "text/plain"}, "text/plain"},
		"both are one":         {attrs{name + "content-type": []any{"text/plain"}, name + "content_type": []any{"text/plain"}}, "text/plain"},
		"empty, then old":      {attrs{name + "content-type": []any{}, name + "content_type": "text/plain"}, "text/plain"},
		"several values":       {attrs{name + "content-type": []any{"a", "b"}}, "a, b"},
		"several in one":       {attrs{name + "content-type": []any{"a, b"}}, "a, b"},
		"the response's is no": {attrs{"http.response.header.content-type": "text/html"}, nil},
	}.run(t, "content_type")
}

func TestSelectedHeadersAreThoseWithAPrefixSortedByName(t *testing.T) {
	t.Parallel()
	const name = "http.request.header."
	cases{
		"none":               {attrs{name + "x-other": "a", "x-crunchy-team": "a"}, nil},
		"of any shape":       {attrs{name + "x-crunchy-b": []any{"1", "2"}, name + "x_crunchy_a": "3"}, []string{"x-crunchy-a: 3", "x-crunchy-b: 1, 2"}},
		"by name":            {attrs{name + "x-crunchy-a": "1", name + "x-crunchy-a-b": "2"}, []string{"x-crunchy-a: 1", "x-crunchy-a-b: 2"}},
		"in any case":        {attrs{name + "X-Crunchy-A": "B"}, []string{"x-crunchy-a: B"}},
		"both spellings":     {attrs{name + "x-crunchy-a": []any{"1"}, name + "x_crunchy_a": "1"}, []string{"x-crunchy-a: 1"}},
		"not the response's": {attrs{"http.response.header.x-crunchy-a": "1"}, nil},
		"cut and cleaned":    {attrs{name + "x-crunchy-a": "\x00\xff"}, []string{"x-crunchy-a: ��"}},
		"by the application": {attrs{"canonical.x_crunchy_headers": []any{"b", "a"}}, []string{"b", "a"}},
		"set to one":         {attrs{"canonical.x_crunchy_headers": "a"}, []string{"a"}},
	}.run(t, "x_crunchy_headers")
}

func TestSelectedHeadersNeverHoldCredentials(t *testing.T) {
	t.Parallel()
	greedy := config
	greedy.HeaderPrefixes = []string{""}
	row, _ := appendRow(NewMapper(greedy).Encoder(), nil, newRequest(t, attrs{
		"http.request.header.authorization":       []any{"Bearer s3cr3t"},
		"http.request.header.proxy_authorization": "Basic s3cr3t",
		"http.request.header.cookie":              "session=s3cr3t",
		"http.request.header.accept":              "*/*",
	}))
	require.Equal(t, []string{"accept: */*"}, decode(t, row)["x_crunchy_headers"])
}

func TestHeaderPrefixesAreInAnyCase(t *testing.T) {
	t.Parallel()
	upper := config
	upper.HeaderPrefixes = []string{"X-Team", "X-Crunchy-"}
	row, _ := appendRow(NewMapper(upper).Encoder(), nil, newRequest(t, attrs{"http.request.header.x-team-id": "1"}))
	require.Equal(t, []string{"x-team-id: 1"}, decode(t, row)["x_crunchy_headers"])
}

func TestAuthTypeIsTheSchemeAlone(t *testing.T) {
	t.Parallel()
	const name = "http.request.header.authorization"
	cases{
		"bearer":                    {attrs{name: []any{"Bearer s3cr3t"}}, "bearer"},
		"basic":                     {attrs{name: "BASIC czNjcjN0"}, "basic"},
		"digest":                    {attrs{name: `Digest username="s3cr3t"`}, "digest"},
		"aws":                       {attrs{name: "AWS4-HMAC-SHA256 Credential=s3cr3t"}, "aws4-hmac-sha256"},
		"set by the application":    {attrs{"canonical.auth_type": "api_key", name: "Bearer s3cr3t"}, "api_key"},
		"a credential alone":        {attrs{name: "s3cr3t"}, nil},
		"a credential with a space": {attrs{name: "s3cr3t s3cr3t"}, nil},
		"none":                      {nil, nil},
	}.run(t, "auth_type")
}

func TestCredentialIsInNoColumn(t *testing.T) {
	t.Parallel()
	for _, value := range []any{"Bearer s3cr3t", "s3cr3t", "s3cr3t s3cr3t", "s3cr3t,Bearer x", []any{"s3cr3t x", "Bearer s3cr3t"}} {
		for _, name := range []string{"authorization", "cookie", "proxy-authorization", "proxy_authorization"} {
			row, _ := appendRow(NewMapper(config).Encoder(), nil, newRequest(t, attrs{
				"http.request.header." + name: value, "http.response.status_code": 401, "url.path": "/a",
			}))
			require.NotContains(t, string(row), "s3cr3t")
		}
	}
}

func TestApplicationSetsColumnsThatNothingElseTells(t *testing.T) {
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

// keep is what the row holds in the columns that are named.
func keep(row, names map[string]any) map[string]any {
	row = maps.Clone(row)
	maps.DeleteFunc(row, func(name string, _ any) bool {
		_, ok := names[name]
		return !ok
	})
	return row
}
