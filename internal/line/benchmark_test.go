package line

import (
	"testing"
	"time"
)

// BenchmarkAppend makes the row of a request of 20 attributes whose descendants
// were a query, a wait for a connection and two calls.
func BenchmarkAppend(b *testing.B) {
	request := newRequest(b, attrs{
		"http.request.method": "GET", "url.path": "/clusters/82197fd8/databases", "url.scheme": "https", "url.query": "limit=10&token=abc",
		"http.route": "/clusters/{cluster_id}/databases", "http.response.status_code": 200, "client.address": "203.0.113.9",
		"network.peer.address": "10.0.0.1", "network.peer.port": 4711, "network.protocol.version": "1.1",
		"server.address": "api.example.com", "server.port": 443, "user_agent.original": "curl/8.9.1",
		"http.request.header.x-request-id": []any{"4f6b9d1e-1111-4222-8333-444455556666"},
		"http.request.header.content-type": []any{"application/json"},
		"http.request.body.size":           12, "http.response.body.size": 4711,
		"canonical.account_id": "c667b5d4-064a-1e5f-39f8-736c05428488", "canonical.account_email": "user1@example.com",
		"canonical.auth_type": "bearer",
	})
	request.Resource.Attributes().PutStr("service.name", "api")
	request.Resource.Attributes().PutStr("service.version", "1.0.0")
	request.Resource.Attributes().PutStr("deployment.environment.name", "production")
	request.Descendants.Cost = Cost{
		Spans: 4, Queries: Calls{Count: 1, Duration: time.Millisecond}, Acquires: Calls{Count: 1, Duration: time.Microsecond},
		HTTP: Calls{Count: 2, Duration: 20 * time.Millisecond}, Self: 3 * time.Millisecond,
	}
	encoder := NewMapper(config).Encoder()
	encoder.Append(request)
	b.ReportMetric(float64(len(encoder.Rows())), "bytes/line")
	b.ReportAllocs()
	for b.Loop() {
		encoder.rows = encoder.rows[:0]
		encoder.Append(request)
	}
}
