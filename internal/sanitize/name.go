package sanitize

import (
	"net/url"
	"strings"
	"unicode/utf8"
)

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

// secretEndings lists the last words of names that stand for a secret, as in new_password
// or user.sessionId. key and code are not among them: sort_key and zip_code are harmless.
var secretEndings = []string{
	"token", "secret", "secrets", "password", "passwords", "passwd", "pwd", "pass", "passphrase", "passcode",
	"credential", "credentials", "bearer", "authorization", "auth", "jwt", "signature", "sig", "cookie", "cookies",
	"otp", "totp", "hotp", "csrf", "xsrf", "cvv", "cvc", "pin", "pw", "psw", "passw", "pword", "cred", "creds", "passkey", "hmac", "authz",
	"session", "session_id", "sess", "sessid", "sess_id", "sid", "phpsessid", "jsessionid", "ticket",
	"SAMLResponse", "SAMLRequest", "SAMLart", "assertion", "code_verifier", "oauth_verifier", "secret_id",
	"api_key", "secret_key", "private_key", "access_key", "access_key_id", "signing_key", "encryption_key", "auth_key",
	"licence_key", "account_key", "master_key", "shared_key", "shared_access_key", "consumer_key", "client_key", "app_key", "session_key",
	"service_key", "license_key", "ssh_key", "subscription_key", "storage_key", "deploy_key", "functions_key", "host_key",
	"auth_code", "authorization_code", "verification_code", "otp_code", "reset_code", "device_code", "user_code",
	"activation_code", "invite_code", "invitation_code", "sms_code", "mfa_code", "totp_code", "recovery_code",
	"backup_code", "pin_code", "tfa", "2fa", "mfa", "tfa_code", "2fa_code", "security_answer", "sesskey", "aspxauth", "passwort",
	"security_code", "access_code", "confirmation_code", "login_code", "magic_code", "magic_link",
}

// secretSuffixes end a word that is a secret even where nothing parts the words.
var secretSuffixes = []string{
	"password", "passwd", "pwd", "passphrase", "token", "secret", "apikey", "sessionid", "sessid", "credentials",
}

// afterthoughts may follow the last word of a name: password_confirmation, token_2.
var afterthoughts = wordSet("confirmation confirm again repeat repeated verify hash digest value old new current text plain raw v")

// vagueNames stand for secrets, but for much else in messages: exit code, primary key.
var vagueNames = wordSet("code key pass pin auth session ticket sid sig signature")

func wordSet(words string) map[string]struct{} {
	set := map[string]struct{}{}
	for _, word := range strings.Fields(words) {
		set[word] = struct{}{}
	}
	return set
}

// secrecy says what a name says of its value.
type secrecy uint8

const (
	// harmless is not the name of a secret.
	harmless secrecy = iota
	// vague is the name of a secret, and of other things in text that people write.
	vague
	// certain is the name of a secret.
	certain
)

// joined returns one spelling for apiKey, api_key and API-KEY.
func joined(name string) string {
	w := wordsOf(name)
	return string(w.letters[:w.size])
}

// longest is how many bytes at the end of a name count.
const longest = 64

// words are those of a name, in lower case and joined.
type words struct {
	letters [longest]byte
	size    int
	// starts holds where the words start.
	starts [longest]uint8
	count  int
}

// wordsOf splits a name at everything that is neither letter nor digit, and before capitals
// as in apiKey and SAMLResponse.
func wordsOf(name string) (w words) {
	name = name[max(len(name)-longest, 0):]
	parted := true
	var before byte
	for i := range len(name) {
		c := name[i]
		if !isWord(c) || c == '_' {
			parted, before = true, c
			continue
		}
		letter := c
		if isUpper(c) {
			letter |= 0x20
			parted = parted || isLower(before) || isUpper(before) && i+1 < len(name) && isLower(name[i+1])
		}
		if parted {
			w.starts[w.count] = uint8(w.size)
			w.count++
			parted = false
		}
		w.letters[w.size] = letter
		w.size++
		before = c
	}
	return w
}

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }

