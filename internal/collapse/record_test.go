package collapse

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"canonicallineexporter/internal/request"
)

// newRecord returns an export of a log record that names a span of a trace.
func newRecord(trace, span byte, at time.Time, attributes map[string]any) plog.Logs {
	ld := plog.NewLogs()
	l := ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	l.SetTraceID(pcommon.TraceID{15: trace})
	l.SetSpanID(pcommon.SpanID{7: span})
	l.SetTimestamp(pcommon.NewTimestampFromTime(at))
	_ = l.Attributes().FromRaw(attributes)
	return ld
}

func enterLogs(c *Collapser, l *ledger, lines newest, ld plog.Logs, at time.Time) (passed int) {
	d, passed := c.EnterLogs(ld, at)
	lines.take(d)
	l.add(d.Acknowledge())
	d.Release()
	return passed
}

func TestCollapser_Logs_OnlyWhatNamesARequestMatters(t *testing.T) {
	t.Parallel()
	c := New(config())
	var ledger ledger
	lines := newest{}
	lines.take(send(c, &ledger, arrival, newSpan(1, 1, 0, ptrace.SpanKindServer)))
	for name, tt := range map[string]struct {
		change func(plog.LogRecord)
		passed int
	}{
		"exception": {func(plog.LogRecord) {}, 0},
		"by name": {func(l plog.LogRecord) {
			l.Attributes().Clear()
			l.SetEventName("exception")
			l.Body().SetStr("no luck")
		}, 0},
		"values": {func(l plog.LogRecord) {
			l.Attributes().Clear()
			l.Attributes().PutStr("canonical.auth_type", "bearer")
		}, 0},
		"log":      {func(l plog.LogRecord) { l.Attributes().Clear() }, 1},
		"no trace": {func(l plog.LogRecord) { l.SetTraceID(pcommon.TraceID{}) }, 1},
		"no span":  {func(l plog.LogRecord) { l.SetSpanID(pcommon.SpanID{}) }, 1},
	} {
		ld := newRecord(1, 1, arrival, map[string]any{"exception.type": name, "user.id": "nobody", "http.route": "/none"})
		tt.change(ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0))
		require.Equal(t, tt.passed, enterLogs(c, &ledger, lines, ld, arrival), name)
	}
	got := lines[spanIdentity{pcommon.TraceID{15: 1}, pcommon.SpanID{7: 1}}].Descendants
	require.Zero(t, got.Cost.Spans)
	require.Equal(t, 2, got.Recorded.Count)
	require.Len(t, got.Attributes, 1, "a log hands on nothing but the application's values")
	require.Equal(t, "canonical.auth_type", got.Attributes[0].Key)
	ledger.requireBalanced(t, c)
}

func TestCollapser_Logs_TheLastExceptionOfASpanCounts_UnlessItHasAnEvent(t *testing.T) {
	t.Parallel()
	c := New(config())
	var ledger ledger
	lines := newest{}
	call, own := newSpan(1, 2, 1, ptrace.SpanKindClient), newSpan(1, 3, 1, ptrace.SpanKindInternal)
	call.Status().SetCode(ptrace.StatusCodeError)
	call.Status().SetMessage("connection refused")
	event := own.Events().AppendEmpty()
	event.SetName("exception")
	event.Attributes().PutStr("exception.type", "Event")
	own.SetEndTimestamp(own.EndTimestamp() - 1)
	for i, kind := range []string{"Second", "First"} {
		at := arrival.Add(-time.Duration(i) * time.Second)
		enterLogs(c, &ledger, lines, newRecord(1, 2, at, map[string]any{"exception.type": kind}), arrival)
		enterLogs(c, &ledger, lines, newRecord(1, 3, at, map[string]any{"exception.type": kind, "exception.message": "other"}), arrival)
	}
	lines.take(send(c, &ledger, arrival, newSpan(1, 1, 0, ptrace.SpanKindServer), call, own))
	key := spanIdentity{pcommon.TraceID{15: 1}, pcommon.SpanID{7: 1}}
	require.Equal(t, []request.Failure{{Exception: request.Exception{Type: "Second", Message: "connection refused"}}}, lines[key].Descendants.Failures)
	call.SetEndTimestamp(1)
	require.Equal(t, 2, lines[key].Descendants.Cost.Spans)
	require.Equal(t, 1, lines[key].Descendants.Cost.SpanErrors)
	ledger.requireBalanced(t, c)
}

