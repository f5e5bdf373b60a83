package database

import (
	"errors"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// errConnectionString leaves out what is wrong, which can be a piece of the password.
var errConnectionString = errors.New(
	"is neither a libpq URL nor keyword/value pairs (reserved characters in user and password must be percent-encoded in a URL)")

// settings holds the values of a connection string by keyword. Empty ones are left out.
type settings map[string]string

// parseSettings reads a URL or keyword/value pairs as libpq does. It checks every keyword.
// Errors quote no value.
func parseSettings(connectionString string) (settings, error) {
	read := settings{}
	var err error
	switch {
	case strings.Contains(connectionString, "\x00"):
		return nil, errConnectionString
	case strings.HasPrefix(connectionString, "postgres://"):
		err = read.addURL(strings.TrimPrefix(connectionString, "postgres://"))
	case strings.HasPrefix(connectionString, "postgresql://"):
		err = read.addURL(strings.TrimPrefix(connectionString, "postgresql://"))
	default:
		err = read.addPairs(connectionString)
	}
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(read, func(_, value string) bool { return value == "" })
	return read, read.check()
}

// check returns an error for every keyword that is refused.
func (s settings) check() error {
	var faults []error
	for _, keyword := range slices.Sorted(maps.Keys(s)) {
		faults = append(faults, checkKeyword(keyword, s[keyword]))
	}
	return errors.Join(faults...)
}

// addURL reads what follows the scheme: user:password@host:port,host:port/dbname?keyword=value.
// Each part may be left out. net/url knows no lists of hosts.
func (s settings) addURL(text string) error {
	if at := strings.IndexAny(text, "@/"); at >= 0 && text[at] == '@' {
		user, password, _ := strings.Cut(text[:at], ":")
		if err := s.addEncoded("user", user); err != nil {
			return err
		}
		if err := s.addEncoded("password", password); err != nil {
			return err
		}
		text = text[at+1:]
	}
	text, query, _ := strings.Cut(text, "?")
	text, database, _ := strings.Cut(text, "/")
	var hosts, ports []string
	for address := range strings.SplitSeq(text, ",") {
		host, port, ok := cutPort(address)
		if !ok {
			return errConnectionString
		}
		hosts, ports = append(hosts, host), append(ports, port)
	}
	if err := s.addEncoded("host", strings.Join(hosts, ",")); err != nil {
		return err
	}
	if slices.ContainsFunc(ports, func(port string) bool { return port != "" }) {
		s["port"] = strings.Join(ports, ",")
	}
	if err := s.addEncoded("dbname", database); err != nil {
		return err
	}
	for pair := range strings.SplitSeq(query, "&") {
		if pair == "" {
			continue
		}
		encoded, value, found := strings.Cut(pair, "=")
		keyword, err := url.PathUnescape(encoded)
		if err != nil || !found {
			return errConnectionString
		}
		// The one spelling of JDBC that libpq takes.
		if keyword == "ssl" && value == "true" {
			keyword, value = "sslmode", "require"
		}
		if err := s.addEncoded(keyword, value); err != nil {
			return err
		}
	}
	return nil
}

// addEncoded adds a percent-encoded value.
func (s settings) addEncoded(keyword, value string) error {
	decoded, err := url.PathUnescape(value)
	if err != nil || strings.Contains(decoded, "\x00") {
		return errConnectionString
	}
	if decoded != "" {
		s[keyword] = decoded
	}
	return nil
}

// cutPort splits host:port. An IPv6 address is in brackets, and loses them. ok is false if
// the host cannot be one, which may be because the password has a reserved character.
func cutPort(address string) (host, port string, ok bool) {
	if rest, found := strings.CutPrefix(address, "["); found {
		host, port, found = strings.Cut(rest, "]")
		return host, strings.TrimPrefix(port, ":"), found && (port == "" || strings.HasPrefix(port, ":"))
	}
	host, port, _ = strings.Cut(address, ":")
	return host, port, !strings.ContainsAny(host, "#[]") && strings.LastIndex(host, "@") <= 0
}

// pair matches keyword = value or keyword = 'value' at the beginning. A backslash escapes.
var pair = regexp.MustCompile(`(?s)^([^\s='\\]+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^\s'\\]|\\.)(?:[^\s\\]|\\.)*)?(?:\s|$))\s*`)

// escaped matches an escaped character.
var escaped = regexp.MustCompile(`(?s)\\(.)`)

// addPairs reads keyword/value pairs.
func (s settings) addPairs(text string) error {
	for text = strings.TrimSpace(text); text != ""; {
		match := pair.FindStringSubmatch(text)
		if match == nil {
			return errConnectionString
		}
		s[match[1]] = escaped.ReplaceAllString(match[2]+match[3], "$1")
		text = text[len(match[0]):]
	}
	return nil
}

// escape escapes a value in single quotes.
var escape = strings.NewReplacer(`\`, `\\`, `'`, `\'`)

// forDriver returns the keyword/value pairs that pgx takes.
func (s settings) forDriver() string {
	taken := maps.Clone(s)
	if taken["host"] == "" && taken["hostaddr"] != "" {
		taken["host"] = taken["hostaddr"]
	}
	var text strings.Builder
	for _, keyword := range slices.Sorted(maps.Keys(taken)) {
		_, known := driverKeywords[keyword]
		if known || isServerSetting(keyword) {
			text.WriteString(keyword + "='" + escape.Replace(taken[keyword]) + "' ")
		}
	}
	return text.String()
}
