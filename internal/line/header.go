package line

import (
	"cmp"
	"slices"
	"strings"
)

// credentialHeaders are never kept, whatever prefixes are configured.
var credentialHeaders = []string{"authorization", "cookie", "proxy-authorization"}

// selectedHeaders are the captured request headers with one of the configured
// prefixes, as "name: value", sorted by name.
func (r *reading) selectedHeaders() Value {
	var headers []string
	for key, v := range r.attributes.All() {
		name, ok := strings.CutPrefix(key, requestHeader)
		if !ok {
			continue
		}
		name = strings.ReplaceAll(strings.ToLower(name), "_", "-")
		selected := slices.ContainsFunc(r.cfg.HeaderPrefixes, func(prefix string) bool {
			return strings.HasPrefix(name, strings.ToLower(prefix))
		})
		if selected && !slices.Contains(credentialHeaders, name) {
			headers = append(headers, name+": "+strings.Join(stringsOf(v), ", "))
		}
	}
	slices.SortFunc(headers, func(a, b string) int {
		nameA, valueA, _ := strings.Cut(a, ": ")
		nameB, valueB, _ := strings.Cut(b, ": ")
		return cmp.Or(strings.Compare(nameA, nameB), strings.Compare(valueA, valueB))
	})
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

// authScheme is the scheme of the captured authorization header, in lower case.
func (r *reading) authScheme() Value {
	scheme, _, ok := strings.Cut(r.header(requestHeader, "authorization"), " ")
	scheme = strings.ToLower(scheme)
	if !ok || !slices.Contains(authSchemes, scheme) {
		return null
	}
	return textValue(scheme)
}
