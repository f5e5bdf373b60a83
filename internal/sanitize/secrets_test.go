package sanitize

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var sanitizer = New([]string{"Voucher"})

func TestSanitizer_Query_RedactsEverySecretInAnyCase(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"X-Amz-Signature", "X-Amz-Credential", "X-Amz-Security-Token", "AWSAccessKeyId", "Signature", "sig",
		"X-Goog-Signature", "token", "access_token", "refresh_token", "id_token", "api_key", "apikey", "key", "secret",
		"client_secret", "password", "passwd", "pwd", "auth", "authorization", "code", "session", "jwt", "voucher",
	} {
		for _, spelt := range []string{name, strings.ToUpper(name), strings.ToLower(name)} {
			require.Equal(t, "a=b&"+spelt+"=REDACTED&c=d", sanitizer.Query("a=b&"+spelt+"=s3cr3t&c=d"))
		}
	}
}

func TestSanitizer_Query_LeavesEveryOtherByteAlone(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"":                              "",
		"a=b":                           "a=b",
		"&&a=%20b+c&=&d&=e&a=b=c&":      "&&a=%20b+c&=&d&=e&a=b=c&",
		"tokens=a&keyboard=b&mykey=c":   "tokens=a&keyboard=b&mykey=c",
		"a=token&b=key%3Dc":             "a=token&b=key%3Dc",
		"token":                         "token",
		"token=":                        "token=",
		"token&a=b":                     "token&a=b",
		"token=REDACTED":                "token=REDACTED",
		"token=a=b==&c=d":               "token=REDACTED&c=d",
		"token=a&token=b&&token=c&":     "token=REDACTED&token=REDACTED&&token=REDACTED&",
		"%74oken=a&TO%4BEN=b&%6b%65y=c": "%74oken=REDACTED&TO%4BEN=REDACTED&%6b%65y=REDACTED",
		"access%5Ftoken=a%26b&c=%C3%A4": "access%5Ftoken=REDACTED&c=%C3%A4",
		"+token+=a&%20key=b":            "+token+=REDACTED&%20key=REDACTED",
		"to%zzken=a&%=b&token%=c":       "to%zzken=a&%=b&token%=c",
		"user[password]=a&user[name]=b": "user[password]=REDACTED&user[name]=b",
		"user%5Bpassword%5D=a":          "user%5Bpassword%5D=REDACTED",
		"token[]=a&token%5B%5D=b":       "token[]=REDACTED&token%5B%5D=REDACTED",
		"a=b;token=c":                   "a=b;token=REDACTED",
		"a=b;c=d&e;f":                   "a=b;c=d&e;f",
		"\xfftoken\xff=a&b=\x00\xfe":    "\xfftoken\xff=a&b=\x00\xfe",
	} {
		require.Equal(t, want, sanitizer.Query(query), query)
	}
}

func TestSanitizer_Query_SemicolonDoesNotEndASecret(t *testing.T) {
	t.Parallel()
	require.Equal(t, "password=REDACTED&a=b", sanitizer.Query("password=s3;cr3t&a=b"))
	require.Equal(t, "c=d;password=REDACTED&a=b", sanitizer.Query("c=d;password=s3;c=r3t&a=b"))
}

func FuzzSanitizer_Query(f *testing.F) {
	for _, seed := range []string{
		"", "a=b&token=c", "%74oken=a;b&c", "user[password]=a&&=;", "a=b;key=c;d=e&sig=%zz", "token%=a&\xff=\x00",
		"voucher=1&VOUCHER[]=2", "x=?token=y",
	} {
		f.Add(seed)
	}
	secrets := append(slices.Clone(secretParameters), "Voucher")
	isSecret := func(name string) bool {
		return slices.ContainsFunc(secrets, func(secret string) bool { return secretName(secret) == secretName(name) })
	}
	f.Fuzz(func(t *testing.T, query string) {
		out := sanitizer.Query(query)
		before, after := strings.Split(query, "&"), strings.Split(out, "&")
		require.Len(t, after, len(before))
		for i := range before {
			if before[i] == after[i] {
				continue
			}
			// Only the value of the last pair that remains may have changed.
			kept, ok := strings.CutSuffix(after[i], redacted)
			require.True(t, ok, "%q became %q", before[i], after[i])
			require.True(t, strings.HasSuffix(kept, "=") && strings.HasPrefix(before[i], kept), "%q became %q", before[i], after[i])
			name := strings.TrimSuffix(kept[strings.LastIndexByte(kept, ';')+1:], "=")
			decoded, err := url.QueryUnescape(name)
			if err != nil {
				decoded = name
			}
			found := slices.ContainsFunc(strings.FieldsFunc(decoded, func(r rune) bool { return r == '[' || r == ']' }), func(part string) bool {
				return isSecret(strings.TrimSpace(part))
			})
			require.True(t, found, "%q is not a secret", name)
		}
		for _, pair := range strings.FieldsFunc(out, func(r rune) bool { return r == '&' || r == ';' }) {
			name, value, _ := strings.Cut(pair, "=")
			if decoded, err := url.QueryUnescape(name); err == nil && isSecret(decoded) && value != "" {
				require.Equal(t, redacted, value, "in %q", out)
			}
		}
		require.Equal(t, out, sanitizer.Query(out), "a second pass changes nothing")
	})
}

func TestSanitizer_URLs_LoseTheirSecrets(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"nothing here":                                   "nothing here",
		"dial postgres://u:p@h:5432/db failed":           "dial postgres://REDACTED@h:5432/db failed",
		`Get "https://h/a?token=s&b=1#c": EOF`:           `Get "https://h/a?token=REDACTED&b=1#c": EOF`,
		"https://u@h https://h/@user?x=1":                "https://REDACTED@h https://h/@user?x=1",
		"https://h/?next=https://u:p@h2/?sig=s and more": "https://h/?next=https://REDACTED@h2/?sig=REDACTED and more",
		"://":      "://",
		"a://b@":   "a://REDACTED@",
		"a://@b?":  "a://REDACTED@b?",
		"x ://y?k": "x ://y?k",
	} {
		require.Equal(t, want, sanitizer.URLs(text), text)
	}
}

func TestSanitizer_Message_LosesAssignedSecrets(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"kaboom secret=42":                  "kaboom secret=REDACTED",
		"bad (token=s, api-key=t; a=b)":     "bad (token=REDACTED, api-key=REDACTED; a=b)",
		"user=a password=":                  "user=a password=",
		`password="s p"`:                    `password="s p"`,
		"a==b":                              "a==b",
		"get https://u:s@h?sig=s: sig=s, =": "get https://REDACTED@h?sig=REDACTED sig=REDACTED, =",
	} {
		require.Equal(t, want, sanitizer.Message(text), text)
	}
}
