package request

import "strings"

// SplitTarget splits a path or an absolute URL into its path, with a leading slash, and
// its query. It drops the authority and the fragment.
func SplitTarget(s string) (path, query string) {
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

// WithoutHost returns a URL without its host if it has one and no scheme.
func WithoutHost(url string) string {
	if after, ok := strings.CutPrefix(url, "//"); ok {
		url = after
	} else {
		end := strings.IndexAny(url, "/?#")
		if end < 0 {
			end = len(url)
		}
		host := url[:end]
		if !strings.ContainsAny(host, ".:[") && host != "localhost" || strings.HasPrefix(url[end:], "//") || strings.HasSuffix(host, ":") {
			return url
		}
	}
	if path := strings.IndexAny(url, "/?#"); path >= 0 {
		return url[path:]
	}
	return "/"
}