func isLower(c byte) bool { return c >= 'a' && c <= 'z' }

// last returns the last n words, joined.
func (w *words) last(n int) []byte { return w.letters[w.starts[w.count-n]:w.size] }

// drop removes what may follow the last word: numbers, and words like confirmation. It
// reports whether anything is left.
func (w *words) drop() bool {
	for w.count > 0 {
		end := w.size
		start := int(w.starts[w.count-1])
		for end > start && isDigit(w.letters[end-1]) {
			end--
		}
		if end > start && end < w.size {
			w.size = end
			continue
		}
		if _, ok := afterthoughts[string(w.letters[start:end])]; !ok && end > start {
			return true
		}
		w.count--
		w.size = start
	}
	return false
}

// judge says whether a name, which may be percent-encoded, is that of a secret.
func (s Sanitizer) judge(name string) secrecy {
	for range 3 {
		if strings.IndexByte(name, '%') < 0 {
			break
		}
		name = unescape(name)
	}
	for strings.HasSuffix(name, "]") {
		open := strings.LastIndexByte(name, '[')
		if open < 0 || strings.Trim(name[open:], "[]0123456789") != "" {
			break
		}
		name = name[:open]
	}
	if open := strings.LastIndexByte(name, '['); open >= 0 {
		// In a[b] only b counts.
		w := wordsOf(name[open+1:])
		if found := s.exact(&w); found != harmless {
			return found
		}
	}
	w := wordsOf(name)
	if found := s.exact(&w); found != harmless {
		return found
	}
	if found := s.ending(&w); found != harmless {
		return found
	}
	if size := w.size; !w.drop() || w.size == size {
		return harmless
	}
	if found := s.exact(&w); found != harmless {
		return found
	}
	return s.ending(&w)
}

func (s Sanitizer) exact(w *words) secrecy { return s.secrets[string(w.letters[:w.size])] }

// ending judges a name, which is not that of a secret as a whole, by its last words.
func (s Sanitizer) ending(w *words) secrecy {
	for n := 1; n < min(w.count, 4); n++ {
		if found := s.endings[string(w.last(n))]; found != harmless {
			return found
		}
	}
	if w.count == 0 {
		return harmless
	}
	last := w.last(1)
	for _, suffix := range secretSuffixes {
		if len(last) > len(suffix) && string(last[len(last)-len(suffix):]) == suffix {
			return certain
		}
	}
	return harmless
}

// Secret reports whether a name is that of a secret.
func (s Sanitizer) Secret(name string) bool { return s.judge(name) != harmless }

// SecretHeader reports whether a header's value is a secret: by the header's name, or by
// its last word if the value looks like one.
func (s Sanitizer) SecretHeader(name, value string) bool {
	return s.Secret(name) || looksSecret(value) && s.Secret(name[strings.LastIndexByte(name, '-')+1:])
}

// looksSecret reports whether a value of a vague name looks like a secret: it is long
// enough and mixes letters and digits, but not as an error code does, such as E11000 or
// HTTP_404.
func looksSecret(value string) bool {
	const shortest, random = 7, 24
	if len(value) < shortest {
		return false
	}
	letters, digits := false, false
	for i := range len(value) {
		switch c := value[i]; {
		case isDigit(c):
			digits = true
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			letters = true
		case c == ':':
			// cache:user:7
			return false
		}
	}
	code := strings.TrimRight(value, "0123456789")
	if code == strings.ToUpper(code) && len(code) < len(value) && len(value)-len(code) <= 5 {
		return false
	}
	return digits && (letters || len(value) >= random)
}

// unescape decodes percent-encoding where it is valid, and plus signs if all of it is.
func unescape(s string) string {
	if decoded, err := url.QueryUnescape(s); err == nil {
		return decoded
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if decoded, err := url.PathUnescape(s[i : i+3]); err == nil {
				b.WriteString(decoded)
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// isName reports whether c can be part of a name in text.
func isName(c byte) bool {
	return isWord(c) || c == '-' || c == '.' || c == '[' || c == ']' || c == '$' || c == '@' || c == '%' || c >= utf8.RuneSelf
}
