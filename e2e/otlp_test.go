package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"canonicallineexporter/internal/oteltest"
)

// send delivers an export and returns once it is acknowledged.
type send func(ctx context.Context, td ptrace.Traces) error

// protocols are the ways spans reach the collector.
func protocols(t *testing.T, c collector) map[string]send {
	t.Helper()
	return map[string]send{
		"grpc":          overGRPC(t, c),
		"http/protobuf": overHTTP(c, "application/x-protobuf", ptraceotlp.ExportRequest.MarshalProto),
		"http/json":     overHTTP(c, "application/json", ptraceotlp.ExportRequest.MarshalJSON),
	}
}

func overGRPC(t *testing.T, c collector) send {
	t.Helper()
	conn, err := grpc.NewClient(c.GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	client := ptraceotlp.NewGRPCClient(conn)
	return func(ctx context.Context, td ptrace.Traces) error {
		_, err := client.Export(ctx, ptraceotlp.NewExportRequestFromTraces(td))
		return err
	}
}

func overHTTP(c collector, contentType string, marshal func(ptraceotlp.ExportRequest) ([]byte, error)) send {
	return func(ctx context.Context, td ptrace.Traces) error {
		body, err := marshal(ptraceotlp.NewExportRequestFromTraces(td))
		if err != nil {
			return err
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.HTTP+"/v1/traces", bytes.NewReader(body))
		if err != nil {
			return err
		}
		request.Header.Set("Content-Type", contentType)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			said, _ := io.ReadAll(response.Body)
			return fmt.Errorf("post traces: %s: %s", response.Status, said)
		}
		return nil
	}
}

// captures reads the exports recorded from all services, and counts their
// SERVER spans.
func captures(t *testing.T) (exports []ptrace.Traces, serverSpans int64) {
	t.Helper()
	for _, file := range oteltest.Captures(t) {
		exports = append(exports, oteltest.ReadExports(t, file)...)
	}
	return exports, oteltest.CountServerSpans(exports)
}

// numbered is an export of one request with this number.
func numbered(n int) ptrace.Traces {
	td := ptrace.NewTraces()
	span := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	span.SetTraceID(pcommon.TraceID{0: 1, 14: byte(n >> 8), 15: byte(n)})
	span.SetSpanID(pcommon.SpanID{0: 1, 6: byte(n >> 8), 7: byte(n)})
	span.SetKind(ptrace.SpanKindServer)
	span.SetName("GET /numbered")
	span.SetStartTimestamp(pcommon.NewTimestampFromTime(numbering))
	span.SetEndTimestamp(pcommon.NewTimestampFromTime(numbering.Add(time.Millisecond)))
	return td
}

// numbering is when numbered requests began.
var numbering = time.Now()
