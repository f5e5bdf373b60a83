package line

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// target is what a request asks for.
type target struct {
	path  string
	query string
}

// readTarget reads path and query from the attributes of either generation of
// the HTTP conventions.
func readTarget(attributes pcommon.Map) (t target) {
	if path, query := splitTarget(firstOf(attributes, "url.path")); path != "" {
		t = target{path, query}
	}
	if query := firstOf(attributes, "url.query"); query != "" {
		t.query = strings.TrimPrefix(query, "?")
	}
	for _, key := range []string{"http.target", "url.full", "http.url"} {
		if t.path != "" && t.query != "" {
			break
		}
		path, query := splitTarget(firstOf(attributes, key))
		if t.path == "" {
			t.path = path
		}
		if t.query == "" {
			t.query = query
		}
	}
	return t
}

// splitTarget splits a path or an absolute URL into path, with its leading
// slash, and query. Authority and fragment are left out.
func splitTarget(s string) (path, query string) {
	if s == "" {
		return "", ""
	}
	if scheme := strings.Index(s, "://"); scheme >= 0 && !strings.ContainsAny(s[:scheme], "/?#") {
		s = s[scheme+len("://"):]
		if authority := strings.IndexAny(s, "/?#"); authority >= 0 {
			s = s[authority:]
		} else {
			s = ""
		}
	}
	s, _, _ = strings.Cut(s, "#")
	path, query, _ = strings.Cut(s, "?")
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return path, query
}
