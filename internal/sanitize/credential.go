package sanitize

import "strings"

// tokens redacts JSON web tokens, which are at least two segments of base64 of which the
// first encodes an object.
func tokens(text string) string {
	const start = "eyJ"
	e := edit{text: text}
	for i := 0; ; {
		length := strings.Index(text[i:], start)
		if length < 0 {
			return e.finish()
		}
		i += length
		end, dot := i, 0
		for end < len(text) && (isBase64(text[end]) || text[end] == '.') {
			if text[end] == '.' && dot == 0 {
				dot = end
			}
			end++
		}
		const shortest = 8
		if dot-i >= shortest && end > dot+1 {
			e.replace(i, end, Redacted)
		}
		i = max(end, i+len(start))
	}
}

func isBase64(c byte) bool {
	return c == '-' || c == '_' || isAlphanumeric(c)
}

// schemes lists the schemes of credentials that are one word, in lower case. Those of
// bare ones are told from prose by what follows them.
var schemes = wordSet("bearer basic token apikey negotiate ntlm dpop bot jwt")

// bearers redacts the credentials behind Bearer and Basic.
func bearers(text string) string {
	e := edit{text: text}
	for i := 0; i < len(text); i++ {
		if c := text[i] | 0x20; c != 'b' || i > 0 && isWord(text[i-1]) {
			continue
		}
		end := wordEnd(text, i)
		word := text[i:end]
		from := spaceEnd(text, end)
		to := from + len(upTo(text[from:], stops))
		value := text[from:to]
		if from > end && (strings.EqualFold(word, "bearer") && (looksSecret(value) || len(value) > 20) || strings.EqualFold(word, "basic") && isBasic(value)) {
			e.replace(from, to, Redacted)
			end = to
		}
		i = end
	}
	return e.finish()
}

// isBasic reports whether s looks like the credentials of Basic authentication, in base64.
func isBasic(s string) bool {
	const shortest = 8
	upper, lower := false, false
	for i := range len(s) {
		c := s[i]
		if !isBase64(c) && c != '+' && c != '/' && c != '=' {
			return false
		}
		upper = upper || c >= 'A' && c <= 'Z' || isDigit(c)
		lower = lower || c >= 'a' && c <= 'z'
	}
	return len(s) >= shortest && upper && lower
}

// privateKeys redacts what stands between the lines of a private key in PEM.
func privateKeys(text string) string {
	const marker, last = "PRIVATE KEY-----", "-----END"
	e := edit{text: text}
	for i := 0; ; {
		length := strings.Index(text[i:], marker)
		if length < 0 {
			return e.finish()
		}
		i += length + len(marker)
		to := len(text)
		if length := strings.Index(text[i:], last); length >= 0 {
			to = i + length
		}
		if key := text[i:to]; key != "" && key != Redacted {
			e.replace(i, to, Redacted)
		}
		i = to
		if length := strings.Index(text[i:min(i+longest, len(text))], marker); length >= 0 {
			i += length + len(marker)
		}
	}
}

// logons redacts the password in user/password@host, as Oracle writes it, and in
// user:password@host:port and user:password@tcp(host).
func logons(text string) string {
	e := edit{text: text}
	for i := 0; i < len(text); i++ {
		at := strings.IndexByte(text[i:], '@')
		if at < 0 {
			break
		}
		at += i
		start := strings.LastIndexAny(text[i:at], " \t\r\n\"'`(){}<>,;=") + i + 1
		host := upTo(text[at+1:min(at+1+4*longest, len(text))], " \t\r\n\"'`)}>,;")
		i = at
		word := text[start:at]
		slash, colon := strings.IndexByte(word, '/'), strings.LastIndexByte(word, ':')
		switch {
		case strings.HasPrefix(word, "//") && colon > 1 && word != "//"+Redacted:
			// A URL without a scheme.
			e.replace(start+len("//"), at, Redacted)
		case strings.Contains(word, "//") || host == "" || isDigit(host[0]) || host[0] == 'v' && len(host) > 1 && isDigit(host[1]) || strings.HasPrefix(host, "sha256:"):
			// A URL, or the version of a package.
		case slash > 0 && slash < len(word)-1 && strings.IndexByte(word[slash+1:], '/') < 0 &&
			isUser(word[strings.LastIndexByte(word[:slash], ':')+1:slash]):
			if from := start + slash + 1; text[from:at] != Redacted {
				e.replace(from, at, Redacted)
			}
		case slash < 0 && colon > 0 && isUser(word[:colon]) && hasPort(host):
			if from := start + colon + 1; text[from:at] != Redacted {
				e.replace(from, at, Redacted)
			}
		}
	}
	return e.finish()
}

// isUser reports whether s is a plain name.
func isUser(s string) bool { return s != "" && !isDigit(s[0]) && wordEnd(s, 0) == len(s) }

// hasPort reports whether s starts with tcp( or unix(, or is a host with a port.
func hasPort(s string) bool {
	if strings.HasPrefix(s, "tcp(") || strings.HasPrefix(s, "unix(") {
		return true
	}
	colon := strings.IndexByte(s, ':')
	return colon > 0 && colon+1 < len(s) && isDigit(s[colon+1])
}
