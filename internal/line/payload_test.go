package line

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// payloadConfig captures bodies of at most 100 bytes.
func payloadConfig() Config {
	cfg := config
	cfg.CapturePayload, cfg.MaxPayload = true, 100
	return cfg
}

func TestPayloadIsKeptOnlyWhereConfigured(t *testing.T) {
	t.Parallel()
	request := newRequest(t, attrs{"http.request.body.content": `{"a": 1}`})
	got := read(t, request)
	require.Nil(t, got["request_payload"])
	require.Equal(t, true, got["request_payload_capture_disabled"])

	row, _ := appendRow(NewMapper(payloadConfig()).Encoder(), nil, request)
	got = decode(t, row)
	require.Equal(t, attrs{"a": 1.0}, got["request_payload"])
	require.Equal(t, false, got["request_payload_capture_disabled"])
}

func TestDocumentsAreMadeFitForJSONB(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 200) + strings.Repeat("]", 200)
	for name, tt := range map[string]struct {
		text    string
		width   int
		want    string
		repairs Repairs
	}{
		"object":               {` {"a" : [1, -2.50, true, null, "b\n"] } `, 0, `{"a":[1,-2.50,true,null,"b\u000a"]}`, Repairs{}},
		"scalar":               {"1", 0, "1", Repairs{}},
		"NUL":                  {`{"a\u0000": "b\u0000"}`, 0, `{"a` + "\uFFFD" + `":"b` + "\uFFFD" + `"}`, Repairs{Characters: 2}},
		"lone surrogate":       {`["\ud800", "\ude00x", "\ud83d\ude00"]`, 0, `["` + "\uFFFD\",\"\uFFFDx\",\"😀" + `"]`, Repairs{Characters: 2}},
		"invalid UTF-8":        {"[\"a\xffb\"]", 0, "[\"a\uFFFDb\"]", Repairs{Characters: 1}},
		"huge exponent":        {`[1e999999, 1E-5]`, 0, `["1e999999",1E-5]`, Repairs{JSON: 1}},
		"exponent beyond int":  {`[1e99999999999999999999]`, 0, `["1e99999999999999999999"]`, Repairs{JSON: 1}},
		"many digits":          {strings.Repeat("9", 500), 0, `"` + strings.Repeat("9", 500) + `"`, Repairs{JSON: 1}},
		"too deep":             {deep, 0, `"` + deep + `"`, Repairs{JSON: 1}},
		"no JSON":              {"a=1&token=s3cr3t", 0, `"a=1&token=REDACTED"`, Repairs{JSON: 1}},
		"no JSON, NUL":         {"\x00\xff\"\\", 0, "\"\uFFFD\uFFFD\\\"\\\\\"", Repairs{JSON: 1, Characters: 1}},
		"more than one":        {`{"a":1}{"token":"s3cr3t"}`, 0, `"{\"a\":1}…"`, Repairs{JSON: 1}},
		"more braces":          {`{"a":1}}`, 0, `"{\"a\":1}…"`, Repairs{JSON: 1}},
		"cut off":              {`{"a":1,"token":"s3cr`, 0, `"{\"a\":1,\"token\"…"`, Repairs{JSON: 1}},
		"secrets at any depth": {`{"a":[{"Token":"s","api-key":{"x":["s"]},"b":1}],"password":[1,[2]],"c":2}`, 0, `{"a":[{"Token":"REDACTED","api-key":"REDACTED","b":1}],"password":"REDACTED","c":2}`, Repairs{}},
		"percent-encoded name": {`{"%74oken":"s"}`, 0, `{"%74oken":"REDACTED"}`, Repairs{}},
		"configured name":      {`{"voucher":"s"}`, 0, `{"voucher":"REDACTED"}`, Repairs{}},
		"credentials in a URL": {`{"a":"https://u:s3cr3t@h/?token=s3cr3t&b=1"}`, 0, `{"a":"https://REDACTED@h/?token=REDACTED&b=1"}`, Repairs{}},
		"too long":             {`{"a":"ääääääää"}`, 12, `"{\"a\":\"ä…"`, Repairs{Length: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newEncoder(NewMapper(config)).reading
			var repairs Repairs
			got := r.document(tt.text, tt.width, &repairs)
			require.Equal(t, tt.want, got)
			require.True(t, json.Valid([]byte(got)))
			require.Equal(t, tt.repairs, repairs)
		})
	}
}

func TestURLsInTextLoseTheirSecrets(t *testing.T) {
	t.Parallel()
	r := newRedactor(nil)
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
		require.Equal(t, want, r.urls(text), text)
	}
}

func TestMessagesLoseTheSecretsTheyAssign(t *testing.T) {
	t.Parallel()
	r := newRedactor(nil)
	for text, want := range map[string]string{
		"kaboom secret=42":                  "kaboom secret=REDACTED",
		"bad (token=s, api-key=t; a=b)":     "bad (token=REDACTED, api-key=REDACTED; a=b)",
		"user=a password=":                  "user=a password=",
		`password="s p"`:                    `password="s p"`,
		"a==b":                              "a==b",
		"get https://u:s@h?sig=s: sig=s, =": "get https://REDACTED@h?sig=REDACTED sig=REDACTED, =",
	} {
		require.Equal(t, want, r.assignments(text), text)
	}
}

func FuzzDocument(f *testing.F) {
	for _, seed := range []string{`{"a":[1,{"token":"x"}]}`, `"\ud800"`, "1e9999", "[[[[", `{"a":`, "a=b&c=d", "\x00"} {
		f.Add(seed, 20)
	}
	f.Fuzz(func(t *testing.T, text string, width int) {
		r := newEncoder(NewMapper(config)).reading
		var repairs Repairs
		width = max(width, 0)
		got := r.document(text, width, &repairs)
		require.True(t, json.Valid([]byte(got)), got)
		require.NotContains(t, got, "\x00")
		again := Repairs{}
		require.Equal(t, got, r.document(got, 0, &again), "rewriting changes nothing more")
	})
}
