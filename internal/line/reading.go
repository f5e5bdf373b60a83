package line

import (
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"canonicallineexporter/schema"
)

// reading is one request while its columns are read: its attributes by number,
// and what more than one column depends on. It is used again for the next.
type reading struct {
	Request
	*Mapper
	createdAt time.Time
	// server and resource hold the values of attributes, the zero Value where
	// there is none.
	server, resource attributeValues
	// read is the resource whose attributes are in resource.
	read pcommon.Resource
	// fed are the columns for which an attribute is there, fedByResource those for
	// which one of the resource is.
	fed, fedByResource columnSet
	// statistics and headers are the attributes with those prefixes.
	statisticAttributes, headers []namedValue
	// sightings are the attributes of the last span, by place.
	sightings []sighting

	call   call
	target target
	status int64
	// failure says that there is an error to explain.
	failure bool
	repairs []Repairs
	object  jsonObject
}

type namedValue struct {
	name  string
	value pcommon.Value
}

// attributeValues are values by attribute.
type attributeValues struct {
	values []pcommon.Value
	set    []attribute
}

func (v *attributeValues) put(a attribute, value pcommon.Value) {
	if v.values[a] == (pcommon.Value{}) {
		v.set = append(v.set, a)
	}
	v.values[a] = value
}

func (v *attributeValues) clear() {
	for _, a := range v.set {
		v.values[a] = pcommon.Value{}
	}
	v.set = v.set[:0]
}

// load takes in a request: each of its attributes is looked at once.
func (r *reading) load(request Request, createdAt time.Time) {
	r.Request, r.createdAt = request, createdAt
	if r.read != request.Resource {
		r.resource.clear()
		r.fedByResource = 0
		for key, v := range request.Resource.Attributes().All() {
			if a, ok := r.attributes[key]; ok {
				r.resource.put(a, v)
				r.fedByResource |= r.Mapper.fed[a]
			}
		}
		r.read = request.Resource
	}
	r.server.clear()
	r.fed = r.fedByResource
	r.statisticAttributes, r.headers = r.statisticAttributes[:0], r.headers[:0]
	place := 0
	for key, v := range request.Span.Attributes().All() {
		s := r.sight(key, place)
		place++
		if s.known {
			r.server.put(s.attribute, v)
			r.fed |= r.Mapper.fed[s.attribute]
		}
		if s.statistic != "" {
			r.statisticAttributes = append(r.statisticAttributes, namedValue{s.statistic, v})
		} else if s.header != "" {
			r.headers = append(r.headers, namedValue{s.header, v})
		}
	}
	r.call = r.readCall()
	r.target = r.readTarget()
	r.status = r.readStatus()
	r.failure = r.failed()
}

// sighting is what an attribute is by its name.
type sighting struct {
	key       string
	attribute attribute
	known     bool
	// statistic and header are the names of what it sets; empty: none.
	statistic, header string
}

// maxSightings bounds what is remembered.
const maxSightings = 64

// sight is what the attribute at this place of a span is. The spans of a service
// have the same attributes in the same places, so that most often it was there
// in the last span.
func (r *reading) sight(key string, place int) *sighting {
	if place < len(r.sightings) && r.sightings[place].key == key {
		return &r.sightings[place]
	}
	s := sighting{key: key}
	s.attribute, s.known = r.attributes[key]
	if name, ok := strings.CutPrefix(key, r.statisticPrefix); ok {
		s.statistic = name
	} else if name, ok := headerName(key); ok && r.selected(name) {
		s.header = name
	}
	switch {
	case place < len(r.sightings):
		r.sightings[place] = s
	case place < maxSightings:
		// Places come in order.
		r.sightings = append(r.sightings, s)
	default:
		return &s
	}
	return &r.sightings[place]
}

// without reports whether nothing of the request can feed the column.
func (r *reading) without(i int) bool {
	if r.fed.has(i) || len(r.Descendants.Attributes) > 0 {
		return false
	}
	c := &r.columns[i]
	return c.read == nil || c.sourced || c.ofFailure && !r.failure
}

// unload lets go of the request's data.
func (r *reading) unload() {
	r.server.clear()
	r.resource.clear()
	clear(r.statisticAttributes)
	clear(r.headers)
	r.Request, r.read = Request{}, pcommon.Resource{}
	clear(r.repairs)
}

// value makes v what the column holds: what the application set, if it is of the
// column's type, else what the user's sources say, else what the column's own
// do.
func (r *reading) value(v *Value, i int) {
	c := &r.columns[i]
	found := false
	if r.overridden(c) {
		*v = r.override(c)
		found = !v.IsNull()
	}
	if !found && len(c.own) > 0 {
		*v = r.convert(c, c.own, true)
		found = !v.IsNull()
	}
	if !found {
		if c.read != nil {
			*v = c.read(r)
		} else if *v = r.convert(c, c.from, c.below); v.IsNull() {
			*v = c.otherwise
		}
	}
	r.finish(v, i)
}

// overridden reports whether the application may have set the column: few it has,
// and not to look is what makes the others cheap.
func (r *reading) overridden(c *column) bool {
	return !c.fixed && (r.server.values[c.override] != (pcommon.Value{}) || len(r.Descendants.Attributes) > 0)
}

// override is what the application set for the column on the SERVER span, else
// on the descendant that ended last: middleware deep in the stack rarely holds
// the SERVER span.
func (r *reading) override(c *column) Value {
	if !r.overridden(c) {
		return null
	}
	if v := r.server.values[c.override]; v != (pcommon.Value{}) {
		if v := convert(c.Type.Kind, v); !v.IsNull() {
			return v
		}
	}
	for _, a := range r.Descendants.Attributes {
		if a.Key == r.names[c.override] {
			return convert(c.Type.Kind, a.Value)
		}
	}
	return null
}

// convert reads the first of the attributes that holds a value of the column's
// type: each on the SERVER span, then, if below, on INTERNAL descendants, then on
// the resource.
func (r *reading) convert(c *column, from []attribute, below bool) Value {
	for _, a := range from {
		if v := r.lookUp(a, c.Type.Kind, below, c.ofResource); !v.IsNull() {
			return v
		}
	}
	return null
}

func (r *reading) lookUp(a attribute, kind schema.Kind, below, ofResource bool) Value {
	if v := r.server.values[a]; v != (pcommon.Value{}) && !ofResource {
		if v := convert(kind, v); !v.IsNull() {
			return v
		}
	}
	if below {
		// That of the descendant that ended last comes first.
		for _, d := range r.Descendants.Attributes {
			if d.Internal && d.Key == r.names[a] {
				if v := convert(kind, d.Value); !v.IsNull() {
					return v
				}
			}
		}
	}
	if v := r.resource.values[a]; v != (pcommon.Value{}) {
		return convert(kind, v)
	}
	return null
}

// first is the first of the attributes that is there and not empty, as text,
// each on the SERVER span, then on the resource.
func (r *reading) first(from ...attribute) string {
	for _, a := range from {
		for _, v := range [...]pcommon.Value{r.server.values[a], r.resource.values[a]} {
			if v != (pcommon.Value{}) {
				if s := textOf(v); s != "" {
					return s
				}
			}
		}
	}
	return ""
}

// firstOf is the first of the attributes that is there and not empty, as text.
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
