package sanitize

import "strings"

// Path returns a path of this width without its secrets: values of matrix parameters such
// as ;jsessionid=, JWTs, keys that show what they are, and segments for which the route has a parameter with
// the name of a secret. An empty route has none. A width of 0 means no limit. It counts repairs.
func (s Sanitizer) Path(path, route string, width int, repairs *Repairs) string {
	clear := readable(path, repairs)
	if route != "" {
		clear = s.parameters(clear, route)
	}
	return Fit(settle(clear, s.revealing), width, repairs)
}

// revealing redacts what shows by itself that it is a secret.
func (s Sanitizer) revealing(path string) string {
	if !plainPath(path) {
		path = s.segments(path)
	}
	return s.links(path)
}

// plainPath reports whether a path has nothing in which a secret could hide.
func plainPath(path string) bool {
	for i := range len(path) {
		switch path[i] {
		case '=', '%', '@', 'J', '?', '#', ':':
			return false
		}
		if signs[path[i]] == issuedKey && issuedAt(path, i) > 0 {
			return false
		}
	}
	return true
}

// segments redacts the secrets that the segments of a path name themselves.
func (s Sanitizer) segments(path string) string {
	path = s.urls(recognizable(path), 0)
	e := edit{text: path}
	for start := 0; start < len(path); start++ {
		part := upTo(path[start:], "/;&?#")
		name, value, ok := strings.Cut(part, "=")
		from, to := start+len(name)+len("="), start+len(part)
		switch {
		case ok && value != "" && s.judge(name) != harmless:
			e.replace(from, to, Redacted)
		case ok || strings.IndexByte(part, '%') >= 0:
			if decoded := s.encoded(part, 0); decoded != part {
				e.replace(start, to, decoded)
			}
		case s.states(part):
			e.replace(start+strings.IndexByte(part, ':')+1, to, Redacted)
		default:
			// The authority of a URL without a scheme.
			if at := strings.LastIndexByte(part, '@'); at > 0 && strings.IndexByte(part[:at], ':') >= 0 {
				e.replace(start, start+at, Redacted)
			}
		}
		start = to
	}
	return e.finish()
}

// linked are the segments that tokens follow in the links that mails and webhooks have.
var linked = wordSet("reset magic invite invitation verify verification activate activation unsubscribe webhook webhooks hooks.slack.com")

// links redacts the tokens in links: segments in disorder shortly after one that is known for
// it or has the name of a secret. A UUID is the ID of something.
func (s Sanitizer) links(path string) string {
	const nearby = 4
	e := edit{text: path}
	var before [nearby]string
	for start := 0; start < len(path); start++ {
		end := start
		for end < len(path) && path[end] != '/' && path[end] != '?' && path[end] != '#' {
			end++
		}
		segment := path[start:end]
		if len(segment) >= shortestDisordered {
			// A sentence may go on behind it.
			word := strings.TrimRight(segment, around)
			if from := s.linkedFrom(word, before[:]); from >= 0 {
				e.replace(start+from, start+len(word), Redacted)
			}
		}
		copy(before[1:], before[:])
		before[0] = segment
		start = end
		if end < len(path) && path[end] != '/' {
			break
		}
	}
	return e.finish()
}

// linkedFrom returns where the token starts in a segment of a path, behind those in before; -1:
// there is none.
func (s Sanitizer) linkedFrom(segment string, before []string) int {
	// Telegram's bots have theirs behind their number.
	if colon := strings.IndexByte(segment, ':'); colon > len("bot") && strings.HasPrefix(segment, "bot") && looksSecret(segment[colon+1:]) {
		return colon + 1
	}
	if !isDisordered(segment) || isUUID(segment, 0) {
		return -1
	}
	for i, name := range before {
		if _, ok := linked[strings.ToLower(name)]; ok || i == 0 && s.judge(name) != harmless {
			return 0
		}
	}
	return -1
}

// states reports whether a segment is the name of a secret, a colon and what looks like
// one, unlike token:refresh.
func (s Sanitizer) states(segment string) bool {
	name, value, ok := strings.Cut(segment, ":")
	return ok && looksSecret(value) && s.judge(name) != harmless
}

// Pattern returns the pattern that a route, or a target in the place of one, consists of:
// without scheme, authority, query and fragment. A question mark that makes a part of the
// pattern optional stays.
func Pattern(route string) string {
	if strings.IndexByte(route, '?') < 0 && strings.IndexByte(route, '#') < 0 && !strings.Contains(route, "//") {
		return route
	}
	return settle(route, pattern)
}

func pattern(route string) string {
	if scheme := strings.Index(route, "//"); scheme == 0 || scheme > 0 && route[scheme-1] == ':' && !strings.ContainsAny(route[:scheme], "/?#") {
		route = route[scheme+len("//"):]
		if path := strings.IndexAny(route, "/?#"); path >= 0 {
			route = "/" + strings.TrimLeft(route[path:], "/")
		} else {
			route = "/"
		}
	}
	route, _, _ = strings.Cut(route, "#")
	for i := range len(route) {
		if route[i] == '?' && !optional(route[:i], route[i+1:]) {
			return route[:i]
		}
	}
	return route
}

