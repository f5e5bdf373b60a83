package collapse

import (
	"math"
	"unique"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"google.golang.org/protobuf/encoding/protowire"

	"canonicallineexporter/internal/request"
)

// A snapshot is what lines are made of: the SERVER span as OTLP's protobuf has it
// (https://github.com/open-telemetry/opentelemetry-proto), with the attributes that lines
// read and the exception that was recorded last. Requests of one resource share it.

// Numbers of fields in OTLP.
const (
	tracesResourceSpans = 1

	resourceSpansResource = 1
	resourceSpansScopes   = 2
	scopeSpansSpans       = 2
	resourceAttributes    = 1

	spanTraceID    = 1
	spanSpanID     = 2
	spanTraceState = 3
	spanParentID   = 4
	spanName       = 5
	spanKind       = 6
	spanStart      = 7
	spanEnd        = 8
	spanAttributes = 9
	spanEvents     = 11
	spanStatus     = 15
	spanFlags      = 16

	eventName       = 2
	eventAttributes = 3

	statusMessage = 2
	statusCode    = 3

	keyValueKey   = 1
	keyValueValue = 2

	valueString = 1
	valueBool   = 2
	valueInt    = 3
	valueDouble = 4
	valueArray  = 5
	valueKVList = 6
	valueBytes  = 7
	arrayValues = 1
)

// snapshotter takes snapshots. Those of one export share memory.
type snapshotter struct {
	// arena holds the snapshots, scratch nested messages whose length comes first.
	arena   []byte
	scratch [][]byte
	// keys are the keys of the last span by place, and whether lines read them: the spans
	// of a service have the same attributes in the same places.
	keys []readKey
	// resource is that of the last span, handle its snapshot.
	resource pcommon.Resource
	handle   unique.Handle[string]
}

type readKey struct {
	name string
	read bool
}

// maxReadKeys bounds the keys that are remembered.
const maxReadKeys = 64

// arenaSize is how much memory is allocated at once.
const arenaSize = 16 << 10

// reuse returns the snapshotter for another export.
func (s *snapshotter) reuse() snapshotter {
	return snapshotter{scratch: s.scratch, keys: s.keys}
}

// take returns the snapshots of a SERVER span and of its resource.
func (s *snapshotter) take(resource pcommon.Resource, span ptrace.Span, reads func(string) bool) (unique.Handle[string], []byte) {
	if s.resource != resource || s.handle == (unique.Handle[string]{}) {
		b := s.nested(0)
		for key, v := range resource.Attributes().All() {
			b = s.appendKeyValue(b, resourceAttributes, key, v, 1)
		}
		s.resource, s.handle = resource, unique.Make(string(b))
		s.scratch[0] = b
	}
	b := s.nested(0)
	id, spanID, parentID := span.TraceID(), span.SpanID(), span.ParentSpanID()
	b = appendBytes(b, spanTraceID, id[:])
	b = appendBytes(b, spanSpanID, spanID[:])
	if state := span.TraceState().AsRaw(); state != "" {
		b = appendString(b, spanTraceState, state)
	}
	if !parentID.IsEmpty() {
		b = appendBytes(b, spanParentID, parentID[:])
	}
	b = appendString(b, spanName, span.Name())
	b = appendVarint(b, spanKind, uint64(span.Kind()))
	b = protowire.AppendFixed64(protowire.AppendTag(b, spanStart, protowire.Fixed64Type), uint64(span.StartTimestamp()))
	b = protowire.AppendFixed64(protowire.AppendTag(b, spanEnd, protowire.Fixed64Type), uint64(span.EndTimestamp()))
	place := 0
	for key, v := range span.Attributes().All() {
		if s.reads(place, key, reads) {
			b = s.appendKeyValue(b, spanAttributes, key, v, 1)
		}
		place++
	}
	if e, ok := request.LastException(span); ok {
		event := appendString(s.nested(1), eventName, "exception")
		event = appendStringPair(event, eventAttributes, "exception.type", e.Type)
		event = appendStringPair(event, eventAttributes, "exception.message", e.Message)
		s.scratch[1] = event
		b = appendBytes(b, spanEvents, event)
	}
	if code, message := span.Status().Code(), span.Status().Message(); code != ptrace.StatusCodeUnset || message != "" {
		status := appendVarint(appendString(s.nested(1), statusMessage, message), statusCode, uint64(code))
		s.scratch[1] = status
		b = appendBytes(b, spanStatus, status)
	}
	if flags := span.Flags(); flags != 0 {
		b = protowire.AppendFixed32(protowire.AppendTag(b, spanFlags, protowire.Fixed32Type), flags)
	}
	s.scratch[0] = b
	return s.handle, s.keep(b)
}

