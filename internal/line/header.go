package line

import (
	"cmp"
	"slices"
	"strings"
)

// credentialHeaders are never kept, whatever prefixes are configured.
var credentialHeaders = []string{"authorization", "cookie", "proxy-authorization"}

// headerName is the name, in lower case with hyphens, of the request header that
// an attribute holds.
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

// selectedHeaders are the captured request headers with one of the configured
// prefixes, as "name: value", sorted by name.
func (r *reading) selectedHeaders() Value {
	if len(r.headers) == 0 {
		return null
	}
	slices.SortFunc(r.headers, func(a, b namedValue) int {
		return cmp.Or(strings.Compare(a.name, b.name), strings.Compare(textOf(a.value), textOf(b.value)))
	})
	headers := make([]string, len(r.headers))
	for i, h := range r.headers {
		headers[i] = h.name + ": " + textOf(h.value)
	}
	// One header captured in both spellings is one header.
	return listValue(slices.Compact(headers))
}

// authSchemes are the registered authentication schemes
// (https://www.iana.org/assignments/http-authschemes) and those in wide use.
// Only these are read: the first word of a malformed header can be the
// credential itself.
var authSchemes = []string{
	"apikey", "aws4-hmac-sha256", "basic", "bearer", "concealed", "digest", "dpop", "gnap", "hmac", "hoba",
	"jwt", "mutual", "negotiate", "ntlm", "oauth", "privatetoken", "scram-sha-1", "scram-sha-256", "token", "vapid",
}

// authorization is the captured header.
var authorization = requestHeader("authorization")

// authScheme is the scheme of the captured authorization header, in lower case.
func (r *reading) authScheme() Value {
	scheme, _, ok := strings.Cut(r.first(authorization...), " ")
	if !ok {
		return null
	}
	for _, known := range authSchemes {
		if strings.EqualFold(scheme, known) {
			return textValue(known)
		}
	}
	return null
}
