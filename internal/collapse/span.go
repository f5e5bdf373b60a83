package collapse

import (
	"cmp"
	"encoding/binary"
	"hash/fnv"
	"strings"
	"unique"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"canonicallineexporter/internal/convention"
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
	// databaseTime is time at a database that is neither a query nor a wait.
	databaseTime
	// otherCall is a call of no known kind.
	otherCall
)

// Properties of a span.
const (
	failed       uint16 = 1 << iota // its status is Error
	outgoing                        // it is a CLIENT or PRODUCER span
	internal                        // it is an INTERNAL span
	server                          // it is a SERVER span
	outsider                        // it belongs to no request, nor does what is below it
	folded                          // it is a SERVER span that belongs to its parent's request
	acknowledged                    // its export was acknowledged
	counted                         // it has been counted as attached
	excepted                        // it recorded an exception itself
	record                          // it stands for a log record about its parent
	mild                            // it is an exception that was handled
)

// identity tells the spans of a trace apart. An id alone does not: Zipkin gives a
// caller's CLIENT span and the callee's SERVER span the same one.
type identity struct {
	id pcommon.SpanID
	// entry is the side of SERVER and CONSUMER spans.
	entry bool
}

func (i identity) twin() identity { return identity{i.id, !i.entry} }

// span is what is kept of a span, whatever its attributes: less than a hundred bytes.
type span struct {
	identity
	category category
	flags    uint16
	parentID pcommon.SpanID
	start    pcommon.Timestamp
	end      pcommon.Timestamp
	process  process
	// statement tells repeated queries; interned, since a service runs the same few
	// over and over.
	statement unique.Handle[string]
	// details are what few spans carry, nil for the others.
	details *details

	// What follows are places in the trace, 0 for none. root is the SERVER span of the
	// request that the span belongs to, its own if it is one. next and previous are its
	// neighbours below the same parent, or among orphans that miss the same one.
	root, parent, child, next, previous int32
	// request is the place of a SERVER span's request.
	request int32
}

func (s *span) has(flag uint16) bool { return s.flags&flag != 0 }

// unfinished reports whether the span has begun and not ended. One without any times is
// taken as it is.
func (s *span) unfinished() bool { return s.end == 0 && s.start != 0 }

// details are what few spans carry.
type details struct {
	attributes []request.Attribute
	failure    request.Failure
	// explained says that there is a failure.
	explained bool
	// exceptions is how many events are one.
	exceptions int
	// messages is the size of a batch.
	messages int
}

// What a span hands on at most, so that none costs without bound: as many attributes, and
// as many bytes of each.
const (
	maxAttributes = 64
	maxText       = 16 << 10
)

// reader reads the spans of an export.
type reader struct {
	// prefix starts the attributes of the application, keys names the others that columns
	// read from INTERNAL spans, serverKeys those that they read from SERVER spans in addition.
	prefix           string
	keys, serverKeys map[string]struct{}
	// statements are shared by all who read.
	statements *statementCache
}

// read returns what is kept of s, which a process recorded. Nothing of it refers to the
// data of the export.
func (r *reader) read(s ptrace.Span, p process) span {
	kept := span{
		identity: identity{id: s.SpanID()}, parentID: s.ParentSpanID(),
		start: s.StartTimestamp(), end: s.EndTimestamp(), process: p,
	}
	if kept.id.IsEmpty() {
		kept.id = nameless(s)
	}
	if s.Status().Code() == ptrace.StatusCodeError {
		kept.flags |= failed
	}
	switch s.Kind() {
	case ptrace.SpanKindServer:
		kept.entry = true
		kept.flags |= server
	case ptrace.SpanKindConsumer:
		kept.entry = true
		kept.flags |= outsider
	case ptrace.SpanKindClient, ptrace.SpanKindProducer:
		kept.flags |= outgoing
	default:
		kept.flags |= internal
	}
	if kept.parentID.IsEmpty() && !kept.has(server) {
		kept.flags |= outsider
	}
	if !kept.has(outsider) && !kept.has(server) {
		r.describe(&kept, s)
	}
	return kept
}

