package sanitize

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSanitizer_Message_LosesAssignedSecrets(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"kaboom secret=42":                  "kaboom secret=REDACTED",
		"bad (token=s, api-key=t; a=b)":     "bad (token=REDACTED, api-key=REDACTED; a=b)",
		"user=a password=":                  "user=a password=",
		`password="s p"`:                    `password="REDACTED"`,
		"password: s, b":                    "password: REDACTED, b",
		`{"password":"s","a":"b"}`:          `{"password":"REDACTED","a":"b"}`,
		"password: must be set":             "password: must be set",
		"Authorization: Bearer s":           "Authorization: Bearer REDACTED",
		"[parameters: ('a', 'b')] c":        "[parameters: REDACTED] c",
		"Key (a, token)=(b, s) exists.":     "Key (a, token)=(REDACTED) exists.",
		"KeY:" + strings.Repeat(" ", 130):   "KeY:" + strings.Repeat(" ", 130),
		"Key (a)=(b) exists.":               "Key (a)=(b) exists.",
		"logon of scott/s@host failed":      "logon of scott/REDACTED@host failed",
		"x eyJhbGciOiJ9.eyJzdWIi.c2ln y":    "x REDACTED y",
		"code = NotFound, code=ENOENT":      "code = NotFound, code=ENOENT",
		"<token>s</token><a>b</a>":          "<token>REDACTED</token><a>b</a>",
		"a==b":                              "a==b",
		"get https://u:s@h?sig=s: sig=s, =": "get https://REDACTED@h?sig=REDACTED sig=REDACTED, =",
	} {
		require.Equal(t, want, sanitizer.Message(text), text)
	}
}

// FuzzSanitizer_Message looks for a secret that remains, whatever stands around it.
func FuzzSanitizer_Message(f *testing.F) {
	for _, seed := range []string{
		"", "a: b", `"`, "'", "{[(", `\\"`, "<a>", "[parameters: ", "Key (token)=(", "values (", "-----BEGIN PRIVATE KEY-----", "Authorization: Bearer ",
		"https://u:p@h/?a=%7B", "a/b@c", "eyJhbGciOiJ9.e", "--token ", `["token", "`, "token=Some(", "identified by ", "token=a.(",
		"invalid token q8F3kdj38fjKD93jf", "KeY:" + strings.Repeat(" ", 130),
	} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		const secret = "qzxsecretqzx1"
		out := sanitizer.Message(before)
		require.Equal(t, out, sanitizer.Message(out), "a second pass changes nothing")
		if strings.Contains(before+after, secret) {
			return
		}
		for _, stated := range []string{
			"password=" + secret, "password: " + secret, `"password": "` + secret + `"`, "Authorization: Bearer " + secret, "https://u:" + secret + "@h/",
		} {
			text := before + "\n" + stated + "\n" + after
			require.NotContains(t, sanitizer.Message(text), secret, text)
		}
	})
}

func TestSanitizer_Message_TakesTimeInProportionToItsLength(t *testing.T) {
	t.Parallel()
	for _, part := range []string{
		"://", "code:{", "token:{", `"\"`, "[", `["token", {`, "<token>", "a@", "b ", "basic ", "values (", "Key (token)=(", "token=", "?token=", "%3D",
		"-----BEGIN PRIVATE KEY-----", "eyJ", "--token ", "'", `password="`, "http://h/?a=http%3A%2F%2F", "uplicate entry '", "[parameters: ",
	} {
		text := strings.Repeat(part, 1<<19/len(part))
		start := time.Now()
		sanitizer.Message(text)
		require.Less(t, time.Since(start), 10*time.Second, part)
	}
}