func TestCollapser_Logs_BeyondTheWindow_MarkTheLine(t *testing.T) {
	t.Parallel()
	c := New(config())
	var ledger ledger
	send(c, &ledger, arrival, newSpan(1, 1, 0, ptrace.SpanKindServer))
	at := arrival.Add(time.Minute)
	d := c.Sweep(at)
	ledger.add(d.Acknowledge())
	d.Release()
	d, _ = c.EnterLogs(newRecord(1, 1, arrival, map[string]any{"exception.type": "Late"}), at)
	require.Empty(t, d.Requests)
	require.Len(t, d.Marks, 1)
	ledger.add(d.Acknowledge())
	d.Release()
	require.Equal(t, 1, ledger.Late)
	ledger.requireBalanced(t, c)
}

// However exports of spans and of log records come, some of them refused and some of them
// twice, the newest line of every request is the one of all spans followed by all records.
func TestCollapser_Logs_AnyInterleavingMakesTheSameLines(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			requireSameLines(t, rand.New(rand.NewPCG(seed, 1)))
		})
	}
}

func requireSameLines(t *testing.T, random *rand.Rand) {
	t.Helper()
	exports := forest(random)
	var spans []ptrace.Span
	for _, td := range exports {
		for _, rs := range td.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, s := range ss.Spans().All() {
					spans = append(spans, s)
				}
			}
		}
	}
	var logs []plog.Logs
	for n := range min(len(spans), random.IntN(20)) {
		of := spans[random.IntN(len(spans))]
		ld := newRecord(0, 0, arrival.Add(time.Duration(n)), map[string]any{})
		l := ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0)
		l.SetTraceID(of.TraceID())
		l.SetSpanID(of.SpanID())
		if random.IntN(3) > 0 {
			l.Attributes().PutStr("exception.type", fmt.Sprint("Type", random.IntN(3)))
			l.SetSeverityNumber(plog.SeverityNumber(random.IntN(24)))
		}
		if random.IntN(3) == 0 {
			l.Attributes().PutInt("canonical.statistics.rows", random.Int64N(10))
		}
		logs = append(logs, ld)
	}

	run := func(order []int) newest {
		c := New(config())
		var ledger ledger
		lines := newest{}
		for i, n := range order {
			for refusals := random.IntN(2); ; refusals-- {
				var d *Delivery
				if n < len(exports) {
					d = c.Enter(exports[n], arrival.Add(time.Duration(i)))
				} else {
					d, _ = c.EnterLogs(logs[n-len(exports)], arrival.Add(time.Duration(i)))
				}
				if refusals == 0 {
					lines.take(d)
					ledger.add(d.Acknowledge())
					d.Release()
					break
				}
				d.Release()
			}
		}
		for _, after := range []time.Duration{2 * parentWait, time.Hour, 2 * time.Hour} {
			d := c.Sweep(arrival.Add(after))
			if after == 2*parentWait {
				lines.take(d)
			}
			ledger.add(d.Acknowledge())
			d.Release()
			ledger.requireBalanced(t, c)
		}
		return lines
	}
	var inOrder []int
	for n := range len(exports) + len(logs) {
		inOrder = append(inOrder, n)
	}
	shuffled := slices.Concat(inOrder, inOrder[:len(inOrder)/3])
	random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	want, got := run(inOrder), run(shuffled)
	m := &model{reader: New(config()).reader}
	for _, td := range exports {
		m.add(td)
	}
	certain := m.certain(m.costs())
	for key := range certain {
		require.Equal(t, said(want[key]), said(got[key]))
	}
}

// said is what log records can say of a request.
func said(r request.Request) any {
	var attributes []string
	for _, a := range r.Descendants.Attributes {
		attributes = append(attributes, fmt.Sprint(a.Key, a.Value.AsString(), a.Ended))
	}
	return fmt.Sprintf("%+v %+v %+v %v", r.Descendants.Cost, r.Descendants.Failures, r.Descendants.Recorded, attributes)
}