// describe adds what the span does and what it hands on to its request. That of a SERVER
// span matters only if it is part of another request.
func (r *reader) describe(kept *span, s ptrace.Span) {
	var facts facts
	for key, v := range s.Attributes().All() {
		if facts.note(key, v) && !kept.has(server) {
			continue
		}
		if a, ok := convention.Of(key); ok && r.translates(a, s, v) {
			if key = a.Means; facts.note(key, v) && !kept.has(server) {
				continue
			}
		}
		if !r.handsOn(kept, key) {
			continue
		}
		if d := kept.detail(); len(d.attributes) < maxAttributes {
			d.attributes = append(d.attributes, request.Attribute{
				Key: key, Value: bounded(v), Internal: !kept.has(outgoing), Server: kept.has(server), Ended: kept.end,
			})
		}
	}
	if facts.failed {
		kept.flags |= failed
	}
	facts.readResource()
	r.explain(kept, s, &facts)
	if facts.holds(s.Name()) {
		kept.flags = kept.flags&^outgoing | internal
		return
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
}

// handsOn reports whether a descendant hands an attribute on to its request.
func (r *reader) handsOn(s *span, key string) bool {
	if strings.HasPrefix(key, r.prefix) {
		return true
	}
	if s.has(outgoing) {
		return false
	}
	_, ok := r.keys[key]
	if !ok && s.has(server) {
		_, ok = r.serverKeys[key]
	}
	return ok
}

// translates reports whether an attribute of another convention stands for OpenTelemetry's
// on the span. One that a column reads as it is does not.
func (r *reader) translates(a convention.Attribute, s ptrace.Span, v pcommon.Value) bool {
	if _, ok := r.keys[a.Name]; ok {
		return false
	}
	if a.With != "" {
		if _, ok := s.Attributes().Get(a.With); !ok {
			return false
		}
	}
	return a.Says(textOf(v))
}

// explain adds why the span failed: the exception that it recorded, and if its status is
// Error, what that and its attributes say.
func (r *reader) explain(kept *span, s ptrace.Span, facts *facts) {
	exception, found := request.LastException(s)
	if !found && facts.exception != (request.Exception{}) {
		exception, found = facts.exception, true
	}
	if !kept.has(outgoing) {
		// It answers, and its status is the request's.
		facts.httpStatus = ""
	}
	var message, code string
	if kept.has(failed) {
		message, code = cmp.Or(s.Status().Message(), facts.message), facts.code()
	}
	if !found && message == "" && code == "" {
		return
	}
	if found {
		kept.flags |= excepted
	}
	f := request.Explain(exception, message, code)
	f.Answered = facts.graphQL && kept.has(failed) && !kept.has(outgoing)
	for _, text := range []*string{&f.Type, &f.Message, &f.Code} {
		// What is kept must not refer to the export.
		*text = strings.Clone(sanitize.Truncate(*text, maxText))
	}
	kept.detail().failure, kept.detail().explained = f, true
	kept.detail().exceptions = request.CountExceptions(s)
}

// nameless returns an id for a span that has none, so that it is known when it comes again.
func nameless(s ptrace.Span) (id pcommon.SpanID) {
	h := fnv.New64a()
	parent := s.ParentSpanID()
	_, _ = h.Write(parent[:])
	_, _ = h.Write(binary.BigEndian.AppendUint64(nil, uint64(s.StartTimestamp())))
	_, _ = h.Write(binary.BigEndian.AppendUint64(nil, uint64(s.EndTimestamp())))
	_, _ = h.Write([]byte(s.Name()))
	binary.BigEndian.PutUint64(id[:], h.Sum64()|1)
	return id
}

// bounded copies a value of at most maxText bytes. A larger one becomes text that is cut.
func bounded(v pcommon.Value) pcommon.Value {
	out := pcommon.NewValueEmpty()
	switch v.Type() {
	case pcommon.ValueTypeStr:
		out.SetStr(sanitize.Truncate(v.Str(), maxText))
	case pcommon.ValueTypeBytes, pcommon.ValueTypeSlice, pcommon.ValueTypeMap:
		if text := v.AsString(); len(text) > maxText {
			out.SetStr(sanitize.Truncate(text, maxText))
			break
		}
		v.CopyTo(out)
	default:
		v.CopyTo(out)
	}
	return out
}

func (s *span) detail() *details {
	if s.details == nil {
		s.details = &details{}
	}
	return s.details
}
