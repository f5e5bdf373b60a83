package collapse

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"canonicallineexporter/internal/request"
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
		{"SELECT", client, attrs{"db.system.name": "postgresql", "db.query.text": "SELECT 1", "pgx.prepare_stmt.name": "s1"}, databaseTime},
		{"pool.acquire", client, attrs{"db.system.name": "postgresql"}, acquire},
		{"pg-pool.connect", client, attrs{"db.system": "postgresql"}, acquire},
		{"HikariDataSource.getConnection", inner, attrs{"db.system": "postgresql"}, acquire},
		{"flush", client, attrs{"db.system": "redis"}, databaseTime},
		{"sql.rows", client, attrs{"db.system.name": "postgresql"}, databaseTime},
		{"sql.rows", inner, attrs{"db.system.name": "postgresql"}, other},
		{"sql.conn.begin_tx", client, attrs{"db.system.name": "postgresql"}, query},
		{"sql.tx.commit", client, attrs{"db.system.name": "postgresql"}, query},
		{"PDO::rollBack", inner, attrs{"db.system.name": "mysql"}, query},
		{"START TRANSACTION", client, attrs{"db.system.name": "mysql"}, query},
		{"commit", inner, attrs{}, other},
		{"connection", client, attrs{"jdbc.datasource.name": "d"}, other},
		{"result-set", client, attrs{"jdbc.datasource.name": "d", "jdbc.row-count": "1"}, databaseTime},
		{"router c egress", client, attrs{"component": "proxy", "http.status_code": "503"}, httpCall},
		{"GET", client, attrs{"url.full": "http://h/"}, httpCall},
		{"chat", client, attrs{"gen_ai.system": "openai"}, otherCall},
		{"call", client, attrs{}, otherCall},
		{"apply_async/add", producer, attrs{"celery.action": "apply_async"}, message},
		{"send", producer, attrs{}, message},
		{"send", client, attrs{"messaging.destination.name": "q"}, message},
		{"Check", client, attrs{"rpc.grpc.status_code": 0}, rpcCall},
		{"GET", client, attrs{"http.request.method": "GET"}, httpCall},
		{"GET", client, attrs{"http.method": "GET"}, httpCall},
		{"request", inner, attrs{"http.request.method": "GET"}, other},
		{"Check", client, attrs{"rpc.system.name": "grpc", "http.request.method": "POST"}, rpcCall},
		{"Check", client, attrs{"rpc.method": "a.B/C"}, rpcCall},
		{"egress", client, attrs{"grpc.path": "/a.B/C", "http.status_code": "200"}, rpcCall},
		{"send", producer, attrs{"messaging.system": "kafka"}, message},
		{"send", client, attrs{"messaging.system": "aws_sqs", "rpc.system": "aws-api"}, message},
		{"process", inner, attrs{"messaging.system": "kafka"}, other},
		{"search", client, attrs{"db.system": "elasticsearch", "db.operation": "search", "http.request.method": "POST"}, query},
		{"work", inner, attrs{}, other},
		{"query", client, attrs{"jdbc.datasource.name": "d", "jdbc.query[0]": "select 1"}, query},
		{"mysql", client, attrs{"sql.query": "select 1"}, query},
		{"redis", client, attrs{"db.type": "redis", "redis.command": "GET"}, query},
		{"mysql.query", client, attrs{"db.type": "mysql", "dd.span.Resource": "select a from t where id = 42"}, query},
		{"mysql.connect", client, attrs{"db.type": "mysql", "dd.span.Resource": "mysql.connect"}, acquire},
		{"http get", client, attrs{"method": "GET", "outcome": "SUCCESS"}, httpCall},
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

