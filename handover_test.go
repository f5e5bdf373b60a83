package canonicallineexporter

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"canonicallineexporter/internal/pgtest"
)

// away is the URL of a database that nobody runs.
const away = "postgres://127.0.0.1:1/none"

// distinctLines fails unless every stored line is there once.
func distinctLines(t *testing.T, d *pgtest.Database) int64 {
	t.Helper()
	require.Equal(t, pgtest.One[int64](t, d, "SELECT count(DISTINCT (trace_id, span_id)) FROM canonical_api_line"), lines(t, d))
	return lines(t, d)
}

// Some lines wait for their next attempt, some in the queue, some in a batch that is not full.
func TestExporter_Reload_DatabaseAway_HandsAllLinesOver(t *testing.T) {
	t.Parallel()
	id := newID()
	a := setupID(t, id, away, nil)
	for n := range 41 {
		require.NoError(t, a.ConsumeTraces(t.Context(), requests(n*10, 10)))
	}
	a.host.await(t, componentstatus.StatusRecoverableError)
	a.flush(t)
	left := a.logs.FilterMessageSnippet("they are lost if it ends").All()
	require.Len(t, left, 1)
	require.EqualValues(t, 410, left[0].ContextMap()["lines"])

	d := pgtest.New(t)
	b := setupID(t, id, d.URL, func(cfg *Config) { cfg.QueueConfig.Get().Batch.Get().FlushTimeout = 10 * time.Millisecond })
	d.Await(t, "SELECT count(*) = 410 FROM canonical_api_line")
	b.flush(t)
	require.EqualValues(t, 410, distinctLines(t, d))
	require.Empty(t, b.logs.FilterMessageSnippet("they are lost if it ends").All())
}

func TestExporter_Reload_OtherLayout_HandsAllLinesOver(t *testing.T) {
	t.Parallel()
	id := newID()
	a := setupID(t, id, away, func(cfg *Config) {
		cfg.Columns = map[string]ColumnConfig{"tenant": {Type: "text", From: []string{"tenant"}}}
	})
	td := requests(0, 10)
	td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(3).Attributes().PutStr("tenant", "acme")
	require.NoError(t, a.ConsumeTraces(t.Context(), td))
	a.flush(t)

	d := pgtest.New(t)
	b := setupID(t, id, d.URL, nil)
	require.NoError(t, b.ConsumeTraces(t.Context(), requests(10, 10)))
	b.flush(t)
	require.EqualValues(t, 20, distinctLines(t, d))
}

func TestExporter_Reload_OtherID_TakesNothing(t *testing.T) {
	t.Parallel()
	first, second := newID(), newID()
	a := setupID(t, first, away, nil)
	require.NoError(t, a.ConsumeTraces(t.Context(), requests(0, 7)))
	a.flush(t)
	setupID(t, second, away, nil).flush(t)
	require.Empty(t, handovers.take(second).batches)
	require.Len(t, handovers.take(first).batches, 1)
}

// The queue of the second exporter takes 100 lines and stays full. The third gets what the
// second has and what it could not take, and its queue is as small.
func TestExporter_Reload_RefusedLines_AreOfferedAgain(t *testing.T) {
	t.Parallel()
	id := newID()
	a := setupID(t, id, away, nil)
	require.NoError(t, a.ConsumeTraces(t.Context(), requests(0, 410)))
	a.flush(t)

	small := func(cfg *Config) {
		cfg.QueueConfig.Get().QueueSize = 100
		cfg.QueueConfig.Get().Batch.Get().FlushTimeout = 10 * time.Millisecond
	}
	b := setupID(t, id, away, small)
	b.host.await(t, componentstatus.StatusRecoverableError)
	b.flush(t)

	d := pgtest.New(t)
	c := setupID(t, id, d.URL, small)
	d.Await(t, "SELECT count(*) = 410 FROM canonical_api_line")
	c.flush(t)
	require.EqualValues(t, 410, distinctLines(t, d))
}

// queryBelow is an export of a query that a numbered request made.
func queryBelow(number int) ptrace.Traces {
	td := requests(number, 1)
	span := td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0)
	span.SetParentSpanID(span.SpanID())
	span.SetSpanID(pcommon.SpanID{0: 1, 7: byte(number)})
	span.SetKind(ptrace.SpanKindClient)
	span.Attributes().PutStr("db.system.name", "postgresql")
	span.Attributes().PutStr("db.query.text", "SELECT 1")
	return td
}

const queries = "SELECT COALESCE(statistics->>'db_num_queries', 'none') FROM canonical_api_line ORDER BY span_id"

func TestExporter_Reload_LateSpan_AmendsItsLine(t *testing.T) {
	t.Parallel()
	id := newID()
	d := pgtest.New(t)
	a := setupID(t, id, d.URL, nil)
	require.NoError(t, a.ConsumeTraces(t.Context(), requests(1, 1)))
	// This query waits for its request.
	require.NoError(t, a.ConsumeTraces(t.Context(), queryBelow(2)))
	a.flush(t)
	require.EqualValues(t, 1, lines(t, d))

	b := setupID(t, id, d.URL, func(cfg *Config) { cfg.Collapse.AmendWindow = time.Minute })
	require.NoError(t, b.ConsumeTraces(t.Context(), queryBelow(1)))
	require.NoError(t, b.ConsumeTraces(t.Context(), requests(2, 1)))
	b.flush(t)
	require.Equal(t, []string{"1", "1"}, pgtest.All[string](t, d, queries))
}

func TestExporter_Reload_OtherColumns_StartsWithoutSpans(t *testing.T) {
	t.Parallel()
	id := newID()
	d := pgtest.New(t)
	a := setupID(t, id, d.URL, nil)
	require.NoError(t, a.ConsumeTraces(t.Context(), queryBelow(1)))
	a.flush(t)

	b := setupID(t, id, d.URL, func(cfg *Config) {
		cfg.Columns = map[string]ColumnConfig{"tenant": {Type: "text", From: []string{"tenant"}}}
	})
	require.NoError(t, b.ConsumeTraces(t.Context(), requests(1, 1)))
	b.flush(t)
	require.Equal(t, []string{"none"}, pgtest.All[string](t, d, queries))
}
