package canonicallineexporter

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"canonicallineexporter/internal/pgtest"
)

// planting is a line of a file in testdata/secrets: a place in a span and the text there.
type planting struct {
	line        string
	place, text string
	secrets     []string
}

// marked matches a secret in a file of plantings.
var marked = regexp.MustCompile("«([^»]*)»")

// readPlantings returns the lines of a file in testdata/secrets.
func readPlantings(t *testing.T, file string) (plantings []planting) {
	t.Helper()
	content, err := os.ReadFile("testdata/secrets/" + file)
	require.NoError(t, err)
	for line := range strings.Lines(string(content)) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		p := planting{line: line}
		var ok bool
		p.place, p.text, ok = strings.Cut(line, " ")
		require.True(t, ok, line)
		for _, secret := range marked.FindAllStringSubmatch(p.text, -1) {
			p.secrets = append(p.secrets, secret[1])
		}
		p.text = strings.NewReplacer("«", "", "»", "", "␊", "\n", "␉", "\t").Replace(p.text)
		plantings = append(plantings, p)
	}
	return plantings
}

// request returns a failed request with the text in its place. Its trace has the number n.
func (p planting) request(t *testing.T, n int) ptrace.Traces {
	t.Helper()
	td := ptrace.NewTraces()
	spans := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
	add := func(kind ptrace.SpanKind) ptrace.Span {
		s := spans.AppendEmpty()
		s.SetTraceID(pcommon.TraceID{0: 1, 14: byte(n >> 8), 15: byte(n)})
		s.SetSpanID(pcommon.SpanID{0: byte(spans.Len())})
		s.SetKind(kind)
		s.SetStartTimestamp(pcommon.NewTimestampFromTime(planted))
		s.SetEndTimestamp(pcommon.NewTimestampFromTime(planted.Add(time.Millisecond)))
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
	first, rest, _ := strings.Cut(p.text, " ")
	switch p.place {
	case "name":
		server.SetName(p.text)
	case "route":
		put("http.route", p.text)
	case "path":
		if first != "-" {
			put("http.route", first)
		}
		put("url.path", rest)
	case "target":
		put("http.target", p.text)
	case "url":
		put("url.full", p.text)
	case "query":
		put("url.query", p.text)
	case "header":
		name, value, _ := strings.Cut(p.text, ": ")
		put("http.request.header."+strings.ToLower(name), value)
	case "message":
		server.Status().SetMessage(p.text)
	case "cause":
		event := add(ptrace.SpanKindInternal).Events().AppendEmpty()
		event.SetName("exception")
		event.Attributes().PutStr("exception.message", p.text)
	case "statement":
		for range 2 {
			query := add(ptrace.SpanKindClient)
			if first != "-" {
				query.Attributes().PutStr("db.system.name", first)
			}
			query.Attributes().PutStr("db.query.text", rest)
		}
	case "payload":
		put("http.request.body.content", p.text)
	default:
		require.Fail(t, "unknown place", p.line)
	}
	return td
}

// planted is when the planted requests began.
var planted = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// storePlantings stores a request for each planting and returns an expression over each
// row, in the order of the plantings.
func storePlantings(t *testing.T, plantings []planting, expression string) []string {
	t.Helper()
	d := pgtest.New(t)
	b := setup(t, d.URL, func(cfg *Config) { cfg.RequestPayload.Capture = true })
	for n, p := range plantings {
		require.NoError(t, b.ConsumeTraces(t.Context(), p.request(t, n)))
	}
	b.flush(t)
	stored := pgtest.All[string](t, d, "SELECT "+expression+" FROM canonical_api_line l ORDER BY trace_id")
	require.Len(t, stored, len(plantings))
	for _, entry := range b.logs.All() {
		require.NotContains(t, entry.Message, "hunter2")
	}
	return stored
}

// TestExporter_Rows_HoldNoSecret plants secrets wherever a span can carry one, in every
// spelling on file.
func TestExporter_Rows_HoldNoSecret(t *testing.T) {
	t.Parallel()
	plantings := readPlantings(t, "planted.txt")
	require.GreaterOrEqual(t, len(plantings), 300)
	for n, row := range storePlantings(t, plantings, "to_jsonb(l)::text") {
		require.NotEmpty(t, plantings[n].secrets, plantings[n].line)
		for _, secret := range plantings[n].secrets {
			assert.NotContains(t, row, secret, "line %s", plantings[n].line)
		}
	}
}

// columnsOf names the column that holds what a place does.
var columnsOf = map[string]string{
	"name": "http_route", "route": "http_route", "path": "http_path", "query": "query_string",
	"header": "array_to_string(x_crunchy_headers, ', ')", "message": "api_error_message", "cause": "api_error_cause",
	"statement": "statistics ->> 'db_max_repeat_query'", "payload": "request_payload::text",
}

// TestExporter_Rows_KeepWhatIsNoSecret stores what resembles secrets and is none.
func TestExporter_Rows_KeepWhatIsNoSecret(t *testing.T) {
	t.Parallel()
	plantings := readPlantings(t, "harmless.txt")
	byPlace := map[string][]planting{}
	for _, p := range plantings {
		require.Contains(t, columnsOf, p.place, p.line)
		byPlace[p.place] = append(byPlace[p.place], p)
	}
	for place, plantings := range byPlace {
		t.Run(place, func(t *testing.T) {
			t.Parallel()
			for n, got := range storePlantings(t, plantings, "coalesce("+columnsOf[place]+", '')") {
				want := plantings[n].text
				if place == "path" || place == "statement" || place == "name" && strings.Contains(want, " ") {
					_, want, _ = strings.Cut(want, " ")
				}
				assert.Equal(t, want, got, "line %s", plantings[n].line)
			}
		})
	}
}
