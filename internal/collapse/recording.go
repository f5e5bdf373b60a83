package collapse

import (
	"bytes"
	"strings"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"canonicallineexporter/internal/request"
)

// recording tells what recorded a SERVER span, and of which request. Two instrumentations
// can record one request without seeing each other's span, as that of a framework and that
// of Node's http module. Their spans are siblings then.
type recording struct {
	// scope is a hash of the instrumentation's name, target one of the request's method and
	// path; both are 0 if the span has no parent or does not tell its target.
	scope, target uint64
}

func recordingOf(s *entered) recording {
	if s.parentID.IsEmpty() {
		return recording{}
	}
	method, path := targetOf(s.otlp)
	if method == "" || path == "" {
		return recording{}
	}
	return recording{hashOf(s.scope.Scope().Name()), hashOf(method, path)}
}

// targetOf returns the method and the path of a request over HTTP, empty if its span does
// not tell them.
func targetOf(s ptrace.Span) (method, path string) {
	for key, v := range s.Attributes().All() {
		switch key {
		case "http.request.method", "http.method":
			method = strings.ToUpper(v.Str())
		case "url.path", "http.target", "http.path":
			if v.Str() != "" {
				path, _ = request.SplitTarget(v.Str())
			}
		case "url.full", "http.url":
			if v.Str() != "" {
				path, _ = request.SplitTarget(request.WithoutHost(v.Str()))
			}
		default:
		}
	}
	return method, path
}

// maxSiblings bounds how many siblings of a SERVER span are looked at: a call that more
// spans answer made many requests, not one.
const maxSiblings = 16

// outerOf returns the SERVER span that another instrumentation recorded of the same
// request, 0 if there is none. The two have one parent and one process, and the outer runs
// all the time that the inner does.
func (e *entry) outerOf(r *serving) int32 {
	s := e.at(r.span)
	if r.recording.target == 0 || r.unfinished {
		return 0
	}
	if call := e.find(s.twin()); call != 0 && e.at(call).has(outgoing) {
		return 0
	}
	looked := 0
	for i := range e.orphansOf(s.parentID) {
		if looked++; looked > maxSiblings {
			break
		}
		o := e.at(i)
		if !o.has(server) || o.id == o.parentID || !o.process.is(s.process) {
			continue
		}
		other := e.requests[o.request-1].recording
		if other.target == r.recording.target && other.scope != r.recording.scope && o.contains(s) {
			return i
		}
	}
	return 0
}

// contains reports whether the span runs all the time that another does. Of two that run at
// the same time, one contains the other.
func (s *span) contains(other *span) bool {
	if s.start == other.start && s.end == other.end {
		return bytes.Compare(s.id[:], other.id[:]) < 0
	}
	return s.start <= other.start && other.end <= s.end
}