func TestReader_Read_ValuesOfAnyType(t *testing.T) {
	t.Parallel()
	read := func(kind ptrace.SpanKind, attributes map[string]any) span {
		s := ptrace.NewSpan()
		s.SetKind(kind)
		s.SetParentSpanID(pcommon.SpanID{1})
		require.NoError(t, s.Attributes().FromRaw(attributes))
		return New(config()).reader.read(s, process{})
	}
	for _, count := range []any{int64(3), 3.0, "3", " 3 ", []any{3}} {
		s := read(ptrace.SpanKindProducer, map[string]any{"messaging.system": "kafka", "messaging.batch.message_count": count})
		require.Equal(t, message, s.category)
		require.Equal(t, 3, s.details.messages, count)
	}
	for _, count := range []any{int64(-1), 0.5, 1e300, math.NaN(), math.Inf(1), "", "many", "NaN", int64(math.MaxInt64), true} {
		s := read(ptrace.SpanKindProducer, map[string]any{"messaging.system": "kafka", "messaging.batch.message_count": count})
		require.Nil(t, s.details, count)
	}
	for _, attributes := range []map[string]any{
		{"db.system": "mongodb", "db.statement": map[string]any{"find": "users"}},
		{"db.system": "mongodb", "db.operation": []any{"find"}},
		{"db.system": []any{"mongodb"}, "db.operation": "find"},
		{"db.system": "mongodb", "db.query.summary": []any{"find"}},
	} {
		s := read(ptrace.SpanKindClient, attributes)
		require.Equal(t, query, s.category, attributes)
		require.Equal(t, "find", s.statement.Value(), attributes)
	}
}

func TestReader_Read_WhyASpanFailed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name       string
		code       ptrace.StatusCode
		message    string
		attributes map[string]any
		want       request.Failure
	}{
		{"error.type", ptrace.StatusCodeError, "refused", map[string]any{"error.type": "*net.OpError"}, failure("", "refused", "*net.OpError")},
		{"database", ptrace.StatusCodeError, "no such table", map[string]any{"db.response.status_code": "42P01", "error.type": "_OTHER"}, failure("", "no such table", "42P01")},
		{"RPC", ptrace.StatusCodeError, "", map[string]any{"rpc.grpc.status_code": 14}, failure("", "", "UNAVAILABLE")},
		{"GraphQL", ptrace.StatusCodeError, "no", map[string]any{"graphql.field.path": "user"}, request.Failure{Exception: request.Exception{Message: "no"}, Answered: true}},
		{"Zipkin", ptrace.StatusCodeUnset, "", map[string]any{"error": "refused"}, failure("", "refused", "")},
		{"Zipkin, no failure", ptrace.StatusCodeUnset, "", map[string]any{"error": "false"}, request.Failure{}},
		{"OpenTracing", ptrace.StatusCodeUnset, "", map[string]any{"error": true, "error.kind": "E", "error.object": "bad"}, failure("E", "bad", "")},
		{"Micrometer", ptrace.StatusCodeError, "", map[string]any{"outcome": "SERVER_ERROR", "exception": "IOException"}, failure("", "", "IOException")},
		{"exception in attributes", ptrace.StatusCodeUnset, "", map[string]any{"exception.type": "E", "exception.message": "bad"}, failure("E", "bad", "")},
		{"Datadog", ptrace.StatusCodeError, "", map[string]any{"error.type": "E", "error.msg": "bad"}, failure("", "bad", "E")},
		{"HTTP", ptrace.StatusCodeError, "", map[string]any{"http.method": "GET", "http.status_code": "503"}, failure("", "", "503")},
		{"HTTP, another failure", ptrace.StatusCodeError, "broken", map[string]any{"http.method": "GET", "http.status_code": 200}, failure("", "broken", "")},
		{"no failure", ptrace.StatusCodeUnset, "fine", map[string]any{"error.type": "timeout", "rpc.grpc.status_code": 14}, request.Failure{}},
		{"nothing said", ptrace.StatusCodeError, "", map[string]any{"rpc.grpc.status_code": 0}, request.Failure{}},
	} {
		s := ptrace.NewSpan()
		s.SetKind(ptrace.SpanKindClient)
		if tt.want.Answered {
			s.SetKind(ptrace.SpanKindInternal)
		}
		s.SetParentSpanID(pcommon.SpanID{1})
		s.Status().SetCode(tt.code)
		s.Status().SetMessage(tt.message)
		require.NoError(t, s.Attributes().FromRaw(tt.attributes))
		got := New(config()).reader.read(s, process{})
		if tt.want == (request.Failure{}) {
			require.Nil(t, got.details, tt.name)
			continue
		}
		require.Equal(t, tt.want, got.details.failure, tt.name)
	}
}

func failure(kind, message, code string) request.Failure {
	return request.Failure{Exception: request.Exception{Type: kind, Message: message}, Code: code}
}
