package sanitize

import (
	"net/url"
	"strings"
)

// redacted replaces a secret.
const redacted = "REDACTED"

// secretParameters lists the query parameters whose values are never stored. The first
// seven come from OpenTelemetry's convention for url.query
// (https://opentelemetry.io/docs/specs/semconv/registry/attributes/url/).
var secretParameters = []string{
	"X-Amz-Signature", "X-Amz-Credential", "X-Amz-Security-Token", "AWSAccessKeyId",
	"Signature", "sig", "X-Goog-Signature",
	"token", "access_token", "refresh_token", "id_token", "api_key", "apikey", "key",
	"secret", "client_secret", "password", "passwd", "pwd", "auth", "authorization",
	"code", "session", "jwt",
}

// secretName returns one spelling for apiKey, api_key and API-KEY.
func secretName(name string) string {
	return separators.Replace(strings.ToLower(strings.TrimSpace(name)))
}

var separators = strings.NewReplacer("_", "", "-", "")

// secret reports whether a percent-encoded name is that of a secret. In a[b] only b
// counts.
func (s Sanitizer) secret(name string) bool {
	if decoded, err := url.QueryUnescape(name); err == nil {
		name = decoded
	}
	name = secretName(name)
	if _, ok := s.secrets[name]; ok {
		return true
	}
	name = strings.TrimRight(name, "[]")
	_, ok := s.secrets[name[strings.LastIndexByte(name, '[')+1:]]
	return ok
}

// Query redacts the secrets in a query string, which has no question mark in front. It
// leaves every other byte alone.
func (s Sanitizer) Query(query string) string {
	var b strings.Builder
	kept := 0
	for start := 0; start < len(query); start++ {
		pair := upTo(query[start:], "&;")
		name, _, ok := strings.Cut(pair, "=")
		if ok && s.secret(name) {
			// Few servers still take a semicolon for a separator. To the others it is
			// part of the secret.
			pair = upTo(query[start:], "&")
			value := start + len(name) + len("=")
			if end := start + len(pair); end > value {
				b.WriteString(query[kept:value] + redacted)
				kept = end
			}
		}
		start += len(pair)
	}
	if kept == 0 {
		return query
	}
	return b.String() + query[kept:]
}

// upTo returns the part of s before the first separator.
func upTo(s, separators string) string {
	if i := strings.IndexAny(s, separators); i >= 0 {
		return s[:i]
	}
	return s
}

// URLs redacts the credentials of the URLs in text and the secrets in their query
// strings.
func (s Sanitizer) URLs(text string) string {
	const scheme = "://"
	if !strings.Contains(text, scheme) {
		return text
	}
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, scheme)
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		b.WriteString(scheme)
		url := upTo(rest, " \t\r\n\"'<>`")
		text = rest[len(url):]
		// The next round reads a URL that is part of this one.
		if nested := strings.Index(url, scheme); nested >= 0 {
			text = url[nested:] + text
			url = url[:nested]
		}
		authority := upTo(url, "/?#")
		if at := strings.LastIndexByte(authority, '@'); at >= 0 {
			b.WriteString(redacted + authority[at:])
		} else {
			b.WriteString(authority)
		}
		path, query, ok := strings.Cut(url[len(authority):], "?")
		b.WriteString(path)
		if ok {
			query, fragment, hasFragment := strings.Cut(query, "#")
			b.WriteString("?" + s.Query(query))
			if hasFragment {
				b.WriteString("#" + fragment)
			}
		}
	}
}

// Message redacts the secrets that a message states as name=value, and those in its URLs.
func (s Sanitizer) Message(text string) string {
	text = s.URLs(text)
	var b strings.Builder
	for {
		equals := strings.IndexByte(text, '=')
		if equals < 0 {
			b.WriteString(text)
			return b.String()
		}
		name := text[strings.LastIndexAny(text[:equals], " \t\r\n\"'`(){}<>,;&?")+1 : equals]
		b.WriteString(text[:equals+1])
		text = text[equals+1:]
		if value := upTo(text, " \t\r\n\"'`(){}<>,;&"); value != "" && s.secret(name) {
			b.WriteString(redacted)
			text = text[len(value):]
		}
	}
}
