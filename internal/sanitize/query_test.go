package sanitize

import (
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
		"to%zzken=a&%=b&token%=c":       "to%zzken=a&%=b&token%=REDACTED",
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

func TestSanitizer_Query_DecodesValues(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"next=https%3A%2F%2Fh%2F%3Ftoken%3Ds&a=b":         "next=https%3A%2F%2Fh%2F%3Ftoken%3DREDACTED&a=b",
		"next=https%253A%252F%252Fh%252F%253Ftoken%253Ds": "next=https%253A%252F%252Fh%252F%253Ftoken%253DREDACTED",
		"q=%7B%22password%22%3A%22s%22%2C%22a%22%3A1%7D":  "q=%7B%22password%22%3A%22REDACTED%22%2C%22a%22%3A1%7D",
		`q={"password":"s","a":1}`:                        `q={"password":"REDACTED","a":1}`,
		"q=a%3Db%26token%3Ds":                             "q=a%3Db%26token%3DREDACTED",
		"next=%2Fa%3Fb%3D1&q=50%25&r=%zz":                 "next=%2Fa%3Fb%3D1&q=50%25&r=%zz",
	} {
		require.Equal(t, want, sanitizer.Query(query), query)
		require.Equal(t, want, sanitizer.Query(want), "a second pass changes nothing")
	}
}

// FuzzSanitizer_Query looks for a secret that remains, whatever stands around it.
func FuzzSanitizer_Query(f *testing.F) {
	for _, seed := range []string{
		"", "a=b", "%74oken=a;b&c", "user[password]=a&&=;", "a=b;key=c;d=e&sig=%zz", "token%=a&\xff=\x00", "voucher=1&VOUCHER[]=2", "x=?token=y",
		"q=%7B%22a%22%3A1%7D", "next=https%3A%2F%2Fu%3Ap%40h%2F", `q={"password":"s"}`,
	} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		const secret = "QZXSECRETQZX1"
		out := sanitizer.Query(before)
		require.Equal(t, out, sanitizer.Query(out), "a second pass changes nothing")
		if strings.Contains(before+after, secret) {
			return
		}
		for _, name := range []string{"token", "new_password", "%74oken", "user[secret]"} {
			query := before + "&" + name + "=" + secret + "&" + after
			require.NotContains(t, sanitizer.Query(query), secret, query)
		}
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

// FuzzSanitizer_URLs looks for credentials that remain.
func FuzzSanitizer_URLs(f *testing.F) {
	for _, seed := range []string{"", "https://h/", "://", "a://b@c?d#e", "x://?y=://"} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		const secret = "QZXSECRETQZX1"
		out := sanitizer.URLs(before)
		require.Equal(t, out, sanitizer.URLs(out), "a second pass changes nothing")
		if !strings.Contains(before+after, secret) {
			require.NotContains(t, sanitizer.URLs(before+" https://u:"+secret+"@h/?token="+secret+"& "+after), secret)
		}
	})
}
