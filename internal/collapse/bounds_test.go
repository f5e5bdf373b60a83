package collapse

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// send collapses an export of the spans and returns it, still to be released.
func send(c *Collapser, l *ledger, at time.Time, spans ...ptrace.Span) *Export {
	td := ptrace.NewTraces()
	all := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
	for _, s := range spans {
		s.CopyTo(all.AppendEmpty())
	}
	x := c.Resolve(td, at)
	l.add(x.Commit())
	return x
}

func newSpan(trace, id, parent byte, kind ptrace.SpanKind) ptrace.Span {
	s := ptrace.NewSpan()
	s.SetTraceID(pcommon.TraceID{15: trace})
	s.SetSpanID(pcommon.SpanID{7: id})
	s.SetParentSpanID(pcommon.SpanID{7: parent})
	s.SetKind(kind)
	s.SetStartTimestamp(1000)
	s.SetEndTimestamp(2000)
	return s
}

const (
	serverKind = ptrace.SpanKindServer
	clientKind = ptrace.SpanKindClient
	innerKind  = ptrace.SpanKindInternal
)

func TestTheOldestTraceGoesFirstAndItsLineSaysSo(t *testing.T) {
	t.Parallel()
	cfg := config()
	cfg.MaxPendingSpans = 5
	c := New(cfg)
	var l ledger
	for trace := byte(1); trace <= 3; trace++ {
		send(c, &l, arrival, newSpan(trace, 2, 1, clientKind), newSpan(trace, 3, 2, innerKind)).Release()
	}
	require.EqualValues(t, 4, c.Pending())
	require.Equal(t, 2, l.Evicted)
	for trace, want := range map[byte]int{1: 0, 2: 2, 3: 2} {
		x := send(c, &l, arrival, newSpan(trace, 1, 9, serverKind))
		cost := x.Requests[0].Descendants.Cost
		require.Equal(t, want, cost.Spans, trace)
		require.Equal(t, trace == 1, cost.Incomplete, trace)
		x.Release()
	}
	l.requireBalanced(t, c)
}

func TestATraceLargerThanTheBoundStaysWithinIt(t *testing.T) {
	t.Parallel()
	cfg := config()
	cfg.MaxPendingSpans = 10
	c := New(cfg)
	var l ledger
	for id := byte(2); id < 100; id++ {
		send(c, &l, arrival, newSpan(1, id, 1, clientKind)).Release()
		require.LessOrEqual(t, c.Pending(), int64(10))
	}
	x := send(c, &l, arrival, newSpan(1, 1, 0, serverKind))
	require.True(t, x.Requests[0].Descendants.Cost.Incomplete)
	x.Release()
	l.requireBalanced(t, c)
}

func TestSpansWaitNoLongerThanTheirTime(t *testing.T) {
	t.Parallel()
	c := New(config())
	var l ledger
	send(c, &l, arrival, newSpan(1, 2, 1, clientKind)).Release()
	send(c, &l, arrival.Add(40*time.Second), newSpan(2, 2, 1, clientKind)).Release()
	require.Zero(t, c.Sweep(arrival.Add(59*time.Second)))
	require.Equal(t, 1, c.Sweep(arrival.Add(61*time.Second)))
	l.evicted++
	x := send(c, &l, arrival.Add(62*time.Second), newSpan(1, 1, 0, serverKind), newSpan(2, 1, 0, serverKind))
	require.True(t, x.Requests[0].Descendants.Cost.Incomplete)
	require.False(t, x.Requests[1].Descendants.Cost.Incomplete)
	x.Release()
	l.requireBalanced(t, c)
}

func TestWhatComesTooLateDoesNotWait(t *testing.T) {
	t.Parallel()
	c := New(config())
	var l ledger
	send(c, &l, arrival, newSpan(1, 4, 3, clientKind)).Release()
	send(c, &l, arrival, newSpan(1, 1, 9, serverKind), newSpan(1, 2, 1, innerKind)).Release()
	require.EqualValues(t, 1, c.Pending())
	// 3 is below 2, which has gone with its request; 4 has waited for 3.
	send(c, &l, arrival, newSpan(1, 3, 2, clientKind), newSpan(1, 5, 3, clientKind)).Release()
	require.Zero(t, c.Pending())
	require.Equal(t, 3, l.Late)
	require.Equal(t, 1, l.Attached)
	l.requireBalanced(t, c)
}

func TestWhatBelongsToNoRequestDoesNotWait(t *testing.T) {
	t.Parallel()
	c := New(config())
	var l ledger
	send(c, &l, arrival, newSpan(1, 3, 2, clientKind), newSpan(2, 2, 1, clientKind)).Release()
	send(c, &l, arrival, newSpan(1, 1, 0, innerKind), newSpan(1, 2, 1, innerKind), newSpan(2, 1, 9, ptrace.SpanKindConsumer)).Release()
	send(c, &l, arrival, newSpan(1, 4, 2, clientKind)).Release()
	require.Zero(t, c.Pending())
	require.Equal(t, 6, l.Unrelated)
	l.requireBalanced(t, c)
}

