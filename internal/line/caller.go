package line

import (
	"net/mail"
	"strings"

	"canonicallineexporter/internal/copyrow"
)

// parseEmail reads the user's address. Of enduser.id only what has the shape of one is.
func parseEmail(_ *resolver, from attribute, text string) copyrow.Value {
	if from != userEmail && !isEmail(text) {
		return copyrow.Null
	}
	return copyrow.TextValue(text)
}

func isEmail(s string) bool {
	parsed, err := mail.ParseAddress(s)
	return err == nil && parsed.Address == s
}

// authSchemes holds the registered authentication schemes
// (https://www.iana.org/assignments/http-authschemes) and those in wide use.
// No others are read: the first word of a malformed header can be the credential
// itself.
var authSchemes = []string{
	"apikey", "aws4-hmac-sha256", "basic", "bearer", "concealed", "digest", "dpop", "gnap", "hmac", "hoba",
	"jwt", "mutual", "negotiate", "ntlm", "oauth", "privatetoken", "scram-sha-1", "scram-sha-256", "token", "vapid",
}

// authorization is the captured header.
var authorization = requestHeader("authorization")

// parseScheme returns the scheme of an authorization header, in lower case.
func parseScheme(_ *resolver, _ attribute, text string) copyrow.Value {
	scheme, _, ok := strings.Cut(text, " ")
	if !ok {
		return copyrow.Null
	}
	for _, known := range authSchemes {
		if strings.EqualFold(scheme, known) {
			return copyrow.TextValue(known)
		}
	}
	return copyrow.Null
}
