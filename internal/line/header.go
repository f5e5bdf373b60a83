package line

import (
	"cmp"
	"slices"
	"strings"

	"canonicallineexporter/internal/copyrow"
)

// credentialHeaders are never kept, whatever prefixes are configured.
var credentialHeaders = []string{"authorization", "cookie", "proxy-authorization"}

// headerName returns the name of the request header that an attribute holds, in lower
// case with hyphens.
func headerName(key string) (string, bool) {
	for _, prefix := range []string{requestHeaderPrefix, metadataPrefix, oldMetadataPrefix} {
		if name, ok := strings.CutPrefix(key, prefix); ok {
			return strings.ReplaceAll(strings.ToLower(name), "_", "-"), true
		}
	}
	return "", false
}

// selected reports whether a header goes to x_crunchy_headers.
func (m *Mapper) selected(name string) bool {
	for _, prefix := range m.headerPrefixes {
		if strings.HasPrefix(name, prefix) {
			return !slices.Contains(credentialHeaders, name)
		}
	}
	return false
}

// selectedHeaders returns the captured request headers with one of the configured
// prefixes, as "name: value", sorted by name.
func (r *resolver) selectedHeaders() copyrow.Value {
	if len(r.headers) == 0 {
		return copyrow.Null
	}
	slices.SortFunc(r.headers, func(a, b namedValue) int {
		return cmp.Or(strings.Compare(a.name, b.name), strings.Compare(textOf(a.value), textOf(b.value)))
	})
	headers := make([]string, len(r.headers))
	for i, h := range r.headers {
		headers[i] = h.name + ": " + textOf(h.value)
	}
	// A header captured in both spellings is one header.
	return copyrow.ListValue(slices.Compact(headers))
}
