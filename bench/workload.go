package main

import (
	"encoding/binary"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"canonicallineexporter/internal/line"
	"canonicallineexporter/internal/store"
)

// exportSize is how many spans an SDK sends at a time.
const exportSize = 512

// requests are exports of so many requests, as otelhttp sends them, each after
// its descendants; they end now, a microsecond apart.
func requests(lines, descendants int) (exports []ptrace.Traces) {
	ended := time.Now()
	perExport := max(1, exportSize/(1+descendants))
	for first := 0; first < lines; first += perExport {
		td := ptrace.NewTraces()
		rs := td.ResourceSpans().AppendEmpty()
		resource := rs.Resource().Attributes()
		resource.PutStr("service.name", "api")
		resource.PutStr("service.version", "1.0.0")
		resource.PutStr("deployment.environment.name", "production")
		spans := rs.ScopeSpans().AppendEmpty().Spans()
		spans.EnsureCapacity(perExport * (1 + descendants))
		for n := first; n < min(first+perExport, lines); n++ {
			at := ended.Add(time.Duration(n) * time.Microsecond)
			for i := range descendants {
				query(spans.AppendEmpty(), n, i, at)
			}
			request(spans.AppendEmpty(), n, at)
		}
		exports = append(exports, td)
	}
	return exports
}

// identify sets the ids of the i-th span of a request; the 0th is the SERVER
// span.
func identify(s ptrace.Span, n, i int) {
	// Multiplication by an odd number scatters the ids, as random ones are.
	const scatter = 0x9e3779b97f4a7c15
	var trace pcommon.TraceID
	var id, parent pcommon.SpanID
	binary.BigEndian.PutUint64(trace[:], uint64(n)*scatter)
	binary.BigEndian.PutUint64(trace[8:], uint64(n+1)*scatter)
	binary.BigEndian.PutUint64(parent[:], uint64(n+1)*scatter)
	id = parent
	if i > 0 {
		binary.BigEndian.PutUint64(id[:], uint64(n+1)*scatter+uint64(i))
		s.SetParentSpanID(parent)
	}
	s.SetTraceID(trace)
	s.SetSpanID(id)
}

// request is a SERVER span of 20 attributes.
func request(s ptrace.Span, n int, ended time.Time) {
	identify(s, n, 0)
	s.SetKind(ptrace.SpanKindServer)
	s.SetName("GET /clusters/{cluster_id}/databases")
	s.SetStartTimestamp(pcommon.NewTimestampFromTime(ended.Add(-20 * time.Millisecond)))
	s.SetEndTimestamp(pcommon.NewTimestampFromTime(ended))
	a := s.Attributes()
	a.EnsureCapacity(20)
	a.PutStr("http.request.method", "GET")
	a.PutStr("url.path", "/clusters/82197fd8-153d-c402-de49-4914479fef09/databases")
	a.PutStr("url.query", "limit=10&order=name")
	a.PutStr("url.scheme", "https")
	a.PutStr("http.route", "/clusters/{cluster_id}/databases")
	a.PutInt("http.response.status_code", 200)
	a.PutStr("client.address", "203.0.113.9")
	a.PutStr("network.peer.address", "10.0.0.1")
	a.PutInt("network.peer.port", 47110)
	a.PutStr("network.protocol.version", "1.1")
	a.PutStr("server.address", "api.example.com")
	a.PutInt("server.port", 443)
	a.PutStr("user_agent.original", "crunchy-cli/3.4.1")
	a.PutStr("http.request.header.x-request-id", "4f6b9d1e-1111-4222-8333-444455556666")
	a.PutInt("http.request.body.size", 12)
	a.PutInt("http.response.body.size", 4711)
	a.PutStr("canonical.account_id", "c667b5d4-064a-1e5f-39f8-736c05428488")
	a.PutStr("canonical.account_email", "user1@example.com")
	a.PutStr("canonical.auth_type", "bearer")
	a.PutStr("canonical.auth_internal_name", "laptop-1")
}

// query is a CLIENT span as otelpgx sends it.
func query(s ptrace.Span, n, i int, ended time.Time) {
	identify(s, n, i+1)
	s.SetKind(ptrace.SpanKindClient)
	s.SetName("SELECT")
	s.SetStartTimestamp(pcommon.NewTimestampFromTime(ended.Add(-10 * time.Millisecond)))
	s.SetEndTimestamp(pcommon.NewTimestampFromTime(ended.Add(-9 * time.Millisecond)))
	a := s.Attributes()
	a.EnsureCapacity(8)
	a.PutStr("db.system.name", "postgresql")
	a.PutStr("db.namespace", "app")
	a.PutStr("user.name", "app")
	a.PutStr("server.address", "10.0.0.2")
	a.PutInt("server.port", 5432)
	a.PutStr("db.operation.name", "SELECT")
	a.PutStr("db.query.text", "SELECT id, name, plan_id, team_id FROM databases WHERE cluster_id = $1 ORDER BY name")
	a.PutInt("pgx.rows_affected", 3)
}

// batches are the rows of exports without descendants, in batches.
func (b *bench) batches(exports []ptrace.Traces, size int) (batches []store.Batch) {
	encoder := b.mapper.Encoder()
	defer encoder.Release()
	batch := store.Batch{Layout: b.mapper.Layout()}
	for _, td := range exports {
		rs := td.ResourceSpans().At(0)
		for _, s := range rs.ScopeSpans().At(0).Spans().All() {
			batch.Rows, _ = encoder.Append(batch.Rows, line.Request{Resource: rs.Resource(), Span: s, Arrival: time.Now()})
			batch.Ends = append(batch.Ends, len(batch.Rows))
			if batch.Len() == size {
				batches = append(batches, batch)
				batch = store.Batch{Layout: batch.Layout}
			}
		}
	}
	if batch.Len() > 0 {
		batches = append(batches, batch)
	}
	return batches
}
