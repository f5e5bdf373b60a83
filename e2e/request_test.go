package e2e

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// sentRequest is a request with up to four descendants.
type sentRequest struct {
	acknowledgement
	id  pcommon.SpanID
	now time.Time
}

// exports are a few requests. Their descendants travel before their SERVER spans, with
// them and after them.
func (c *client) exports(random *rand.Rand) []*export {
	before, with, after := newExport(), newExport(), newExport()
	// Nobody waits for the answer to this one, and no span needs those in it.
	abandoned := newExport()
	abandoned.abandoned = true
	if random.IntN(heldShare) == 0 {
		after.due = after.made.Add(time.Duration(random.IntN(3000)) * time.Millisecond)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for range 1 + random.IntN(20) {
		r := c.request(with, random)
		parents := []pcommon.SpanID{r.id}
		for n := range random.IntN(5) {
			e := []*export{before, with, after, abandoned}[random.IntN(4)]
			if random.IntN(recordShare) == 0 {
				e.addRecord(r, n, parents[random.IntN(len(parents))])
				if !e.abandoned {
					r.unanswered++
				}
				continue
			}
			id := e.addDescendant(r, byte(n+1), parents[random.IntN(len(parents))])
			if !e.abandoned {
				r.unanswered++
				parents = append(parents, id)
			}
		}
	}
	var exports []*export
	for _, e := range []*export{before, abandoned, with, after} {
		if e.td.SpanCount()+e.ld.LogRecordCount() > 0 {
			exports = append(exports, e)
		}
	}
	return exports
}

// request makes a request and adds its SERVER span to an export.
func (c *client) request(e *export, random *rand.Rand) *sentRequest {
	c.number++
	r := &sentRequest{acknowledgement: acknowledgement{made: e.made}, now: e.made}
	binary.BigEndian.PutUint64(r.id[:], c.number)
	status, odd := 200, oddity(0)
	ahead := time.Duration(c.ahead.Load())
	if random.IntN(skewedShare) == 0 {
		ahead = []time.Duration{240 * time.Hour, -400 * time.Hour}[random.IntN(2)]
	}
	refusable := int(c.refusable.Load())
	switch {
	case ahead > createAhead:
		odd = skewed
	case ahead < -retention:
		odd = expired
	case refusable > 0 && random.IntN(refusable) == 0:
		status, odd = []int{checkStatus, triggerStatus}[random.IntN(2)], refused
	case random.IntN(poisonShare) == 0:
		status, odd = poisonStatus, poisoned
	}
	r.now = r.now.Add(ahead)
	if odd != 0 {
		c.odd[hex.EncodeToString(r.id[:])] = odd
	}
	s := e.add(r, r.id)
	s.SetKind(ptrace.SpanKindServer)
	s.SetName("GET /chaos")
	s.Attributes().PutInt("http.response.status_code", int64(status))
	e.servers = append(e.servers, r)
	return r
}

func newExport() *export {
	e := &export{td: ptrace.NewTraces(), ld: plog.NewLogs(), made: time.Now()}
	e.ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty()
	e.td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty()
	return e
}

// addDescendant adds the nth descendant of a request and returns its id.
func (e *export) addDescendant(r *sentRequest, n byte, parent pcommon.SpanID) pcommon.SpanID {
	id := r.id
	id[0] = n
	s := e.add(r, id)
	s.SetKind(ptrace.SpanKindClient)
	s.SetParentSpanID(parent)
	s.Attributes().PutStr("db.query.text", "SELECT 1")
	e.descendants = append(e.descendants, r)
	return id
}

// addRecord adds the nth descendant of a request as a log record about a span.
func (e *export) addRecord(r *sentRequest, n int, of pcommon.SpanID) {
	l := e.ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().AppendEmpty()
	l.SetTraceID(pcommon.TraceID(append(r.id[:], r.id[:]...)))
	l.SetSpanID(of)
	l.SetTimestamp(pcommon.NewTimestampFromTime(r.now.Add(-time.Duration(n+1) * time.Microsecond)))
	l.Attributes().PutInt("canonical.statistics.recorded", 1)
	e.records = append(e.records, r)
}

func (e *export) add(r *sentRequest, id pcommon.SpanID) ptrace.Span {
	s := e.td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().AppendEmpty()
	s.SetTraceID(pcommon.TraceID(append(r.id[:], r.id[:]...)))
	s.SetSpanID(id)
	s.SetStartTimestamp(pcommon.NewTimestampFromTime(r.now.Add(-time.Millisecond)))
	s.SetEndTimestamp(pcommon.NewTimestampFromTime(r.now))
	return s
}
