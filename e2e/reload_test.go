package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"canonicallineexporter/internal/pgtest"
)

// configured writes an overlay that has the collector write to a database.
func configured(t *testing.T, file, url string) {
	t.Helper()
	require.NoError(t, os.WriteFile(file, []byte("exporters: {canonical_line: {database: {url: \""+url+"\"}}}\n"), 0o600))
}

func TestCollector_Reload_CorrectedDatabase_LosesNoLine(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	file := filepath.Join(t.TempDir(), "database.yaml")
	configured(t, file, "postgres://127.0.0.1:1/wrong")
	c := start(t, settings{databaseURL: d.URL, flushTimeout: hour, overlay: file})
	deliver := overGRPC(t, c)
	for n := range 410 {
		require.NoError(t, deliver(t.Context(), numbered(n)))
	}
	c.awaitStatus(t, "StatusRecoverableError")

	configured(t, file, d.URL)
	require.NoError(t, c.Reload())
	d.Await(t, "SELECT count(*) >= 400 FROM canonical_api_line")
	c.terminate(t)
	require.EqualValues(t, 410, pgtest.One[int64](t, d, "SELECT count(*) FROM canonical_api_line"))
	require.Equal(t, 1, strings.Count(c.Log(), "they are lost if it ends"))
}

func TestCollector_Reload_LateSpan_AmendsItsLine(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	c := start(t, settings{databaseURL: d.URL, flushTimeout: hour})
	require.NoError(t, overGRPC(t, c)(t.Context(), numbered(1)))
	require.NoError(t, c.Reload())
	d.Await(t, "SELECT count(*) = 1 FROM canonical_api_line")

	require.NoError(t, overGRPC(t, c)(t.Context(), queryOf(1)))
	c.terminate(t)
	require.Equal(t, []string{"1"}, pgtest.All[string](t, d, "SELECT statistics->>'db_num_queries' FROM canonical_api_line"))
}

// queryOf is an export of a query of a numbered request.
func queryOf(n int) ptrace.Traces {
	td := numbered(n)
	span := td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0)
	span.SetParentSpanID(span.SpanID())
	span.SetSpanID(pcommon.SpanID{0: 2, 7: byte(n)})
	span.SetKind(ptrace.SpanKindClient)
	span.Attributes().PutStr("db.system.name", "postgresql")
	span.Attributes().PutStr("db.query.text", "SELECT 1")
	return td
}
