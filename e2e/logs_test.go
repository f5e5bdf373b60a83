package e2e

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"canonicallineexporter/internal/pgtest"
)

// sendLogs delivers an export of log records and returns once it is acknowledged.
type sendLogs func(ctx context.Context, ld plog.Logs) error

func logsOverGRPC(t *testing.T, c collector) sendLogs {
	t.Helper()
	conn, err := grpc.NewClient(c.GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	client := plogotlp.NewGRPCClient(conn)
	return func(ctx context.Context, ld plog.Logs) error {
		_, err := client.Export(ctx, plogotlp.NewExportRequestFromLogs(ld))
		return err
	}
}

// exceptionOf is an export of an exception of a numbered request, beside a record that says
// nothing of a request.
func exceptionOf(n int) plog.Logs {
	span := numbered(n).ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0)
	ld := plog.NewLogs()
	records := ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
	records.AppendEmpty().Body().SetStr("listening")
	l := records.AppendEmpty()
	l.SetTraceID(span.TraceID())
	l.SetSpanID(span.SpanID())
	l.SetTimestamp(pcommon.NewTimestampFromTime(numbering))
	l.SetEventName("exception")
	l.Attributes().PutStr("exception.type", "ValueError")
	l.Attributes().PutStr("exception.message", "no such luck, password=hunter2")
	l.Attributes().PutStr("exception.stacktrace", "at secret.go:1")
	return ld
}

func TestCollector_ExceptionsInLogs_BelongToTheirRequests(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	directory := t.TempDir()
	c := start(t, settings{databaseURL: d.URL, flushTimeout: hour, queueDirectory: directory})
	deliver, deliverLogs := overGRPC(t, c), logsOverGRPC(t, c)
	for n := range 20 {
		// Either may be first.
		if n%2 == 0 {
			require.NoError(t, deliverLogs(t.Context(), exceptionOf(n)))
		}
		require.NoError(t, deliver(t.Context(), numbered(n)))
		if n%2 == 1 {
			require.NoError(t, deliverLogs(t.Context(), exceptionOf(n)))
		}
	}
	c.Kill()
	c = start(t, settings{databaseURL: d.URL, flushTimeout: hour, queueDirectory: directory})
	c.terminate(t)
	require.Equal(t, []string{"(20,500,ValueError,\"ValueError: no such luck, password=REDACTED\",)"}, pgtest.All[string](t, d, `
		SELECT (count(*), status, api_error_internal_code, api_error_cause, statistics - 'incomplete' ->> 'spans')::text
		FROM canonical_api_line GROUP BY status, api_error_internal_code, api_error_cause, statistics - 'incomplete' ->> 'spans'`))
	require.Zero(t, pgtest.One[int64](t, d, "SELECT count(*) FROM canonical_api_line AS l WHERE l::text ~ 'hunter2|secret.go|listening'"))
}
