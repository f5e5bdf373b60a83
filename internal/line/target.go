package line

import "strings"

// target is what a request asks for.
type target struct {
	path  string
	query string
}

// readTarget reads path and query from the attributes of either generation of
// the HTTP conventions.
func (r *reading) readTarget() (t target) {
	if path, query := splitTarget(r.ofServer(urlPath)); path != "" {
		t = target{path, query}
	}
	if query := r.ofServer(urlQuery); query != "" {
		t.query = query
	}
	for _, a := range [...]attribute{httpTarget, urlFull, httpURL} {
		if t.path != "" && t.query != "" {
			break
		}
		path, query := splitTarget(r.ofServer(a))
		if t.path == "" {
			t.path = path
		}
		if t.query == "" {
			t.query = query
		}
	}
	if r.call.rpc {
		t.path = r.call.path
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
