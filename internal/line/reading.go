package line

import (
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"canonicallineexporter/schema"
)

// reading is one request while its columns are read: the request, and what more
// than one column depends on.
type reading struct {
	Request
	*Mapper
	attributes pcommon.Map
	createdAt  time.Time
	target     target
	status     int64
}

func newReading(m *Mapper, request Request, createdAt time.Time) *reading {
	r := &reading{Request: request, Mapper: m, attributes: request.Span.Attributes(), createdAt: createdAt}
	r.target = readTarget(r.attributes)
	if set := r.override("status"); set.Type() != pcommon.ValueTypeEmpty {
		if n, ok := integerOf(set); ok {
			r.status = n
			return r
		}
	}
	r.status = readStatus(r.attributes, r.Span)
	return r
}

// value is what the column holds: what the application set, if it is of the
// column's type, else what the column's sources say.
func (r *reading) value(override string, c column) Value {
	v := null
	if override != "" {
		v = convert(c.Type.Kind, r.set(override))
	}
	if v.IsNull() {
		v = c.read(r)
	}
	if c.redact != nil && v.kind == schema.Text {
		v = textValue(c.redact(r.redact, v.text))
	}
	switch v.kind {
	case schema.Text:
		v.text = fit(clean(v.text), c.Type.Width)
	case schema.TextArray:
		for i, s := range v.list {
			v.list[i] = fit(clean(s), c.Type.Width)
		}
	default:
	}
	return v
}

// override is what the application set for the column of this name.
func (r *reading) override(name string) pcommon.Value {
	return r.set(r.cfg.AttributePrefix + "." + name)
}

// set is the attribute on the SERVER span, else on the descendant that ended
// last: middleware deep in the stack rarely holds the SERVER span.
func (r *reading) set(key string) pcommon.Value {
	if v, ok := r.attributes.Get(key); ok {
		return v
	}
	for _, a := range r.Descendants.Attributes {
		if a.Key == key {
			return a.Value
		}
	}
	return pcommon.NewValueEmpty()
}

// first is the first of the attributes that is there and not empty, as text, on
// the SERVER span, else on the resource.
func (r *reading) first(keys ...string) string {
	if s := firstOf(r.attributes, keys...); s != "" {
		return s
	}
	return firstOf(r.Resource.Attributes(), keys...)
}

// firstBelow is the attribute, as text, on the SERVER span, else on an INTERNAL
// descendant, that which ended last first, else on the resource.
func (r *reading) firstBelow(key string) string {
	if s := firstOf(r.attributes, key); s != "" {
		return s
	}
	for _, a := range r.Descendants.Attributes {
		if a.Internal && a.Key == key {
			if s := a.Value.AsString(); s != "" {
				return s
			}
		}
	}
	return firstOf(r.Resource.Attributes(), key)
}

func firstOf(attributes pcommon.Map, keys ...string) string {
	for _, key := range keys {
		if v, ok := attributes.Get(key); ok {
			if s := v.AsString(); s != "" {
				return s
			}
		}
	}
	return ""
}

// requestHeader is the prefix of captured request headers.
const requestHeader = "http.request.header."

// header is a captured header of the request, or of the response when direction
// says so; several values are one, separated by commas. Its name is spelt with
// hyphens; old instrumentations spell it with underscores.
func (r *reading) header(direction, name string) string {
	for _, spelling := range []string{name, strings.ReplaceAll(name, "-", "_")} {
		if v, ok := r.attributes.Get(direction + spelling); ok {
			if s := strings.Join(stringsOf(v), ", "); s != "" {
				return s
			}
		}
	}
	return ""
}
