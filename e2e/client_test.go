package e2e

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"sync"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// client is a service under steady load. It sends an export until it is
// acknowledged, as an SDK does, and keeps its own record of what was.
type client struct {
	send func() send

	mu sync.Mutex
	// acknowledged are the span ids of requests that have to be in the table.
	acknowledged map[string]struct{}
	// excused are those of which a fault may have taken the line, by the fault:
	// lines of a dropped table, and lines that a CHECK refuses.
	excused map[string]string
	// skewed are requests that claim to come from the future, which may be stored
	// twice when they are delivered twice.
	skewed map[string]struct{}
	number uint64
}

// Shares of what is out of the ordinary, one in so many.
const (
	againShare  = 10
	poisonShare = 50
	skewedShare = 200
)

// poison is the status of lines that the CHECK of a fault refuses.
const poison = 418

func newClient(send func() send) *client {
	return &client{
		send: send, acknowledged: map[string]struct{}{}, excused: map[string]string{}, skewed: map[string]struct{}{},
	}
}

// run sends until ctx ends.
func (c *client) run(ctx context.Context, random *rand.Rand) {
	var former ptrace.Traces
	for ctx.Err() == nil {
		td, ids := c.export(random)
		if !c.deliver(ctx, td) {
			return
		}
		c.mu.Lock()
		for _, id := range ids {
			c.acknowledged[id] = struct{}{}
		}
		c.mu.Unlock()
		if random.IntN(againShare) == 0 {
			if former != (ptrace.Traces{}) && !c.deliver(ctx, former) {
				return
			}
			former = td
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(random.IntN(20)) * time.Millisecond):
		}
	}
}

// deliver sends until it is acknowledged, or ctx ends.
func (c *client) deliver(ctx context.Context, td ptrace.Traces) bool {
	for ctx.Err() == nil {
		attempt, cancel := context.WithTimeout(ctx, 10*time.Second)
		err := c.send()(attempt, td)
		cancel()
		if err == nil {
			return true
		}
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
	return false
}

// export is a few requests with a descendant each, and their span ids.
func (c *client) export(random *rand.Rand) (td ptrace.Traces, ids []string) {
	td = ptrace.NewTraces()
	spans := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
	c.mu.Lock()
	defer c.mu.Unlock()
	for range 1 + random.IntN(20) {
		c.number++
		var id pcommon.SpanID
		binary.BigEndian.PutUint64(id[:], c.number)
		query := spans.AppendEmpty()
		query.SetKind(ptrace.SpanKindClient)
		query.SetTraceID(pcommon.TraceID(append(id[:], id[:]...)))
		query.SetSpanID(pcommon.SpanID{0: 1, 1: id[1], 2: id[2], 3: id[3], 4: id[4], 5: id[5], 6: id[6], 7: id[7]})
		query.SetParentSpanID(id)
		query.Attributes().PutStr("db.query.text", "SELECT 1")
		server := spans.AppendEmpty()
		server.SetKind(ptrace.SpanKindServer)
		server.SetTraceID(query.TraceID())
		server.SetSpanID(id)
		server.SetName("GET /chaos")
		now := time.Now()
		server.Attributes().PutInt("http.response.status_code", 200)
		key := hex.EncodeToString(id[:])
		switch {
		case random.IntN(poisonShare) == 0:
			server.Attributes().PutInt("http.response.status_code", poison)
			c.excused[key] = "poison"
		case random.IntN(skewedShare) == 0:
			now = now.Add(240 * time.Hour)
			c.skewed[key] = struct{}{}
		}
		for _, s := range []ptrace.Span{query, server} {
			s.SetStartTimestamp(pcommon.NewTimestampFromTime(now.Add(-time.Millisecond)))
			s.SetEndTimestamp(pcommon.NewTimestampFromTime(now))
		}
		ids = append(ids, key)
	}
	return td, ids
}

// excuse notes that the lines are gone by a fault.
func (c *client) excuse(ids []string, fault string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range ids {
		c.excused[id] = fault
	}
}
