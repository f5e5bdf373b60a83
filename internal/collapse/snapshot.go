package collapse

import (
	"hash/maphash"
	"math"
	"unique"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"google.golang.org/protobuf/encoding/protowire"

	"canonicallineexporter/internal/request"
)

// A snapshot is what lines are made of: what the SERVER span has beside its times and its
// ids, the attributes that lines read and the exception that was recorded last. Its keys are
// its shape, which requests of one kind share, as those of one process share its resource.
type snapshot struct {
	// values is the head of the span, and then for each key of the shape a field of OTLP's
	// AnyValue (https://github.com/open-telemetry/opentelemetry-proto), or emptyValue.
	values []byte
	// shape has the keys, each after its length. resource is OTLP's message.
	shape, resource unique.Handle[string]
}

// emptyValue stands for a value without content. No field begins with it.
const emptyValue = 0

// Numbers of fields in OTLP.
const (
	tracesResourceSpans = 1

	resourceSpansResource = 1
	resourceSpansScopes   = 2
	scopeSpansSpans       = 2
	resourceAttributes    = 1

	spanSpanID     = 2
	spanTraceState = 3
	spanName       = 5
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

// snapshotter takes snapshots.
type snapshotter struct {
	// scratch holds nested messages, whose length comes first.
	scratch [][]byte
	// shape is that of the last span, which the next one mostly has too; shapes finds the
	// others by a hash of their keys.
	shape  *shape
	shapes map[uint64]*shape
	// resource is that of the last span, handle its snapshot.
	resource pcommon.Resource
	handle   unique.Handle[string]
}

// shape is the keys of a span in their order.
type shape struct {
	keys   []readKey
	handle unique.Handle[string]
}

// readKey is a key, and whether lines read it.
type readKey struct {
	name string
	read bool
}

// maxShapes bounds the shapes that are remembered, maxShapeKeys the keys of each.
const (
	maxShapes    = 64
	maxShapeKeys = 64
)

var shapeSeed = maphash.MakeSeed()

// reuse returns the snapshotter for another export.
func (s *snapshotter) reuse() snapshotter {
	return snapshotter{scratch: s.scratch, shape: s.shape, shapes: s.shapes}
}

// take returns the snapshot of a SERVER span, whose values it appends to b.
func (s *snapshotter) take(b []byte, resource pcommon.Resource, span ptrace.Span, reads func(string) bool) snapshot {
	if s.resource != resource || s.handle == (unique.Handle[string]{}) {
		message := s.nested(0)
		for key, v := range resource.Attributes().All() {
			message = s.appendKeyValue(message, resourceAttributes, key, v, 1)
		}
		s.resource, s.handle = resource, unique.Make(string(message))
		s.scratch[0] = message
	}
	b = appendHead(b, span)
	head, known := len(b), false
	if s.shape != nil {
		b, known = s.appendValues(b, span.Attributes(), s.shape)
	}
	if !known {
		s.shape = s.shapeOf(span.Attributes(), reads)
		b, _ = s.appendValues(b[:head], span.Attributes(), s.shape)
	}
	return snapshot{b, s.shape.handle, s.handle}
}

// appendHead appends what a span has beside its attributes.
func appendHead(b []byte, span ptrace.Span) []byte {
	id := span.SpanID()
	b = append(b, id[:]...)
	b = protowire.AppendString(b, span.Name())
	b = protowire.AppendString(b, span.TraceState().AsRaw())
	b = protowire.AppendVarint(b, uint64(span.Flags()))
	b = protowire.AppendVarint(b, uint64(span.Status().Code()))
	b = protowire.AppendString(b, span.Status().Message())
	exception, ok := request.LastException(span)
	b = protowire.AppendVarint(b, protowire.EncodeBool(ok))
	if ok {
		b = protowire.AppendString(b, exception.Type)
		b = protowire.AppendString(b, exception.Message)
	}
	return b
}

// appendValues appends the values that lines read. It reports whether the span has the shape.
func (s *snapshotter) appendValues(b []byte, attributes pcommon.Map, shape *shape) ([]byte, bool) {
	place := 0
	for key, v := range attributes.All() {
		if place == len(shape.keys) || shape.keys[place].name != key {
			return b, false
		}
		if shape.keys[place].read {
			b = s.appendRead(b, v)
		}
		place++
	}
	return b, place == len(shape.keys)
}

func (s *snapshotter) appendRead(b []byte, v pcommon.Value) []byte {
	before := len(b)
	if b = s.appendValue(b, v, 0); len(b) == before {
		b = append(b, emptyValue)
	}
	return b
}

// shapeOf returns the shape of a span with these attributes.
func (s *snapshotter) shapeOf(attributes pcommon.Map, reads func(string) bool) *shape {
	var h maphash.Hash
	h.SetSeed(shapeSeed)
	for key := range attributes.All() {
		_, _ = h.WriteString(key)
		_ = h.WriteByte(0)
	}
	if known := s.shapes[h.Sum64()]; known != nil && known.has(attributes) {
		return known
	}
	made := &shape{}
	var keys []byte
	for key := range attributes.All() {
		k := readKey{key, reads == nil || reads(key)}
		made.keys = append(made.keys, k)
		if k.read {
			keys = protowire.AppendString(keys, key)
		}
	}
	made.handle = unique.Make(string(keys))
	if len(made.keys) <= maxShapeKeys {
		if s.shapes == nil || len(s.shapes) == maxShapes {
			s.shapes = map[uint64]*shape{}
		}
		s.shapes[h.Sum64()] = made
	}
	return made
}

func (s *shape) has(attributes pcommon.Map) bool {
	place := 0
	for key := range attributes.All() {
		if place == len(s.keys) || s.keys[place].name != key {
			return false
		}
		place++
	}
	return place == len(s.keys)
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

// restore returns the SERVER span of a snapshot and its resource.
func (t *trace) restore(r *serving) (pcommon.Resource, ptrace.Span) {
	scopes := appendBytes(nil, scopeSpansSpans, r.snapshot.message())
	spans := appendBytes(appendString(nil, resourceSpansResource, r.snapshot.resource.Value()), resourceSpansScopes, scopes)
	td, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(appendBytes(nil, tracesResourceSpans, spans))
	if err != nil {
		panic(err) // a snapshot is always valid
	}
	rs := td.ResourceSpans().At(0)
	s := rs.ScopeSpans().At(0).Spans().At(0)
	kept := t.at(r.span)
	s.SetTraceID(t.id)
	s.SetParentSpanID(kept.parentID)
	s.SetKind(ptrace.SpanKindServer)
	s.SetStartTimestamp(kept.start)
	s.SetEndTimestamp(kept.end)
	return rs.Resource(), s
}

// message returns OTLP's message of the span, without its times and the ids of others.
func (s *snapshot) message() []byte {
	values := s.values
	text := func() string {
		v, n := protowire.ConsumeString(values)
		values = values[n:]
		return v
	}
	number := func() uint64 {
		v, n := protowire.ConsumeVarint(values)
		values = values[n:]
		return v
	}
	b := appendBytes(nil, spanSpanID, values[:len(pcommon.SpanID{})])
	values = values[len(pcommon.SpanID{}):]
	b = appendString(b, spanName, text())
	b = appendString(b, spanTraceState, text())
	b = protowire.AppendFixed32(protowire.AppendTag(b, spanFlags, protowire.Fixed32Type), uint32(number()))
	status := appendVarint(nil, statusCode, number())
	b = appendBytes(b, spanStatus, appendString(status, statusMessage, text()))
	if protowire.DecodeBool(number()) {
		event := appendString(nil, eventName, "exception")
		event = appendStringPair(event, eventAttributes, "exception.type", text())
		b = appendBytes(b, spanEvents, appendStringPair(event, eventAttributes, "exception.message", text()))
	}
	for keys := []byte(s.shape.Value()); len(keys) > 0; {
		key, n := protowire.ConsumeString(keys)
		keys = keys[n:]
		value := values[:1]
		if values[0] != emptyValue {
			_, _, size := protowire.ConsumeField(values)
			value = values[:size]
		}
		values = values[len(value):]
		pair := appendString(nil, keyValueKey, key)
		if value[0] != emptyValue {
			pair = appendBytes(pair, keyValueValue, value)
		}
		b = appendBytes(b, spanAttributes, pair)
	}
	return b
}
