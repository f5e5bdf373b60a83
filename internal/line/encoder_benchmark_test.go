package line

import (
	"testing"
	"time"

	"canonicallineexporter/internal/request"
)

// BenchmarkEncoder_Append encodes a request with 20 attributes whose descendants are a
// query, a wait for a connection and two calls.
func BenchmarkEncoder_Append(b *testing.B) {
	req := newRequest(b, attrs{
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
	req.Resource.Attributes().PutStr("service.name", "api")
	req.Resource.Attributes().PutStr("service.version", "1.0.0")
	req.Resource.Attributes().PutStr("deployment.environment.name", "production")
	req.Descendants.Cost = request.Cost{
		Spans: 4, Queries: request.Calls{Count: 1, Duration: time.Millisecond}, Acquires: request.Calls{Count: 1, Duration: time.Microsecond},
		HTTP: request.Calls{Count: 2, Duration: 20 * time.Millisecond}, Self: 3 * time.Millisecond,
	}
	encoder := NewMapper(config).Encoder()
	encoder.Append(req)
	b.ReportMetric(float64(len(encoder.rows)), "bytes/line")
	b.ReportAllocs()
	for b.Loop() {
		encoder.rows, encoder.ends = encoder.rows[:0], encoder.ends[:0]
		encoder.Append(req)
	}
}
