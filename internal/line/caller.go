package line

import (
	"net/mail"
	"strings"

	"canonicallineexporter/internal/copyrow"
)

// parseEmail returns the user's email address. It accepts enduser.id only if that has the
// form of one.
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

// authSchemes lists the registered authentication schemes
// (https://www.iana.org/assignments/http-authschemes) and others in wide use. No other
// scheme is stored: the first word of a malformed header can be the credential itself.
var authSchemes = []string{
	"apikey", "aws4-hmac-sha256", "basic", "bearer", "concealed", "digest", "dpop", "gnap", "hmac", "hoba",
	"jwt", "mutual", "negotiate", "ntlm", "oauth", "privatetoken", "scram-sha-1", "scram-sha-256", "token", "vapid",
}

// authorization lists the attributes that can hold the Authorization header.
var authorization = requestHeader("authorization")

// parseScheme returns the scheme of an Authorization header, in lower case, and NULL
// for an unknown one.
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