func TestClientAndServerMayShareAnID(t *testing.T) {
	t.Parallel()
	c := New(config())
	var l ledger
	x := send(c, &l, arrival,
		newSpan(1, 1, 0, serverKind), newSpan(1, 2, 1, clientKind),
		newSpan(1, 2, 1, serverKind), newSpan(1, 3, 2, clientKind), newSpan(1, 4, 2, clientKind))
	require.Equal(t, 1, x.Requests[0].Descendants.Cost.Spans)
	require.Equal(t, 2, x.Requests[1].Descendants.Cost.Spans)
	x.Release()
	l.requireBalanced(t, c)
}

func TestASpanBorrowsNothingFromItsExport(t *testing.T) {
	t.Parallel()
	c := New(config())
	var l ledger
	td := ptrace.NewTraces()
	s := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	newSpan(1, 2, 1, innerKind).CopyTo(s)
	s.Attributes().PutEmptySlice("canonical.tags").AppendEmpty().SetStr("a")
	s.Attributes().PutStr("user.id", "u")
	s.Attributes().PutStr("elsewhere", "e")
	x := c.Resolve(td, arrival)
	l.add(x.Commit())
	x.Release()
	s.Attributes().Clear()

	x = send(c, &l, arrival, newSpan(1, 1, 0, serverKind))
	defer x.Release()
	got := x.Requests[0].Descendants.Attributes
	require.Len(t, got, 2)
	require.Equal(t, []any{"a"}, got[0].Value.Slice().AsRaw())
	require.Equal(t, "u", got[1].Value.Str())
}

func TestTheFailingPathEndsAtTheCause(t *testing.T) {
	t.Parallel()
	raise := func(s ptrace.Span, kind, text string, end int) ptrace.Span {
		s.SetEndTimestamp(pcommon.Timestamp(end))
		s.Status().SetCode(ptrace.StatusCodeError)
		e := s.Events().AppendEmpty()
		e.SetName("exception")
		e.Attributes().PutStr("exception.type", kind)
		e.Attributes().PutStr("exception.message", text)
		return s
	}
	c := New(config())
	var l ledger
	x := send(c, &l, arrival,
		newSpan(1, 1, 0, serverKind),
		raise(newSpan(1, 2, 1, clientKind), "Handled", "before", 1500),
		newSpan(1, 3, 1, innerKind), // does not say that it failed
		raise(newSpan(1, 4, 3, innerKind), "Outer", "failed", 1900),
		raise(newSpan(1, 5, 4, innerKind), "Outer", "failed", 1800),
		raise(newSpan(1, 6, 5, clientKind), "Inner", "cause", 1700))
	defer x.Release()
	// 3 ended after 2, which somebody handled.
	got := x.Requests[0].Descendants.Exceptions
	require.Len(t, got, 2)
	require.Equal(t, "Outer", got[0].Type)
	require.Equal(t, "Inner", got[1].Type)
}

func TestTenMillionOrphansTakeNoMoreRoomThanTheBound(t *testing.T) {
	t.Parallel()
	cfg := config()
	cfg.MaxPendingSpans = 10_000
	c := New(cfg)
	const workers = 2
	orphans := uint64(10_000_000)
	if testing.Short() {
		orphans = 100_000
	}
	var mu sync.Mutex
	var l ledger
	var group sync.WaitGroup
	for worker := range uint64(workers) {
		group.Go(func() {
			td := queryExport(exportSize)
			var own ledger
			for n := uint64(0); n < orphans/workers; n += exportSize {
				queries(td, worker<<32+n, exportSize, 3)
				x := c.Resolve(td, arrival)
				own.add(x.Commit())
				x.Release()
				if pending := c.Pending(); pending > int64(cfg.MaxPendingSpans+workers) {
					t.Errorf("%d spans are pending", pending)
					return
				}
			}
			mu.Lock()
			defer mu.Unlock()
			l.add(own.Outcomes)
		})
	}
	group.Wait()
	l.requireBalanced(t, c)
	require.GreaterOrEqual(t, l.Evicted, int(orphans)-cfg.MaxPendingSpans)
	slots := 0
	for i := range c.shards {
		slots += int(c.shards[i].pending.spans.used) + len(c.shards[i].bereft.recent) + len(c.shards[i].bereft.previous)
	}
	// As many spans as may wait, unevenly spread, and as much memory of twice as many.
	require.Less(t, slots, 6*cfg.MaxPendingSpans)
}
