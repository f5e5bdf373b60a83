package canonicallineexporter

import (
	"testing"
	"time"

	jaeger "github.com/jaegertracing/jaeger-idl/model/v1"
	jaegertranslator "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/translator/jaeger"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/translator/zipkin/zipkinv2"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"canonicallineexporter/internal/pgtest"
)

// zipkinSpans are what a service with Brave sends to a Zipkin receiver.
const zipkinSpans = `[
	{"traceId": "0000000000000000000000000000000a", "id": "000000000000000a", "kind": "SERVER", "name": "get /items/{id}",
		"timestamp": 1700000000000000, "duration": 50000, "localEndpoint": {"serviceName": "shop"},
		"remoteEndpoint": {"ipv4": "203.0.113.9", "port": 4711},
		"tags": {"http.method": "GET", "http.path": "/items/7", "http.status_code": "500", "error": "no such table"}},
	{"traceId": "0000000000000000000000000000000a", "id": "000000000000000b", "parentId": "000000000000000a", "kind": "CLIENT",
		"name": "query", "timestamp": 1700000000010000, "duration": 20000, "localEndpoint": {"serviceName": "shop"},
		"tags": {"sql.query": "select a from t where b = 'hunter2'", "error": "no such table: t"}},
	{"traceId": "0000000000000000000000000000000a", "id": "000000000000000c", "parentId": "000000000000000a", "kind": "PRODUCER",
		"name": "send", "timestamp": 1700000000040000, "duration": 5000, "localEndpoint": {"serviceName": "shop"},
		"tags": {"kafka.topic": "orders"}}
]`

// jaegerSpans returns what a service with OpenTracing sends to a Jaeger receiver.
func jaegerSpans(t *testing.T) ptrace.Traces {
	t.Helper()
	start := time.Unix(1_700_000_000, 0)
	process := &jaeger.Process{ServiceName: "shop"}
	trace := jaeger.NewTraceID(0, 10)
	td, err := jaegertranslator.ProtoToTraces([]*jaeger.Batch{{Process: process, Spans: []*jaeger.Span{
		{
			TraceID: trace, SpanID: 10, OperationName: "GET /items/{id}", StartTime: start, Duration: 50 * time.Millisecond,
			Tags: []jaeger.KeyValue{
				jaeger.String("span.kind", "server"), jaeger.String("http.method", "GET"), jaeger.String("http.url", "http://shop.test/items/7"),
				jaeger.Int64("http.status_code", 500), jaeger.Bool("error", true), jaeger.String("peer.ipv4", "203.0.113.9"),
			},
			Logs: []jaeger.Log{{Timestamp: start, Fields: []jaeger.KeyValue{
				jaeger.String("event", "error"), jaeger.String("error.kind", "ValueError"), jaeger.String("message", "no such table"),
			}}},
		},
		{
			TraceID: trace, SpanID: 11, OperationName: "query", StartTime: start.Add(10 * time.Millisecond), Duration: 20 * time.Millisecond,
			References: []jaeger.SpanRef{jaeger.NewChildOfRef(trace, 10)},
			Tags: []jaeger.KeyValue{
				jaeger.String("span.kind", "client"), jaeger.String("db.type", "sql"), jaeger.String("db.statement", "select a from t where b = 'hunter2'"),
				jaeger.Bool("error", true),
			},
			Logs: []jaeger.Log{{Timestamp: start, Fields: []jaeger.KeyValue{
				jaeger.String("event", "error"), jaeger.String("error.object", "no such table: t"),
			}}},
		},
		{
			TraceID: trace, SpanID: 12, OperationName: "send", StartTime: start.Add(40 * time.Millisecond), Duration: 5 * time.Millisecond,
			References: []jaeger.SpanRef{jaeger.NewChildOfRef(trace, 10)},
			Tags:       []jaeger.KeyValue{jaeger.String("span.kind", "producer"), jaeger.String("message_bus.destination", "orders")},
		},
	}}})
	require.NoError(t, err)
	return td
}

func TestExporter_ClientsOfZipkinAndJaeger_MakeTheSameLines(t *testing.T) {
	t.Parallel()
	zipkin, err := zipkinv2.NewJSONTracesUnmarshaler(false).UnmarshalTraces([]byte(zipkinSpans))
	require.NoError(t, err)
	for name, td := range map[string]ptrace.Traces{"Zipkin": zipkin, "Jaeger": jaegerSpans(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := pgtest.New(t)
			b := setup(t, d.URL, nil)
			require.NoError(t, b.ConsumeTraces(t.Context(), td))
			b.flush(t)
			require.Equal(t, []string{
				"(shop,GET,/items/7,/items/{id},500,203.0.113.9,\"no such table\",00:00:00.05)",
			}, pgtest.All[string](t, d, `
				SELECT (service_name, http_method, http_path, http_route, status, host(ip), api_error_message, duration)::text
				FROM canonical_api_line`))
			require.Contains(t, pgtest.One[string](t, d, "SELECT api_error_cause FROM canonical_api_line"), "no such table: t")
			require.JSONEq(t, `{"spans": 2, "span_errors": 1, "db_num_queries": 1, "db_num_errors": 1, "db_duration": 0.02,
				"messaging_num_messages": 1, "messaging_duration": 0.005, "self_duration": 0.025}`,
				pgtest.One[string](t, d, "SELECT (statistics - 'exceptions')::text FROM canonical_api_line"))
		})
	}
}
