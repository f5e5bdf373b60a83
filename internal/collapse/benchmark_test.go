package collapse

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// queries fills an export with n spans as otelpgx sends them, of traces of so
// many spans each; number counts on.
func queries(td ptrace.Traces, number uint64, n, perTrace int) {
	spans := td.ResourceSpans().At(0).ScopeSpans().At(0).Spans()
	for i := range n {
		identify(spans.At(i), number+uint64(i), perTrace)
	}
}

func identify(s ptrace.Span, number uint64, perTrace int) {
	var trace pcommon.TraceID
	var id, parent pcommon.SpanID
	binary.BigEndian.PutUint64(trace[:], number/uint64(perTrace)+1)
	binary.BigEndian.PutUint64(id[:], number+1)
	binary.BigEndian.PutUint64(parent[:], number/uint64(perTrace)+1<<40)
	s.SetTraceID(trace)
	s.SetSpanID(id)
	s.SetParentSpanID(parent)
}

// queryExport is an export of n queries.
func queryExport(n int) ptrace.Traces {
	td := ptrace.NewTraces()
	spans := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
	for i := range n {
		s := spans.AppendEmpty()
		s.SetKind(ptrace.SpanKindClient)
		s.SetName("SELECT")
		s.SetStartTimestamp(pcommon.Timestamp(1000 + i))
		s.SetEndTimestamp(pcommon.Timestamp(2000 + i))
		a := s.Attributes()
		a.PutStr("db.system.name", "postgresql")
		a.PutStr("db.namespace", "app")
		a.PutStr("user.name", "app")
		a.PutStr("server.address", "10.0.0.1")
		a.PutInt("server.port", 5432)
		a.PutStr("db.operation.name", "SELECT")
		a.PutStr("db.query.text", fmt.Sprintf("SELECT id, name, plan_id FROM cluster_%d WHERE team_id = $1 ORDER BY name", i%20))
		a.PutInt("pgx.rows_affected", 1)
	}
	return td
}

const exportSize = 512

// BenchmarkPending adds a descendant to a million that wait already.
func BenchmarkPending(b *testing.B) {
	for _, perTrace := range []int{1, 20, 1_000_000} {
		b.Run(fmt.Sprintf("traces_of_%d", perTrace), func(b *testing.B) {
			b.ReportAllocs()
			const waiting = 1_000_000
			cfg := config()
			cfg.MaxPendingSpans = 1 << 30
			c := New(cfg)
			td := queryExport(exportSize)
			number := uint64(0)
			send := func() {
				queries(td, number, exportSize, perTrace)
				number += exportSize
				x := c.Enter(td, arrival)
				x.Acknowledge()
				x.Release()
			}
			before := heap()
			for c.Pending() < waiting {
				send()
			}
			bytes := float64(heap()-before) / float64(c.Pending())
			for done := 0; b.Loop(); done++ {
				if done%exportSize == 0 {
					send()
				}
			}
			b.ReportMetric(bytes, "bytes/span")
			runtime.KeepAlive(c)
		})
	}
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// BenchmarkShapes resolves 50,000 descendants, in one trace and in as many.
func BenchmarkShapes(b *testing.B) {
	const descendants = 50_000
	for _, traces := range []int{1, 50_000} {
		b.Run(fmt.Sprintf("%d_traces", traces), func(b *testing.B) {
			b.ReportAllocs()
			perTrace := descendants / traces
			td := queryExport(exportSize)
			servers := ptrace.NewTraces()
			spans := servers.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
			for i := range traces {
				s := spans.AppendEmpty()
				identify(s, uint64(i*perTrace), perTrace)
				s.SetSpanID(s.ParentSpanID())
				s.SetParentSpanID(pcommon.SpanID{})
				s.SetKind(ptrace.SpanKindServer)
				s.SetStartTimestamp(1)
				s.SetEndTimestamp(5000)
			}
			for b.Loop() {
				c := New(config())
				for number := 0; number < descendants; number += exportSize {
					queries(td, uint64(number), exportSize, perTrace)
					x := c.Enter(td, arrival)
					x.Acknowledge()
					x.Release()
				}
				x := c.Enter(servers, arrival)
				x.Acknowledge()
				x.Release()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/descendants, "ns/span")
		})
	}
}

// BenchmarkRequests takes in requests of five spans, 5,000 a second, each whole and in one
// export, while those of the window before are kept.
func BenchmarkRequests(b *testing.B) {
	b.ReportAllocs()
	const (
		perTrace = 5
		requests = exportSize / perTrace
		every    = time.Second * requests / 5_000
	)
	td := queryExport(requests * perTrace)
	spans := td.ResourceSpans().At(0).ScopeSpans().At(0).Spans()
	for i := perTrace - 1; i < spans.Len(); i += perTrace {
		s := spans.At(i)
		s.SetKind(ptrace.SpanKindServer)
		s.SetName("GET /clusters/{cluster_id}")
		s.Attributes().Clear()
		for a := range 20 {
			s.Attributes().PutStr(fmt.Sprintf("http.request.header.x-%d", a), "0123456789abcdef")
		}
	}
	cfg := config()
	c := New(cfg)
	now, number := arrival, uint64(0)
	send := func() {
		for i := range requests {
			for j := range perTrace {
				s := spans.At(i*perTrace + j)
				identify(s, number+uint64(j), perTrace)
				if j == perTrace-1 {
					s.SetSpanID(s.ParentSpanID())
					s.SetParentSpanID(pcommon.SpanID{})
				}
			}
			number += perTrace
		}
		x := c.Enter(td, now)
		if len(x.Requests) != requests {
			b.Fatal("not every request is offered")
		}
		x.Acknowledge()
		x.Release()
		now = now.Add(every)
		x = c.Sweep(now)
		x.Acknowledge()
		x.Release()
	}
	before := heap()
	for range 2 * cfg.AmendWindow / every {
		send()
	}
	bytes := float64(heap()-before) / float64(c.Amendable())
	for done := 0; b.Loop(); done++ {
		if done%requests == 0 {
			send()
		}
	}
	b.ReportMetric(bytes, "bytes/request")
	runtime.KeepAlive(c)
}