// optional reports whether a question mark between before and after is part of a pattern,
// as in :id?, {id?}, (?P<id>.+) and /?$.
func optional(before, after string) bool {
	segment := before[strings.LastIndexByte(before, '/')+1:]
	switch {
	case after == "" || after == "$":
		return true
	case strings.ContainsAny(upTo(after, "/"), "=&") && !strings.HasPrefix(after, "=") && !strings.HasPrefix(after, "!"):
		return strings.HasSuffix(before, "(") && strings.IndexByte(after, ')') > 0 && strings.IndexByte("P<:", after[0]) >= 0
	case strings.HasSuffix(before, "("):
		return strings.IndexByte("P:<=!i", after[0]) >= 0 && strings.IndexByte(after, ')') > 0
	case after[0] == '}' || after[0] == ']' || after[0] == ')' || after[0] == '>':
		return strings.ContainsAny(before, "{[(<")
	default:
		return strings.ContainsAny(segment, ":{<[(") && (after[0] == '/' || after[0] == '.' || after[0] == '(')
	}
}

// Route returns a route of this width without its secrets. A width of 0 means no limit.
// It counts repairs.
func (s Sanitizer) Route(route string, width int, repairs *Repairs) string {
	clear := settle(readable(route, repairs), func(route string) string { return s.revealing(Pattern(route)) })
	return Fit(clear, width, repairs)
}

// dynamic starts the parameters of a route in one framework or another.
const dynamic = "{:<[$*("

// NamesSecret reports whether a parameter of the route has the name of a secret.
func (s Sanitizer) NamesSecret(route string) bool {
	return strings.ContainsAny(route, dynamic) && s.parameter(route) != harmless
}

// parameter judges a segment of a route by the names in it.
func (s Sanitizer) parameter(segment string) secrecy {
	first := strings.IndexAny(segment, dynamic)
	if first < 0 {
		return harmless
	}
	found := harmless
	for i := first; i < len(segment); {
		end := i
		for end < len(segment) && (isWord(segment[end]) || segment[end] == '-') {
			end++
		}
		if end == i && segment[i] == '/' {
			// What follows is fixed up to the next parameter.
			next := strings.IndexAny(segment[i:], dynamic)
			if next < 0 {
				break
			}
			end = i + next
		}
		if end == i || segment[i] == '/' {
			i = max(end, i+1)
			continue
		}
		found = max(found, s.judge(segment[i:end]))
		i = end
	}
	return found
}

// parameters redacts the segments of a path for which the route has a parameter with the
// name of a secret.
func (s Sanitizer) parameters(path, route string) string {
	pattern := splitPattern(route)
	var starts, ends []int
	for i := 0; i < len(path); i++ {
		segment := upTo(path[i:], "/")
		if segment != "" {
			starts, ends = append(starts, i), append(ends, i+len(segment))
		}
		i += len(segment)
	}
	at := func(i int) string { return path[starts[i]:ends[i]] }
	// A router may be mounted below a prefix, and what is optional may be missing.
	offsets := []int{len(starts) - len(pattern), 0}
	if offsets[0] < 0 {
		offsets[0], offsets[1] = 0, offsets[0]
	}
	for i := 1; i < min(len(starts), 8); i++ {
		offsets = append(offsets, i)
	}
	fitting := offsets[:2]
	for n, offset := range offsets {
		if fits(pattern, offset, len(starts), at) {
			fitting = offsets[n : n+1]
			break
		}
	}
	secrets := make([]bool, len(starts))
	for _, offset := range fitting {
		for i, segment := range pattern {
			found := s.parameter(segment)
			if found == harmless {
				continue
			}
			last := i + offset
			if strings.Contains(segment, "*") || strings.Contains(segment, "...") || strings.Contains(segment, ".+") || strings.Contains(segment, "path:") {
				last = len(starts) - 1
			}
			for n := max(i+offset, 0); n <= min(last, len(starts)-1); n++ {
				secrets[n] = secrets[n] || found == certain || looksSecret(at(n))
			}
		}
	}
	e := edit{text: path}
	for i, is := range secrets {
		if is && at(i) != Redacted {
			e.replace(starts[i], ends[i], Redacted)
		}
	}
	return e.finish()
}

// fits reports whether the fixed segments of a pattern are those of a path of size
// segments from offset on.
func fits(pattern []string, offset, size int, at func(int) string) bool {
	for i, segment := range pattern {
		n := i + offset
		if n < 0 || n >= size || strings.ContainsAny(segment, dynamic) {
			continue
		}
		if !strings.EqualFold(segment, at(n)) {
			return false
		}
	}
	return true
}

// splitPattern returns the segments of a route. A slash in brackets parts none.
func splitPattern(route string) (segments []string) {
	route = strings.TrimSuffix(strings.TrimPrefix(route, "^"), "$")
	depth, start := 0, 0
	for i := 0; i <= len(route); i++ {
		switch {
		case i == len(route) || route[i] == '/' && depth == 0:
			if i > start {
				segments = append(segments, route[start:i])
			}
			start = i + 1
		case strings.IndexByte("([{<", route[i]) >= 0:
			depth++
		case strings.IndexByte(")]}>", route[i]) >= 0:
			depth--
		}
	}
	return segments
}
