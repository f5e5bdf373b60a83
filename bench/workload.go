package main

import (
	"encoding/binary"
	"encoding/hex"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"canonicallineexporter/internal/collapse"
	"canonicallineexporter/internal/copyrow"
)

// attributePrefix is the default of attribute_prefix.
const attributePrefix = "canonical"

// accounts is how many accounts make the requests.
const accounts = 2000

// exportSize is the number of spans that an SDK sends at a time.
const exportSize = 512

// workload describes requests as otelhttp sends them, each after its descendants. They
// end a microsecond apart.
type workload struct {
	lines, descendants int
	// requests is how many an export holds.
	requests int
	ended    time.Time
}

func newWorkload(lines, descendants int) workload {
	return workload{lines, descendants, max(1, exportSize/(1+descendants)), time.Now()}
}

// at returns when the n-th request ended, cut to the microseconds that Postgres stores.
func (w workload) at(n int) time.Time {
	return w.ended.Add(time.Duration(n) * time.Microsecond).Truncate(time.Microsecond)
}

// export is a whole export, to be numbered.
func (w workload) export() ptrace.Traces {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	resource := rs.Resource().Attributes()
	resource.PutStr("service.name", "api")
	resource.PutStr("service.version", "1.0.0")
	resource.PutStr("deployment.environment.name", "production")
	spans := rs.ScopeSpans().AppendEmpty().Spans()
	for range w.requests {
		for range w.descendants {
			query(spans.AppendEmpty())
		}
		request(spans.AppendEmpty())
	}
	return td
}

// number sets the ids and times of the export to those of the requests from first on.
// One export can be numbered again and again, since the exporter does not keep it.
func (w workload) number(td ptrace.Traces, first int) {
	spans := td.ResourceSpans().At(0).ScopeSpans().At(0).Spans()
	requests := min(w.requests, w.lines-first)
	for n := range requests {
		at := w.at(first + n)
		for i := range w.descendants {
			s := spans.At(n*(1+w.descendants) + i)
			identify(s, first+n, i+1)
			s.SetStartTimestamp(pcommon.NewTimestampFromTime(at.Add(-10 * time.Millisecond)))
			s.SetEndTimestamp(pcommon.NewTimestampFromTime(at.Add(-9 * time.Millisecond)))
		}
		s := spans.At(n*(1+w.descendants) + w.descendants)
		identify(s, first+n, 0)
		s.SetStartTimestamp(pcommon.NewTimestampFromTime(at.Add(-20 * time.Millisecond)))
		s.SetEndTimestamp(pcommon.NewTimestampFromTime(at))
	}
	index := 0
	spans.RemoveIf(func(ptrace.Span) bool {
		index++
		return index > requests*(1+w.descendants)
	})
}

// identify sets the ids of span i of request n; span 0 is the SERVER span, which also has that
// of the request and the account.
func identify(s ptrace.Span, n, i int) {
	// Multiplying by an odd number scatters the ids like random ones.
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
	if i == 0 {
		var account [16]byte
		binary.BigEndian.PutUint64(account[:], uint64(n%accounts)*scatter)
		s.Attributes().PutStr("http.request.header.x-request-id", hex.EncodeToString(trace[:]))
		s.Attributes().PutStr("canonical.account_id", hex.EncodeToString(account[:]))
	}
}

// request makes s a SERVER span with 20 attributes.
func request(s ptrace.Span) {
	s.SetKind(ptrace.SpanKindServer)
	s.SetName("GET /clusters/{cluster_id}/databases")
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

// query makes s a CLIENT span as otelpgx sends it.
func query(s ptrace.Span) {
	s.SetKind(ptrace.SpanKindClient)
	s.SetName("SELECT")
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

// batches returns the rows of a workload as the exporter makes them, in batches of size.
func (b *bench) batches(w workload, size int) (batches []copyrow.Batch) {
	collapser := collapse.New(collapse.Config{MaxPendingSpans: 1, DescendantPrefix: b.mapper.DescendantPrefix(), InternalKeys: b.mapper.DescendantKeys()})
	encoder := b.mapper.Encoder()
	finish := func() {
		batches = append(batches, encoder.Batch())
		encoder.Release()
		encoder = b.mapper.Encoder()
	}
	td := w.export()
	for first := 0; first < w.lines; first += w.requests {
		w.number(td, first)
		delivery := collapser.Enter(td, time.Now())
		for _, r := range delivery.Requests {
			encoder.Append(r)
			if encoder.Len() == size {
				finish()
			}
		}
		delivery.Release()
	}
	if encoder.Len() > 0 {
		finish()
	}
	return batches
}
