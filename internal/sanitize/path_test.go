package sanitize

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSanitizer_Path_LosesItsSecrets(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ path, route, want string }{
		{"/a;jsessionid=s/b", "", "/a;jsessionid=REDACTED/b"},
		{"/reset/s", "/reset/{token}", "/reset/REDACTED"},
		{"/api/reset/s/", "/reset/:token/", "/api/reset/REDACTED/"},
		{"/reset/s", "/reset/:token/:page?", "/reset/REDACTED"},
		{"/reset/s/a", "/reset/{token...}", "/reset/REDACTED/REDACTED"},
		{"/tickets/A-1", "/tickets/{ticket}", "/tickets/A-1"},
		{"/tickets/ST1a2b3c", "/tickets/{ticket}", "/tickets/REDACTED"},
		{"/users/7", "/users/{id}", "/users/7"},
		{"/other/s", "/reset/{token}", "/other/REDACTED"},
		{"/a%3Ftoken=s", "", "/a%3Ftoken=REDACTED"},
	} {
		var repairs Repairs
		require.Equal(t, tt.want, sanitizer.Path(tt.path, tt.route, 0, &repairs), tt)
	}
}

func TestPattern_IsWithoutQueryAndFragment(t *testing.T) {
	t.Parallel()
	for route, want := range map[string]string{
		"":                     "",
		"/a?b=c":               "/a",
		"/a#b":                 "/a",
		"/:id?":                "/:id?",
		"/:id?/b":              "/:id?/b",
		"/:id?token=s":         "/:id",
		"/{id?}":               "/{id?}",
		"^a/(?P<id>[^/.]+)/?$": "^a/(?P<id>[^/.]+)/?$",
		"https://u:s@h/a?b":    "/a",
		"https://h":            "/",
		"//u:s@h/a":            "/a",
		"/proxy/https://h/a":   "/proxy/https://h/a",
		"GET /a?b":             "GET /a",
		"/a?":                  "/a?",
		"/(?token=s":           "/(",
	} {
		require.Equal(t, want, Pattern(route), route)
		require.Equal(t, want, Pattern(want), "a second pass changes nothing")
	}
}

// FuzzSanitizer_Path looks for a segment that remains though its route calls it a secret.
func FuzzSanitizer_Path(f *testing.F) {
	for _, seed := range []string{"", "/", "/a/b", "/a;b=c", "/%2F", "/(?P<a>[^/]+)", "/{a...}", "//a@b", "/a?b#c", "/:id?", "[?(:@", "/reset/q8F3kdj38fjKD93jf"} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, path, route string) {
		const secret = "QZXSECRETQZX1"
		var repairs Repairs
		once := sanitizer.Route(route, 0, &repairs)
		require.Equal(t, once, sanitizer.Route(once, 0, &repairs), "a second pass changes nothing")
		once = sanitizer.Path(path, route, 0, &repairs)
		require.Equal(t, once, sanitizer.Path(once, route, 0, &repairs), "a second pass changes nothing")
		if strings.Contains(path+route, secret) {
			return
		}
		require.NotContains(t, sanitizer.Path(path+"/"+secret, "/{token}", 0, &repairs), secret)
		require.NotContains(t, sanitizer.Path(path+";jsessionid="+secret+"/"+route, "", 0, &repairs), secret)
		require.NotContains(t, sanitizer.Route("/a?token="+secret+path, 0, &repairs), secret)
	})
}
