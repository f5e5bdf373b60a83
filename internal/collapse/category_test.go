package collapse

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

func TestSpansAreCountedAsWhatTheyDo(t *testing.T) {
	t.Parallel()
	type attrs = map[string]any
	client, producer, inner := ptrace.SpanKindClient, ptrace.SpanKindProducer, ptrace.SpanKindInternal
	for _, tt := range []struct {
		name       string
		kind       ptrace.SpanKind
		attributes attrs
		want       category
	}{
		{"SELECT", client, attrs{"db.system.name": "postgresql", "db.query.text": "SELECT 1"}, query},
		{"SELECT", client, attrs{"db.system": "postgresql", "db.statement": "SELECT 1"}, query},
		{"SELECT", inner, attrs{"db.statement": "SELECT 1"}, query},
		{"GET", client, attrs{"db.system": "redis", "db.operation": "GET"}, query},
		{"SELECT", client, attrs{"db.system.name": "postgresql", "db.query.text": "SELECT 1", "pgx.prepare_stmt.name": "s1"}, other},
		{"pool.acquire", client, attrs{"db.system.name": "postgresql"}, acquire},
		{"pg-pool.connect", client, attrs{"db.system": "postgresql"}, acquire},
		{"HikariDataSource.getConnection", inner, attrs{"db.system": "postgresql"}, acquire},
		{"flush", client, attrs{"db.system": "redis"}, other},
		{"GET", client, attrs{"http.request.method": "GET"}, httpCall},
		{"GET", client, attrs{"http.method": "GET"}, httpCall},
		{"request", inner, attrs{"http.request.method": "GET"}, other},
		{"Check", client, attrs{"rpc.system.name": "grpc", "http.request.method": "POST"}, rpcCall},
		{"Check", client, attrs{"rpc.method": "a.B/C"}, rpcCall},
		{"send", producer, attrs{"messaging.system": "kafka"}, message},
		{"send", client, attrs{"messaging.system": "aws_sqs", "rpc.system": "aws-api"}, message},
		{"process", inner, attrs{"messaging.system": "kafka"}, other},
		{"search", client, attrs{"db.system": "elasticsearch", "db.operation": "search", "http.request.method": "POST"}, query},
		{"work", inner, attrs{}, other},
	} {
		s := ptrace.NewSpan()
		s.SetName(tt.name)
		s.SetKind(tt.kind)
		s.SetParentSpanID(pcommon.SpanID{1})
		require.NoError(t, s.Attributes().FromRaw(tt.attributes))
		c := New(config())
		require.Equal(t, tt.want, c.reader.read(s, process{}).category, "%s %v", tt.name, tt.attributes)
	}
}
