package collapse

import (
	"strings"
	"unique"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"canonicallineexporter/internal/request"
	"canonicallineexporter/internal/sanitize"
)

// category is what a span does, as far as statistics count it.
type category uint8

const (
	other category = iota
	query
	acquire
	httpCall
	rpcCall
	message
)

// Properties of a span.
const (
	failed   uint8 = 1 << iota // its status is Error
	outgoing                   // it is a CLIENT or PRODUCER span
	internal                   // it is an INTERNAL span
)

// span is what is kept of a descendant while it waits for its SERVER span: 56
// bytes, whatever its attributes.
type span struct {
	id, parent pcommon.SpanID
	start, end pcommon.Timestamp
	// statement tells repeated queries; interned, since a service runs the same
	// few over and over.
	statement unique.Handle[string]
	// details are what few spans carry, nil for the others.
	details *details
	// sibling is the next span with the same parent, 0 after the last.
	sibling  int32
	category category
	flags    uint8
}

func (s *span) has(flag uint8) bool { return s.flags&flag != 0 }

// duration is in nanoseconds; 0 when the times are reversed or missing.
func (s *span) duration() pcommon.Timestamp {
	if s.start == 0 || s.end < s.start {
		return 0
	}
	return s.end - s.start
}

// details are what few spans carry.
type details struct {
	attributes []request.Attribute
	exception  request.Exception
	// excepted says that there is an exception.
	excepted bool
	// messages is the size of a batch.
	messages int
}

// What a waiting span keeps at most, so that none costs without bound: as many
// attributes, and as many bytes of each text.
const (
	maxAttributes = 64
	maxText       = 16 << 10
)

// own copies what refers to the export's data.
func (d *details) own() {
	if d == nil {
		return
	}
	if len(d.attributes) > maxAttributes {
		d.attributes = d.attributes[:maxAttributes:maxAttributes]
	}
	for i, a := range d.attributes {
		v := pcommon.NewValueEmpty()
		if s := a.Value; s.Type() == pcommon.ValueTypeStr {
			v.SetStr(sanitize.Truncate(s.Str(), maxText))
		} else {
			s.CopyTo(v)
		}
		d.attributes[i].Value = v
	}
	d.exception.Type = sanitize.Truncate(d.exception.Type, maxText)
	d.exception.Message = sanitize.Truncate(d.exception.Message, maxText)
}

// reader reads the spans of an export.
type reader struct {
	// prefix starts the attributes of the application, keys names the others that columns
	// read from INTERNAL spans.
	prefix string
	keys   map[string]struct{}
	// statements are shared by all who read.
	statements *statementCache
}

// read is what is kept of s, a span that is no SERVER span.
func (r *reader) read(s ptrace.Span) span {
	kept := span{id: s.SpanID(), parent: s.ParentSpanID(), start: s.StartTimestamp(), end: s.EndTimestamp()}
	switch s.Kind() {
	case ptrace.SpanKindClient, ptrace.SpanKindProducer:
		kept.flags |= outgoing
	case ptrace.SpanKindInternal, ptrace.SpanKindUnspecified:
		kept.flags |= internal
	default:
	}
	if s.Status().Code() == ptrace.StatusCodeError {
		kept.flags |= failed
	}
	var facts facts
	for key, v := range s.Attributes().All() {
		if facts.note(key, v) {
			continue
		}
		if !strings.HasPrefix(key, r.prefix) {
			if kept.flags&internal == 0 {
				continue
			}
			if _, ok := r.keys[key]; !ok {
				continue
			}
		}
		kept.detail().attributes = append(kept.detail().attributes, request.Attribute{
			Key: key, Value: v, Internal: kept.has(internal), Ended: kept.end,
		})
	}
	if s.Events().Len() > 0 {
		if e, ok := request.LastException(s); ok {
			kept.detail().exception, kept.detail().excepted = e, true
		}
	}
	kept.category = facts.category(s.Kind(), s.Name())
	switch kept.category {
	case query:
		kept.statement = r.statements.of(&facts)
	case message:
		if facts.messages > 1 {
			kept.detail().messages = int(facts.messages)
		}
	default:
	}
	return kept
}

func (s *span) detail() *details {
	if s.details == nil {
		s.details = &details{}
	}
	return s.details
}