// keep copies a snapshot into memory that lasts.
func (s *snapshotter) keep(b []byte) []byte {
	if cap(s.arena)-len(s.arena) < len(b) {
		s.arena = make([]byte, 0, max(len(b), min(arenaSize, 2*cap(s.arena))))
	}
	start := len(s.arena)
	s.arena = append(s.arena, b...)
	return s.arena[start:len(s.arena):len(s.arena)]
}

// reads reports whether lines read the attribute at this place of a span.
func (s *snapshotter) reads(place int, key string, reads func(string) bool) bool {
	if reads == nil {
		return true
	}
	if place < len(s.keys) && s.keys[place].name == key {
		return s.keys[place].read
	}
	k := readKey{key, reads(key)}
	switch {
	case place < len(s.keys):
		s.keys[place] = k
	case place < maxReadKeys:
		s.keys = append(s.keys, k)
	}
	return k.read
}

// nested returns empty memory for a message at this depth.
func (s *snapshotter) nested(depth int) []byte {
	for len(s.scratch) <= depth {
		s.scratch = append(s.scratch, nil)
	}
	return s.scratch[depth][:0]
}

// appendKeyValue appends an attribute as a field of its message.
func (s *snapshotter) appendKeyValue(b []byte, field protowire.Number, key string, v pcommon.Value, depth int) []byte {
	if v.Type() == pcommon.ValueTypeStr {
		// Most values are strings, whose length needs no second look.
		return appendStringPair(b, field, key, v.Str())
	}
	value := s.appendValue(s.nested(depth), v, depth+1)
	s.scratch[depth] = value
	size := protowire.SizeTag(keyValueKey) + protowire.SizeBytes(len(key)) +
		protowire.SizeTag(keyValueValue) + protowire.SizeBytes(len(value))
	b = protowire.AppendVarint(protowire.AppendTag(b, field, protowire.BytesType), uint64(size))
	b = appendString(b, keyValueKey, key)
	return appendBytes(b, keyValueValue, value)
}

func appendStringPair(b []byte, field protowire.Number, key, value string) []byte {
	inner := protowire.SizeTag(valueString) + protowire.SizeBytes(len(value))
	size := protowire.SizeTag(keyValueKey) + protowire.SizeBytes(len(key)) +
		protowire.SizeTag(keyValueValue) + protowire.SizeBytes(inner)
	b = protowire.AppendVarint(protowire.AppendTag(b, field, protowire.BytesType), uint64(size))
	b = appendString(b, keyValueKey, key)
	b = protowire.AppendVarint(protowire.AppendTag(b, keyValueValue, protowire.BytesType), uint64(inner))
	return appendString(b, valueString, value)
}

// appendValue appends an AnyValue.
func (s *snapshotter) appendValue(b []byte, v pcommon.Value, depth int) []byte {
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return appendString(b, valueString, v.Str())
	case pcommon.ValueTypeBool:
		return appendVarint(b, valueBool, protowire.EncodeBool(v.Bool()))
	case pcommon.ValueTypeInt:
		return appendVarint(b, valueInt, uint64(v.Int()))
	case pcommon.ValueTypeDouble:
		return protowire.AppendFixed64(protowire.AppendTag(b, valueDouble, protowire.Fixed64Type), math.Float64bits(v.Double()))
	case pcommon.ValueTypeBytes:
		return appendBytes(b, valueBytes, v.Bytes().AsRaw())
	case pcommon.ValueTypeSlice:
		list := s.nested(depth)
		for _, element := range v.Slice().All() {
			value := s.appendValue(s.nested(depth+1), element, depth+2)
			s.scratch[depth+1] = value
			list = appendBytes(list, arrayValues, value)
		}
		s.scratch[depth] = list
		return appendBytes(b, valueArray, list)
	case pcommon.ValueTypeMap:
		list := s.nested(depth)
		for key, element := range v.Map().All() {
			list = s.appendKeyValue(list, arrayValues, key, element, depth+1)
		}
		s.scratch[depth] = list
		return appendBytes(b, valueKVList, list)
	default:
		return b
	}
}

func appendBytes(b []byte, field protowire.Number, value []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), value)
}

func appendString(b []byte, field protowire.Number, value string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), value)
}

func appendVarint(b []byte, field protowire.Number, value uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), value)
}

// restore returns the SERVER span and the resource of snapshots.
func restore(resource string, span []byte) (pcommon.Resource, ptrace.Span) {
	scopes := appendBytes(nil, scopeSpansSpans, span)
	spans := appendBytes(appendString(nil, resourceSpansResource, resource), resourceSpansScopes, scopes)
	td, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(appendBytes(nil, tracesResourceSpans, spans))
	if err != nil {
		panic(err) // a snapshot is always valid
	}
	rs := td.ResourceSpans().At(0)
	return rs.Resource(), rs.ScopeSpans().At(0).Spans().At(0)
}
