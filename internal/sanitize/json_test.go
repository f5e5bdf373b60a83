package sanitize

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSanitizer_Document_IsFitForJSONB(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 200) + strings.Repeat("]", 200)
	for name, tt := range map[string]struct {
		text    string
		size    int
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
		"not JSON":             {"a=1&token=s3cr3t", 0, `"a=1&token=REDACTED"`, Repairs{JSON: 1}},
		"not JSON, NUL":        {"\x00\xff\"\\", 0, "\"\uFFFD\uFFFD\\\"\\\\\"", Repairs{JSON: 1, Characters: 1}},
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
			var repairs Repairs
			got := sanitizer.Document(tt.text, tt.size, &repairs)
			require.Equal(t, tt.want, got)
			require.True(t, json.Valid([]byte(got)))
			require.Equal(t, tt.repairs, repairs)
		})
	}
}

func FuzzSanitizer_Document(f *testing.F) {
	for _, seed := range []string{`{"a":[1,{"token":"x"}]}`, `"\ud800"`, "1e9999", "[[[[", `{"a":`, "a=b&c=d", "\x00"} {
		f.Add(seed, 20)
	}
	f.Fuzz(func(t *testing.T, text string, size int) {
		var repairs Repairs
		size = max(size, 0)
		got := sanitizer.Document(text, size, &repairs)
		require.True(t, json.Valid([]byte(got)), got)
		require.NotContains(t, got, "\x00")
		// What replaces a secret can be cut too.
		got = sanitizer.Document(text, 0, &repairs)
		require.Equal(t, got, sanitizer.Document(got, 0, &repairs), "a second pass changes nothing")
	})
}
