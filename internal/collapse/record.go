package collapse

import (
	"encoding/binary"
	"hash/fnv"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// EnterLogs takes in an export of log records, as Enter does with spans. A record matters if
// it is an exception or has attributes of the application, and names a span: it is kept like a
// span below that one, and adds nothing but what it says. passed is how many others there
// were; nothing of them is kept.
//
// OpenTelemetry moves exceptions from span events to log records
// (https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-logs/). Where a span has
// both, its event counts.
func (c *Collapser) EnterLogs(ld plog.Logs, arrival time.Time) (d *Delivery, passed int) {
	td, passed := c.reader.spansOf(ld)
	d = c.newDelivery(arrival)
	d.read(td, record)
	d.enterAll()
	return d, passed
}

// spansOf returns a span for each record that matters, below the span that it names, and counts
// the other records.
func (r *reader) spansOf(ld plog.Logs) (td ptrace.Traces, passed int) {
	td = ptrace.NewTraces()
	for _, resourceLogs := range ld.ResourceLogs().All() {
		spans := ptrace.SpanSlice{}
		begun := false
		for _, scopeLogs := range resourceLogs.ScopeLogs().All() {
			for _, l := range scopeLogs.LogRecords().All() {
				if !r.matters(l) {
					passed++
					continue
				}
				if !begun {
					begun = true
					resourceSpans := td.ResourceSpans().AppendEmpty()
					resourceLogs.Resource().CopyTo(resourceSpans.Resource())
					spans = resourceSpans.ScopeSpans().AppendEmpty().Spans()
				}
				r.readRecord(l, spans.AppendEmpty())
			}
		}
	}
	return td, passed
}

const (
	exceptionEvent   = "exception"
	exceptionType    = "exception.type"
	exceptionMessage = "exception.message"
)

// matters reports whether a record says something of a request.
func (r *reader) matters(l plog.LogRecord) bool {
	if l.TraceID().IsEmpty() || l.SpanID().IsEmpty() {
		return false
	}
	if isException(l) {
		return true
	}
	for key := range l.Attributes().All() {
		if strings.HasPrefix(key, r.prefix) {
			return true
		}
	}
	return false
}

func isException(l plog.LogRecord) bool {
	if l.EventName() == exceptionEvent {
		return true
	}
	_, typed := l.Attributes().Get(exceptionType)
	_, told := l.Attributes().Get(exceptionMessage)
	return typed || told
}

// readRecord makes a span of a record. Its id follows from what the record says, so that it
// is known when it comes again.
func (r *reader) readRecord(l plog.LogRecord, s ptrace.Span) {
	at := l.Timestamp()
	if at == 0 {
		at = l.ObservedTimestamp()
	}
	s.SetTraceID(l.TraceID())
	s.SetParentSpanID(l.SpanID())
	s.SetStartTimestamp(at)
	s.SetEndTimestamp(at)

	parent := l.SpanID()
	id := fnv.New64a()
	_, _ = id.Write(parent[:])
	_, _ = id.Write(binary.BigEndian.AppendUint64(nil, uint64(l.Timestamp())))
	_, _ = id.Write(binary.BigEndian.AppendUint64(nil, uint64(l.ObservedTimestamp())))
	for key, v := range l.Attributes().All() {
		if !strings.HasPrefix(key, r.prefix) {
			continue
		}
		v.CopyTo(s.Attributes().PutEmpty(key))
		_, _ = id.Write([]byte(key + "\x00" + v.AsString() + "\x00"))
	}
	if isException(l) {
		if handled(l) {
			s.SetFlags(handledFlag)
		}
		event := s.Events().AppendEmpty()
		event.SetName(exceptionEvent)
		for _, key := range [...]string{exceptionType, exceptionMessage} {
			if v, ok := l.Attributes().Get(key); ok {
				event.Attributes().PutStr(key, v.AsString())
			}
		}
		if event.Attributes().Len() == 0 && l.Body().Type() == pcommon.ValueTypeStr {
			event.Attributes().PutStr(exceptionMessage, l.Body().Str())
		}
		for key, v := range event.Attributes().All() {
			_, _ = id.Write([]byte(key + "\x00" + v.Str() + "\x00"))
		}
	}
	var spanID pcommon.SpanID
	binary.BigEndian.PutUint64(spanID[:], id.Sum64()|1)
	s.SetSpanID(spanID)
}

// handledFlag marks the span of an exception that was handled.
const handledFlag = 1

// handled reports whether a record is of an exception that was handled, which the conventions
// record with a severity below ERROR. It may say why a request failed, and not that it did.
func handled(l plog.LogRecord) bool {
	return l.SeverityNumber() != plog.SeverityNumberUnspecified && l.SeverityNumber() < plog.SeverityNumberError
}
