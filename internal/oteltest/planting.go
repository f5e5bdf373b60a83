package oteltest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Planting is a line of a file in testdata/secrets: a place in a span and the text there.
type Planting struct {
	Line, Place, Text string
	// Secrets are the marked parts of the text.
	Secrets []string
}

// marked matches a secret in a file of plantings.
var marked = regexp.MustCompile("«([^»]*)»")

// ReadPlantings returns the lines of a file in testdata/secrets.
func ReadPlantings(t testing.TB, file string) (plantings []Planting) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(ModuleRoot(t), "testdata", "secrets", file))
	require.NoError(t, err)
	for line := range strings.Lines(string(content)) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		p := Planting{Line: line}
		var ok bool
		p.Place, p.Text, ok = strings.Cut(line, " ")
		require.True(t, ok, line)
		for _, secret := range marked.FindAllStringSubmatch(p.Text, -1) {
			p.Secrets = append(p.Secrets, secret[1])
		}
		p.Text = strings.NewReplacer("«", "", "»", "", "␊", "\n", "␉", "\t").Replace(p.Text)
		plantings = append(plantings, p)
	}
	return plantings
}

// Request returns a failed request with the text in its place, which began at a time. Its
// trace has the number n.
func (p Planting) Request(t testing.TB, n int, began time.Time) ptrace.Traces {
	t.Helper()
	td := ptrace.NewTraces()
	spans := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
	add := func(kind ptrace.SpanKind) ptrace.Span {
		s := spans.AppendEmpty()
		s.SetTraceID(pcommon.TraceID{0: 1, 14: byte(n >> 8), 15: byte(n)})
		s.SetSpanID(pcommon.SpanID{0: byte(spans.Len())})
		s.SetKind(kind)
		s.SetStartTimestamp(pcommon.NewTimestampFromTime(began))
		s.SetEndTimestamp(pcommon.NewTimestampFromTime(began.Add(time.Millisecond)))
		s.Status().SetCode(ptrace.StatusCodeError)
		if kind != ptrace.SpanKindServer {
			s.SetParentSpanID(pcommon.SpanID{0: 1})
		}
		return s
	}
	server := add(ptrace.SpanKindServer)
	server.SetName("POST")
	put := server.Attributes().PutStr
	server.Attributes().PutInt("http.response.status_code", 500)
	first, rest, _ := strings.Cut(p.Text, " ")
	switch p.Place {
	case "name":
		server.SetName(p.Text)
	case "route":
		put("http.route", p.Text)
	case "path":
		if first != "-" {
			put("http.route", first)
		}
		put("url.path", rest)
	case "target":
		put("http.target", p.Text)
	case "url":
		put("url.full", p.Text)
	case "query":
		put("url.query", p.Text)
	case "header":
		name, value, _ := strings.Cut(p.Text, ": ")
		put("http.request.header."+strings.ToLower(name), value)
	case "message":
		server.Status().SetMessage(p.Text)
	case "cause":
		event := add(ptrace.SpanKindInternal).Events().AppendEmpty()
		event.SetName("exception")
		event.Attributes().PutStr("exception.message", p.Text)
	case "statement":
		for range 2 {
			query := add(ptrace.SpanKindClient)
			if first != "-" {
				query.Attributes().PutStr("db.system.name", first)
			}
			query.Attributes().PutStr("db.query.text", rest)
		}
	case "payload":
		put("http.request.body.content", p.Text)
	default:
		require.Fail(t, "unknown place", p.Line)
	}
	return td
}
