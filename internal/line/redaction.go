package line

import (
	"net/url"
	"strings"
)

// redacted stands for a secret.
const redacted = "REDACTED"

// secretParameters are the query parameters whose values are never stored. The
// first seven are those of OpenTelemetry's url.query convention
// (https://opentelemetry.io/docs/specs/semconv/registry/attributes/url/).
var secretParameters = []string{
	"X-Amz-Signature", "X-Amz-Credential", "X-Amz-Security-Token", "AWSAccessKeyId",
	"Signature", "sig", "X-Goog-Signature",
	"token", "access_token", "refresh_token", "id_token", "api_key", "apikey", "key",
	"secret", "client_secret", "password", "passwd", "pwd", "auth", "authorization",
	"code", "session", "jwt",
}

// redactor removes the values of secret parameters.
type redactor struct {
	names map[string]struct{}
}

// newRedactor knows the built-in names and more; case does not matter.
func newRedactor(more []string) redactor {
	r := redactor{names: map[string]struct{}{}}
	for _, list := range [][]string{secretParameters, more} {
		for _, name := range list {
			r.names[strings.ToLower(name)] = struct{}{}
		}
	}
	return r
}

// secret reports whether a parameter of this percent-encoded name is a secret.
// In a[b] the name that counts is b.
func (r redactor) secret(name string) bool {
	if decoded, err := url.QueryUnescape(name); err == nil {
		name = decoded
	}
	name = strings.TrimSpace(strings.ToLower(name))
	if _, ok := r.names[name]; ok {
		return true
	}
	name = strings.TrimRight(name, "[]")
	_, ok := r.names[name[strings.LastIndexByte(name, '[')+1:]]
	return ok
}

// query redacts a query string without its question mark; all but the secret
// values stays byte for byte.
func (r redactor) query(query string) string {
	var b strings.Builder
	for query != "" {
		pair := upTo(query, "&;")
		if name, _, ok := strings.Cut(pair, "="); ok && r.secret(name) {
			// Few servers still read a semicolon as a separator; to the others it is
			// part of the secret.
			pair = upTo(query, "&")
			b.WriteString(name + "=")
			if len(pair) > len(name)+len("=") {
				b.WriteString(redacted)
			}
		} else {
			b.WriteString(pair)
		}
		query = query[len(pair):]
		if query != "" {
			b.WriteByte(query[0])
			query = query[1:]
		}
	}
	return b.String()
}

// upTo is what precedes the first of the separators.
func upTo(s, separators string) string {
	if i := strings.IndexAny(s, separators); i >= 0 {
		return s[:i]
	}
	return s
}
