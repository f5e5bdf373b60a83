package line

import (
	"cmp"
	"slices"
	"strings"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/sanitize"
)

// credentialHeaders lists headers that are never stored, whatever the prefixes select.
var credentialHeaders = []string{"authorization", "cookie", "proxy-authorization"}

// normalizeHeader returns a header's name, or the start of one, in lower case with
// hyphens.
func normalizeHeader(name string) string {
	return strings.ReplaceAll(strings.ToLower(name), "_", "-")
}

// headerName returns the normalized name of the request header that an attribute holds.
// It reports whether the attribute holds one.
func headerName(key string) (string, bool) {
	for _, prefix := range requestHeaderPrefixes {
		if name, ok := strings.CutPrefix(key, prefix); ok {
			return normalizeHeader(name), true
		}
	}
	return "", false
}

// selected reports whether x_crunchy_headers keeps the header.
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
		headers[i] = h.name + ": " + r.headerValue(h)
	}
	// A header captured in both spellings is one header.
	return copyrow.ListValue(slices.Compact(headers))
}

// headerValue returns the value of a header, redacted if it is a secret by the header's
// name or by what the configured prefix leaves of that.
func (r *resolver) headerValue(h namedValue) string {
	value := textOf(h.value)
	if r.sanitizer.SecretHeader(h.name, value) {
		return sanitize.Redacted
	}
	for _, prefix := range r.headerPrefixes {
		if rest, ok := strings.CutPrefix(h.name, prefix); ok && r.sanitizer.Secret(rest) {
			return sanitize.Redacted
		}
	}
	return value
}
