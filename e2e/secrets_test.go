package e2e

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"canonicallineexporter/internal/oteltest"
	"canonicallineexporter/internal/pgtest"
)

// secret is planted wherever spans of real services were seen to carry one.
const secret = "hunter2"

// indiscreet is a request that gives the secret away.
func indiscreet() ptrace.Traces {
	td := numbered(1)
	spans := td.ResourceSpans().At(0).ScopeSpans().At(0).Spans()
	server := spans.At(0)
	server.Status().SetCode(ptrace.StatusCodeError)
	server.Status().SetMessage("dial postgres://app:" + secret + "@db/lines?password=" + secret + ": refused, token=" + secret)
	put := func(s ptrace.Span, attributes map[string]any) {
		for key, v := range attributes {
			if err := s.Attributes().PutEmpty(key).FromRaw(v); err != nil {
				panic(err)
			}
		}
	}
	url := fmt.Sprintf("https://user:%[1]s@host/path?Token=%[1]s&sig=%[1]s&a=1&%%70assword=%[1]s", secret)
	attributes := map[string]any{
		"http.response.status_code": 500,
		"url.path":                  "/path?code=" + secret, "url.query": "api_key=" + secret + "&jwt=" + secret, "url.full": url,
		"http.url": url, "http.target": "/path?session=" + secret,
		"http.request.body.content":     `{"a": {"password": "` + secret + `", "list": [{"access_token": "` + secret + `"}]}}`,
		"app.body":                      `{"clientSecret": ["` + secret + `"]}`,
		"app.note":                      secret,
		"http.response.header.x-cookie": []any{secret},
	}
	for _, header := range []string{"authorization", "cookie", "proxy-authorization", "proxy_authorization"} {
		attributes["http.request.header."+header] = []any{"Bearer " + secret}
		attributes["rpc.request.metadata."+header] = []any{secret}
	}
	put(server, attributes)

	database := spans.AppendEmpty()
	database.SetTraceID(server.TraceID())
	database.SetSpanID(pcommon.SpanID{0: 2})
	database.SetParentSpanID(server.SpanID())
	database.SetKind(ptrace.SpanKindClient)
	put(database, map[string]any{
		"db.system.name": "postgresql", "db.query.text": "SELECT * FROM t WHERE password = '" + secret + "' -- " + secret,
		"db.postgresql.values": []any{secret}, "pgx.query.parameters": []any{secret}, "user.name": secret,
	})
	again := spans.AppendEmpty()
	database.CopyTo(again)
	again.SetSpanID(pcommon.SpanID{0: 3})
	call := spans.AppendEmpty()
	again.CopyTo(call)
	call.SetSpanID(pcommon.SpanID{0: 4})
	call.Attributes().Clear()
	put(call, map[string]any{
		"http.request.method": "GET", "url.full": url, "http.request.header.authorization": []any{secret},
	})
	call.Status().SetCode(ptrace.StatusCodeError)
	exception := call.Events().AppendEmpty()
	exception.SetName("exception")
	exception.Attributes().PutStr("exception.type", "URLError")
	exception.Attributes().PutStr("exception.message", `Get "`+url+`": EOF`)
	return td
}

func TestCollector_Secrets_AreNowhere(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	directory := t.TempDir()
	s := settings{
		databaseURL: d.URL, flushTimeout: 10 * time.Millisecond, queueDirectory: directory,
		overlay: "testdata/secrets.yaml",
	}
	d.Close(t)
	c := start(t, s)
	deliver := overGRPC(t, c)
	td := indiscreet()
	plantings := oteltest.ReadPlantings(t, "planted.txt")
	secrets := map[string]bool{secret: true}
	for n, p := range plantings {
		p.Request(t, n+2, numbering).ResourceSpans().MoveAndAppendTo(td.ResourceSpans())
		for _, planted := range p.Secrets {
			secrets[planted] = true
		}
	}
	require.NoError(t, deliver(t.Context(), td))
	requireNone := func(text, where string) {
		t.Helper()
		for planted := range secrets {
			i := strings.Index(text, planted)
			require.Negative(t, i, "%s holds ...%q", where, text[max(i-60, 0):max(i, 0)])
		}
	}
	c.awaitStatus(t, "StatusRecoverableError")
	requireNoneOnDisk := func() (held int) {
		require.NoError(t, filepath.WalkDir(directory, func(path string, entry os.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			content, err := os.ReadFile(path)
			requireNone(string(content), path)
			held += bytes.Count(content, []byte("REDACTED"))
			return err
		}))
		return held
	}
	// What it keeps for amendments is stored, too.
	c.terminate(t)
	require.Contains(t, c.Log(), "stored the spans of requests")
	require.Positive(t, requireNoneOnDisk(), "the line was in the queue")
	first := c.Log()
	c = start(t, s)
	c.Kill()
	require.Positive(t, requireNoneOnDisk(), "the line was in the queue")

	d.Open(t)
	c = start(t, s)
	d.Await(t, fmt.Sprintf("SELECT count(*) = %d FROM canonical_api_line", 1+len(plantings)))
	metrics, err := c.ReadMetrics(t.Context())
	require.NoError(t, err)
	require.Contains(t, metrics, "otelcol_canonical_line_written")
	c.terminate(t)

	lines := pgtest.All[string](t, d, "SELECT to_jsonb(l)::text FROM canonical_api_line l ORDER BY http_path = '/path' DESC")
	stored := lines[0]
	for where, text := range map[string]string{
		"the table": strings.Join(lines, "\n"), "the first log": first, "the second log": c.Log(), "a metric": metrics,
	} {
		requireNone(text, where)
	}
	require.Contains(t, stored, `"auth_type": "bearer"`)
	require.Contains(t, stored, `"full_url": "https://REDACTED@host/path?Token=REDACTED&sig=REDACTED&a=1&%70assword=REDACTED"`)
	require.Contains(t, stored, "SELECT * FROM t WHERE password = ?")
}
