package collapse

import (
	"flag"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// send delivers an export of the spans and returns it, still to be released.
func send(c *Collapser, l *ledger, at time.Time, spans ...ptrace.Span) *Delivery {
	x := c.Enter(export(spans...), at)
	l.add(x.Acknowledge())
	return x
}

// export is an export of spans of one process.
func export(spans ...ptrace.Span) ptrace.Traces {
	td := ptrace.NewTraces()
	all := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
	for _, s := range spans {
		s.CopyTo(all.AppendEmpty())
	}
	return td
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

var long = flag.Bool("long", false, "run the long forms of tests")

const (
	serverKind = ptrace.SpanKindServer
	clientKind = ptrace.SpanKindClient
	innerKind  = ptrace.SpanKindInternal
)

func TestCollapser_Bound_EvictsTheOldestTraceAndItsLineSaysSo(t *testing.T) {
	t.Parallel()
	cfg := config()
	cfg.MaxPendingSpans = 5
	c := New(cfg)
	var l ledger
	for trace := byte(1); trace <= 3; trace++ {
		send(c, &l, arrival.Add(time.Duration(trace)*time.Second), newSpan(trace, 2, 1, clientKind), newSpan(trace, 3, 2, innerKind)).Release()
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

func TestCollapser_Bound_HoldsForOneTrace(t *testing.T) {
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

func TestCollapser_PendingTTL(t *testing.T) {
	t.Parallel()
	c := New(config())
	var l ledger
	sweep := func(after time.Duration) {
		d := c.Sweep(arrival.Add(after))
		l.add(d.Acknowledge())
		d.Release()
	}
	send(c, &l, arrival, newSpan(1, 2, 1, clientKind)).Release()
	send(c, &l, arrival, newSpan(2, 2, 1, clientKind)).Release()
	send(c, &l, arrival.Add(40*time.Second), newSpan(2, 3, 1, clientKind)).Release()
	sweep(59 * time.Second)
	require.Zero(t, l.Expired)
	sweep(61 * time.Second)
	require.Equal(t, 1, l.Expired, "the other trace has had a span since")
	x := send(c, &l, arrival.Add(62*time.Second), newSpan(1, 1, 0, serverKind), newSpan(2, 1, 0, serverKind))
	require.True(t, x.Requests[0].Descendants.Cost.Incomplete)
	require.False(t, x.Requests[1].Descendants.Cost.Incomplete)
	x.Release()
	l.requireBalanced(t, c)
}

func TestCollapser_AmendWindow(t *testing.T) {
	t.Parallel()
	c := New(config())
	var l ledger
	x := send(c, &l, arrival, newSpan(1, 1, 9, serverKind))
	require.Zero(t, x.Requests[0].Descendants.Cost.Spans)
	require.Zero(t, x.Requests[0].Version)
	name := x.Requests[0].Span.Name()
	x.Release()

	x = send(c, &l, arrival.Add(29*time.Second), newSpan(1, 2, 1, clientKind))
	require.Equal(t, 1, x.Requests[0].Descendants.Cost.Spans)
	require.NotZero(t, x.Requests[0].Version)
	require.Equal(t, name, x.Requests[0].Span.Name())
	require.Equal(t, arrival, x.Requests[0].Arrival, "the line stays where it is")
	x.Release()
	x = send(c, &l, arrival.Add(58*time.Second), newSpan(1, 3, 2, clientKind), newSpan(1, 2, 1, clientKind))
	require.Equal(t, 2, x.Requests[0].Descendants.Cost.Spans, "the window starts again with a change")
	x.Release()
	x = send(c, &l, arrival.Add(58*time.Second), newSpan(1, 3, 2, clientKind))
	require.Empty(t, x.Requests, "nothing new")
	x.Release()
	require.Equal(t, 2, l.Amended)
	l.requireBalanced(t, c)
}

func TestCollapser_Refused_ComesAgainWithAllThatIsKnown(t *testing.T) {
	t.Parallel()
	c := New(config())
	var l ledger
	refused := func(spans ...ptrace.Span) { c.Enter(export(spans...), arrival).Release() }
	refused(newSpan(1, 1, 9, serverKind), newSpan(1, 2, 1, clientKind))
	send(c, &l, arrival, newSpan(1, 3, 1, clientKind)).Release()
	x := send(c, &l, arrival, newSpan(1, 1, 9, serverKind), newSpan(1, 2, 1, clientKind))
	defer x.Release()
	require.Empty(t, x.Requests, "the other export brought it")
	require.Equal(t, 2, l.Attached)
	require.Equal(t, 1, l.Servers)
	l.requireBalanced(t, c)
}

func TestCollapser_Late_MarksTheLine(t *testing.T) {
	t.Parallel()
	c := New(config())
	var l ledger
	send(c, &l, arrival, newSpan(1, 1, 9, serverKind), newSpan(1, 2, 1, clientKind)).Release()
	x := send(c, &l, arrival.Add(31*time.Second), newSpan(1, 3, 2, innerKind), newSpan(1, 4, 3, clientKind))
	require.Empty(t, x.Requests)
	require.Len(t, x.Marks, 1)
	require.Equal(t, pcommon.SpanID{7: 1}, x.Marks[0].SpanID)
	x.Release()
	require.Equal(t, 2, l.Late)
	x = send(c, &l, arrival.Add(32*time.Second), newSpan(1, 1, 9, serverKind), newSpan(1, 5, 4, clientKind))
	require.Empty(t, x.Requests, "it has its line")
	require.Empty(t, x.Marks, "it is marked already")
	x.Release()
	require.Equal(t, 1, l.Repeated)
	l.requireBalanced(t, c)
}

func TestCollapser_Adoption(t *testing.T) {
	t.Parallel()
	c := New(config())
	var l ledger
	// The span between them was filtered.
	send(c, &l, arrival, newSpan(1, 1, 9, serverKind), newSpan(1, 3, 2, clientKind)).Release()
	d := c.Sweep(arrival.Add(31 * time.Second))
	require.Len(t, d.Requests, 1)
	require.Equal(t, 1, d.Requests[0].Descendants.Cost.Spans)
	require.False(t, d.Requests[0].Descendants.Cost.Incomplete)
	l.add(d.Acknowledge())
	d.Release()
	l.requireBalanced(t, c)

	// One that can be either's is nobody's.
	send(c, &l, arrival, newSpan(2, 1, 9, serverKind), newSpan(2, 5, 1, clientKind), newSpan(2, 2, 5, serverKind),
		newSpan(2, 4, 3, clientKind)).Release()
	d = c.Sweep(arrival.Add(31 * time.Second))
	require.Len(t, d.Requests, 2)
	for _, r := range d.Requests {
		require.True(t, r.Descendants.Cost.Incomplete)
	}
	l.add(d.Acknowledge())
	d.Release()
	l.requireBalanced(t, c)
}

func TestCollapser_Unfinished_IsALineOnlyWhenItIsGivenUp(t *testing.T) {
	t.Parallel()
	c := New(config())
	var l ledger
	unfinished := newSpan(1, 1, 9, serverKind)
	unfinished.SetEndTimestamp(0)
	x := send(c, &l, arrival, unfinished, newSpan(1, 2, 1, clientKind))
	require.Empty(t, x.Requests)
	x.Release()
	x = send(c, &l, arrival.Add(time.Second), newSpan(1, 1, 9, serverKind))
	require.Len(t, x.Requests, 1)
	require.Equal(t, 1, x.Requests[0].Descendants.Cost.Spans)
	require.False(t, x.Requests[0].Descendants.Cost.Incomplete)
	x.Release()

	unfinished = newSpan(2, 1, 9, serverKind)
	unfinished.SetEndTimestamp(0)
	send(c, &l, arrival, unfinished).Release()
	d := c.Sweep(arrival.Add(2 * time.Minute))
	require.Len(t, d.Requests, 1)
	require.True(t, d.Requests[0].Descendants.Cost.Incomplete)
	l.add(d.Acknowledge())
	d.Release()
	require.Equal(t, 2, l.Servers-l.Repeated)
	l.requireBalanced(t, c)
}

func TestCollapser_Began_MarksWhatRanBefore(t *testing.T) {
	t.Parallel()
	cfg := config()
	cfg.Began = time.Unix(0, 1500)
	c := New(cfg)
	var l ledger
	x := send(c, &l, arrival, newSpan(1, 1, 9, serverKind))
	require.True(t, x.Requests[0].Descendants.Cost.Incomplete)
	x.Release()
	later := newSpan(2, 1, 9, serverKind)
	later.SetStartTimestamp(1600)
	x = send(c, &l, arrival, later)
	require.False(t, x.Requests[0].Descendants.Cost.Incomplete)
	x.Release()
}

func TestCollapser_LocalParent(t *testing.T) {
	t.Parallel()
	c := New(config())
	var l ledger
	inner := newSpan(1, 2, 1, serverKind)
	inner.SetFlags(0x100)
	x := send(c, &l, arrival, inner, newSpan(1, 3, 2, clientKind))
	require.Empty(t, x.Requests, "it waits for the parent that it claims")
	x.Release()
	x = send(c, &l, arrival.Add(time.Second), newSpan(1, 1, 9, serverKind))
	require.Len(t, x.Requests, 1)
	require.Equal(t, 2, x.Requests[0].Descendants.Cost.Spans)
	x.Release()

	inner = newSpan(2, 2, 1, serverKind)
	inner.SetFlags(0x100)
	send(c, &l, arrival, inner).Release()
	d := c.Sweep(arrival.Add(4 * time.Second))
	require.Len(t, d.Requests, 1, "none came")
	l.add(d.Acknowledge())
	d.Release()
	l.requireBalanced(t, c)
}

func TestCollapser_LocalParent_GetsWhatTheInnerServerTells(t *testing.T) {
	t.Parallel()
	cfg := config()
	cfg.ServerKeys = []string{"rpc.system", "rpc.method"}
	c := New(cfg)
	var l ledger
	inner, below := newSpan(1, 2, 1, serverKind), newSpan(1, 3, 2, innerKind)
	for _, s := range []ptrace.Span{inner, below} {
		s.Attributes().PutStr("rpc.system", "connect_rpc")
		s.Attributes().PutStr("rpc.method", "a.B/C")
		s.Attributes().PutStr("rpc.service", "a.B")
	}
	x := send(c, &l, arrival, newSpan(1, 1, 9, serverKind), inner, below)
	defer x.Release()
	require.Len(t, x.Requests, 1)
	var keys []string
	for _, a := range x.Requests[0].Descendants.Attributes {
		require.True(t, a.Server)
		keys = append(keys, a.Key)
	}
	require.Equal(t, []string{"rpc.system", "rpc.method"}, keys, "the INTERNAL span answers nobody")
}

func TestCollapser_QueriesInsideTimeAtADatabase_Count(t *testing.T) {
	t.Parallel()
	c := New(config())
	var l ledger
	transaction := newSpan(1, 2, 1, clientKind)
	transaction.SetName("transaction")
	transaction.Attributes().PutStr("db.system.name", "postgresql")
	spans := []ptrace.Span{newSpan(1, 1, 0, serverKind), transaction}
	for id := byte(3); id < 6; id++ {
		s := newSpan(1, id, 2, clientKind)
		s.Attributes().PutStr("db.query.text", "SELECT a FROM t")
		nested := newSpan(1, id+10, id, clientKind)
		nested.Attributes().PutStr("db.query.text", "SELECT a FROM t")
		spans = append(spans, s, nested)
	}
	x := send(c, &l, arrival, spans...)
	defer x.Release()
	cost := x.Requests[0].Descendants.Cost
	require.Equal(t, 3, cost.Queries.Count)
	require.Equal(t, 3, cost.MaxRepeat)
	once := transaction.EndTimestamp().AsTime().Sub(transaction.StartTimestamp().AsTime())
	require.Equal(t, once, cost.Queries.Duration, "once")
}

func TestCollapser_Unrelated_DoesNotWait(t *testing.T) {
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

func TestCollapser_SharedID(t *testing.T) {
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

func TestCollapser_BorrowsNothingFromTheExport(t *testing.T) {
	t.Parallel()
	c := New(config())
	var l ledger
	td := ptrace.NewTraces()
	s := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	newSpan(1, 2, 1, innerKind).CopyTo(s)
	s.Attributes().PutEmptySlice("canonical.tags").AppendEmpty().SetStr("a")
	s.Attributes().PutStr("user.id", "u")
	s.Attributes().PutStr("elsewhere", "e")
	x := c.Enter(td, arrival)
	l.add(x.Acknowledge())
	x.Release()
	s.Attributes().Clear()

	x = send(c, &l, arrival, newSpan(1, 1, 0, serverKind))
	defer x.Release()
	got := x.Requests[0].Descendants.Attributes
	require.Len(t, got, 2)
	require.Equal(t, []any{"a"}, got[0].Value.Slice().AsRaw())
	require.Equal(t, "u", got[1].Value.Str())
}

func TestCollapser_FailingPath_EndsAtTheCause(t *testing.T) {
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
	got := x.Requests[0].Descendants.Failures
	require.Len(t, got, 2)
	require.Equal(t, "Outer", got[0].Type)
	require.Equal(t, "Inner", got[1].Type)
}

func TestCollapser_Bound_HoldsForMillionsOfOrphans(t *testing.T) {
	t.Parallel()
	cfg := config()
	cfg.MaxPendingSpans = 10_000
	c := New(cfg)
	const workers = 2
	orphans := uint64(500_000)
	if *long {
		orphans = 10_000_000
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
				x := c.Enter(td, arrival)
				own.add(x.Acknowledge())
				x.Release()
				if pending := c.Pending(); pending > int64(cfg.MaxPendingSpans+workers*exportSize) {
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
	require.LessOrEqual(t, c.held.Load(), int64(cfg.MaxPendingSpans))
}
