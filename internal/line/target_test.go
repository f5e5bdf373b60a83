package line

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSplitTargetLeavesAuthorityAndFragmentOut(t *testing.T) {
	t.Parallel()
	for s, want := range map[string][2]string{
		"":                                    {"", ""},
		"/":                                   {"/", ""},
		"/a/b":                                {"/a/b", ""},
		"/a?b=c":                              {"/a", "b=c"},
		"/a?":                                 {"/a", ""},
		"/a?b=c?d":                            {"/a", "b=c?d"},
		"/a?b=c#d":                            {"/a", "b=c"},
		"/a#d?b=c":                            {"/a", ""},
		"a/b":                                 {"/a/b", ""},
		"?b=c":                                {"/", "b=c"},
		"/%61/%2F?%62=%63":                    {"/%61/%2F", "%62=%63"},
		"https://example.com":                 {"/", ""},
		"https://example.com?b=c":             {"/", "b=c"},
		"https://example.com/a":               {"/a", ""},
		"http://u:p@example.com:80/a?b=c#d":   {"/a", "b=c"},
		"http://[::1]:80/a":                   {"/a", ""},
		"/proxy/https://example.com/a?b=c":    {"/proxy/https://example.com/a", "b=c"},
		"proxy/https://example.com/a":         {"/proxy/https://example.com/a", ""},
		"/a?next=https://example.com/b?c=d":   {"/a", "next=https://example.com/b?c=d"},
		"https://example.com/a?next=https://": {"/a", "next=https://"},
	} {
		path, query := splitTarget(s)
		require.Equal(t, want, [2]string{path, query}, s)
	}
}

func TestPathComesFromEitherGeneration(t *testing.T) {
	t.Parallel()
	cases{
		"new":                              {attrs{"url.path": "/a"}, "/a"},
		"new without a slash":              {attrs{"url.path": "a"}, "/a"},
		"new with a query":                 {attrs{"url.path": "/a?b=c"}, "/a"},
		"old":                              {attrs{"http.target": "/a"}, "/a"},
		"old with a query":                 {attrs{"http.target": "/a?b=c"}, "/a"},
		"old in absolute form":             {attrs{"http.target": "http://example.com/a?b=c"}, "/a"},
		"new absolute":                     {attrs{"url.full": "https://u:p@example.com/a?b=c"}, "/a"},
		"old absolute":                     {attrs{"http.url": "https://example.com/a"}, "/a"},
		"absolute without a path":          {attrs{"http.url": "https://example.com"}, "/"},
		"new before old":                   {attrs{"url.path": "/new", "http.target": "/old", "http.url": "http://h/older"}, "/new"},
		"target before absolute":           {attrs{"http.target": "/target", "http.url": "http://h/url", "url.full": "http://h/full"}, "/target"},
		"empty is none":                    {attrs{"url.path": "", "http.target": "/old"}, "/old"},
		"set by the application":           {attrs{"canonical.http_path": "/app", "url.path": "/a"}, "/app"},
		"set empty by the application":     {attrs{"canonical.http_path": "", "url.path": "/a"}, "/a"},
		"as sent":                          {attrs{"url.path": "/%C3%A4//b/../c"}, "/%C3%A4//b/../c"},
		"unknown is empty and not missing": {nil, ""},
	}.run(t, "http_path")
}

func TestQueryStringComesFromEitherGenerationOnce(t *testing.T) {
	t.Parallel()
	cases{
		"new":                           {attrs{"url.path": "/a", "url.query": "b=c"}, "b=c"},
		"new with its question mark":    {attrs{"url.query": "?b=c"}, "b=c"},
		"in the path":                   {attrs{"url.path": "/a?b=c"}, "b=c"},
		"old":                           {attrs{"http.target": "/a?b=c"}, "b=c"},
		"old absolute":                  {attrs{"http.url": "https://example.com/a?b=c#d"}, "b=c"},
		"new absolute":                  {attrs{"url.full": "https://example.com/a?b=c"}, "b=c"},
		"both generations":              {attrs{"url.path": "/a", "url.query": "b=c", "http.target": "/a?b=c", "http.url": "http://h/a?b=c"}, "b=c"},
		"path without, target with one": {attrs{"url.path": "/a", "http.target": "/a?b=c"}, "b=c"},
		"target without, URL with one":  {attrs{"http.target": "/a", "http.url": "http://h/a?b=c"}, "b=c"},
		"only a question mark":          {attrs{"url.path": "/a", "url.query": "?"}, nil},
		"none":                          {attrs{"url.path": "/a"}, nil},
		"set by the application":        {attrs{"canonical.query_string": "d=e", "url.query": "b=c"}, "d=e"},
		"old, redacted":                 {attrs{"http.target": "/a?token=abc&b=c"}, "token=REDACTED&b=c"},
		"absolute, redacted":            {attrs{"http.url": "http://u:p@h/a?b=c&sig=abc"}, "b=c&sig=REDACTED"},
		"the application's, redacted":   {attrs{"canonical.query_string": "?token=abc&b=c"}, "token=REDACTED&b=c"},
		"the user's own secrets":        {attrs{"url.query": "vOUCHER=abc"}, "vOUCHER=REDACTED"},
	}.run(t, "query_string")
}

func TestOriginalPathIsWhatAProxyRewrote(t *testing.T) {
	t.Parallel()
	const header = "http.request.header."
	cases{
		"none":                            {attrs{"url.path": "/a"}, nil},
		"x-original-uri":                  {attrs{"url.path": "/a", header + "x-original-uri": "/o?b=c"}, "/o"},
		"x-forwarded-uri":                 {attrs{"url.path": "/a", header + "x_forwarded_uri": []any{"/o"}}, "/o"},
		"x-envoy-original-path":           {attrs{"url.path": "/a", header + "x-envoy-original-path": []any{"/o?b=c"}}, "/o"},
		"x-rewrite-url":                   {attrs{"url.path": "/a", header + "x-rewrite-url": "https://u:p@example.com/o"}, "/o"},
		"in this order":                   {attrs{header + "x-rewrite-url": "/2", header + "x-forwarded-uri": "/1"}, "/1"},
		"equal to the path":               {attrs{"url.path": "/a", header + "x-original-uri": "/a?b=c"}, nil},
		"equal to the application's path": {attrs{"canonical.http_path": "/o", "url.path": "/a", header + "x-original-uri": "/o"}, nil},
		"other than the application's":    {attrs{"canonical.http_path": "/o", "url.path": "/a", header + "x-original-uri": "/a"}, "/a"},
		"set by the application":          {attrs{"canonical.http_path_original": "/o", "url.path": "/a"}, "/o"},
	}.run(t, "http_path_original")
}
