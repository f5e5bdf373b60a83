package request

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSplitTarget_ReadsPathsAndURLs(t *testing.T) {
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
		path, query := SplitTarget(s)
		require.Equal(t, want, [2]string{path, query}, s)
	}
}
