package line

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestColumns_AccountID_IsTheUsersID(t *testing.T) {
	t.Parallel()
	const id = "0188114a-4c00-7f00-8000-0123456789ab"
	cases{
		"new":                       {attrs{"user.id": id, "enduser.id": "11111111-1111-1111-1111-111111111111"}, id},
		"old":                       {attrs{"enduser.id": id}, id},
		"no id, then one":           {attrs{"user.id": "42", "enduser.id": id}, id},
		"number":                    {attrs{"user.id": 42}, nil},
		"mail address":              {attrs{"enduser.id": "a@example.com"}, nil},
		"role of a database client": {attrs{"user.name": id}, nil},
		"set by the application":    {attrs{"canonical.account_id": id, "user.id": "11111111-1111-1111-1111-111111111111"}, id},
		"set to no id":              {attrs{"canonical.account_id": "acme", "user.id": id}, id},
	}.run(t, "account_id")
}

func TestColumns_AccountEmail_IsTheUsersAddress(t *testing.T) {
	t.Parallel()
	cases{
		"new":                    {attrs{"user.email": "a@example.com", "enduser.id": "b@example.com"}, "a@example.com"},
		"in enduser.id":          {attrs{"enduser.id": "b@example.com"}, "b@example.com"},
		"a name with an address": {attrs{"enduser.id": "B <b@example.com>"}, nil},
		"no address":             {attrs{"enduser.id": "b"}, nil},
		"id":                     {attrs{"enduser.id": "0188114a-4c00-7f00-8000-0123456789ab"}, nil},
		"set by the application": {attrs{"canonical.account_email": "c@example.com", "user.email": "a@example.com"}, "c@example.com"},
	}.run(t, "account_email")
}

func TestColumns_AuthType_IsTheSchemeAlone(t *testing.T) {
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

func TestColumns_HoldNoCredential(t *testing.T) {
	t.Parallel()
	for _, value := range []any{"Bearer s3cr3t", "s3cr3t", "s3cr3t s3cr3t", "s3cr3t,Bearer x", []any{"s3cr3t x", "Bearer s3cr3t"}} {
		for _, name := range []string{"authorization", "cookie", "proxy-authorization", "proxy_authorization"} {
			batch := encode(NewMapper(config), newRequest(t, attrs{
				"http.request.header." + name: value, "http.response.status_code": 401, "url.path": "/a",
			}))
			require.NotContains(t, string(batch.Rows), "s3cr3t")
		}
	}
}
