package line

import (
	"slices"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/request"
	"canonicallineexporter/internal/sanitize"
)

// resolver resolves the columns of one request after another. Its fields hold what more
// than one column of the current request depends on.
type resolver struct {
	request.Request
	*Mapper
	createdAt time.Time
	// server and resource hold the attributes of the SERVER span and of the resource.
	server, resource attributeValues
	// read is the resource whose attributes resource holds.
	read pcommon.Resource
	// fed holds the columns for which the span or the resource has an attribute,
	// fedByResource those for which the resource has one.
	fed, fedByResource columnSet
	// statisticAttributes and headers hold the statistics and the selected headers that the
	// SERVER span sets.
	statisticAttributes, headers []namedValue
	keys                         keyCache
	// aliased holds the attributes of other conventions on the SERVER span.
	aliased []aliasValue

	call   call
	target target
	// status, path and pattern are the values of the columns on which others depend.
	status, path, pattern copyrow.Value
	// judged is the last route that was searched for parameters with the name of a secret,
	// namesSecret says that it has one. The requests of an export share few routes.
	judged      string
	namesSecret bool
	// failure says that the request failed; failures then holds the failures along the
	// failing path.
	failure  bool
	failures []request.Failure

	// unfit says that the column being resolved has a source with a value that its type
	// cannot hold.
	unfit   bool
	repairs []sanitize.Repairs
	object  jsonObject
}

type namedValue struct {
	name  string
	value pcommon.Value
}

// attributeValues holds values by attribute.
type attributeValues struct {
	// values holds the zero Value for an attribute that is missing.
	values []pcommon.Value
	// set lists the attributes that are there.
	set []attribute
}

func (v *attributeValues) put(a attribute, value pcommon.Value) {
	if v.values[a] == (pcommon.Value{}) {
		v.set = append(v.set, a)
	}
	v.values[a] = value
}

// text returns the attribute's value as text, empty if it is missing.
func (v *attributeValues) text(a attribute) string {
	if v.values[a] == (pcommon.Value{}) {
		return ""
	}
	return textOf(v.values[a])
}

func (v *attributeValues) clear() {
	for _, a := range v.set {
		v.values[a] = pcommon.Value{}
	}
	v.set = v.set[:0]
}

// load makes req the current request. It visits each attribute once.
func (r *resolver) load(req request.Request, createdAt time.Time) {
	r.Request, r.createdAt = req, createdAt
	if r.read != req.Resource {
		r.resource.clear()
		r.fedByResource = 0
		for key, v := range req.Resource.Attributes().All() {
			if a, ok := r.attributes[key]; ok {
				r.resource.put(a, v)
				r.fedByResource |= r.Mapper.fed[a]
			}
		}
		r.read = req.Resource
	}
	r.server.clear()
	r.fed = r.fedByResource
	r.statisticAttributes, r.headers, r.aliased = r.statisticAttributes[:0], r.headers[:0], r.aliased[:0]
	place := 0
	for key, v := range req.Span.Attributes().All() {
		k := r.keys.at(place, key, r.Mapper)
		place++
		if k.known {
			r.server.put(k.attribute, v)
			r.fed |= r.Mapper.fed[k.attribute]
		}
		if k.alias != nil {
			r.aliased = append(r.aliased, aliasValue{k.alias, v})
		}
		if k.statistic != "" {
			r.statisticAttributes = append(r.statisticAttributes, namedValue{k.statistic, v})
		} else if k.header != "" {
			r.headers = append(r.headers, namedValue{k.header, v})
		}
	}
	if len(r.aliased) > 0 {
		r.translate()
	}
	r.readInnerServers()
	r.target = r.readTarget()
	if r.call = r.readCall(); r.call.rpc {
		r.target.path = r.call.path
	}
	r.resolve(&r.status, r.statusColumn)
	r.resolve(&r.path, r.pathColumn)
	r.resolve(&r.pattern, r.routeColumn)
	r.failure = r.failed()
	r.failures = nil
	if r.failure {
		r.failures = r.readFailures()
	}
}

// readInnerServers adds what the SERVER spans inside the request's tell and that one does not.
func (r *resolver) readInnerServers() {
	if !slices.ContainsFunc(r.Descendants.Attributes, func(d request.Attribute) bool { return d.Server }) {
		return
	}
	for _, group := range ofInnerServers {
		if r.ofServer(group...) != "" {
			continue
		}
		for _, d := range r.Descendants.Attributes {
			a, ok := r.attributes[d.Key]
			if ok && d.Server && slices.Contains(group, a) && r.server.values[a] == (pcommon.Value{}) {
				r.server.put(a, d.Value)
				r.fed |= r.Mapper.fed[a]
			}
		}
	}
}

// absent reports whether the request has no source for the column.
func (r *resolver) absent(i int) bool {
	if r.fed.has(i) || len(r.Descendants.Attributes) > 0 {
		return false
	}
	c := &r.columns[i]
	return c.read == nil && (c.explain == nil || !r.failure)
}

// unload drops the references to the current request and the repairs.
func (r *resolver) unload() {
	r.server.clear()
	r.resource.clear()
	clear(r.statisticAttributes)
	clear(r.headers)
	clear(r.aliased)
	r.Request, r.read, r.failures = request.Request{}, pcommon.Resource{}, nil
	r.call, r.target = call{}, target{}
	r.status, r.path, r.pattern = copyrow.Null, copyrow.Null, copyrow.Null
	r.judged, r.namesSecret = "", false
	clear(r.repairs)
}

// resolve sets v to the value that the application set, else to that of the sources in
// the configuration, else to that of the column's own sources. It skips values that the
// column's type cannot hold.
func (r *resolver) resolve(v *copyrow.Value, i int) {
	c := &r.columns[i]
	r.unfit = false
	if r.overridden(c) {
		if *v = r.override(c); !v.IsNull() {
			return
		}
	}
	if len(c.own) > 0 {
		if *v = r.convert(c, c.own, true); !v.IsNull() {
			return
		}
	}
	switch {
	case c.read != nil:
		*v = c.read(r)
	case c.explain != nil:
		if *v = copyrow.Null; r.failure {
			*v = c.explain(r)
		}
	case c.parse != nil:
		*v = r.parse(c)
	default:
		*v = r.convert(c, c.from, c.descendants)
	}
	if v.IsNull() {
		*v = c.otherwise
		if r.unfit {
			r.repairs[i].Type++
		}
	}
}

// overridden reports whether the application may have set the column. Most columns are
// never set, so this avoids a lookup.
func (r *resolver) overridden(c *column) bool {
	return !c.fixed && (r.server.values[c.override] != (pcommon.Value{}) || len(r.Descendants.Attributes) > 0)
}

// override returns the value that the application set on the SERVER span, else on the
// descendant that ended last: middleware deep in the stack rarely holds the SERVER span.
func (r *resolver) override(c *column) copyrow.Value {
	if v := r.server.values[c.override]; v != (pcommon.Value{}) {
		if v := convert(c.Type.Kind, v); !v.IsNull() {
			return v
		}
		r.refuse(c.override, c.Type.Kind, v)
	}
	for _, a := range r.Descendants.Attributes {
		if a.Key == r.names[c.override] {
			if v := convert(c.Type.Kind, a.Value); !v.IsNull() {
				return v
			}
			r.refuse(c.override, c.Type.Kind, a.Value)
			break
		}
	}
	return copyrow.Null
}

// parse returns the value of the first of the column's attributes that its parser
// accepts.
func (r *resolver) parse(c *column) copyrow.Value {
	for _, a := range c.from {
		if text := r.lookUp(a, copyrow.Text, c.descendants, c.ofResource); !text.IsNull() {
			if v := c.parse(r, a, text.Text()); !v.IsNull() {
				return v
			}
		}
	}
	return copyrow.Null
}

// convert returns the value of the first attribute that holds one of the column's type.
func (r *resolver) convert(c *column, from []attribute, descendants bool) copyrow.Value {
	for _, a := range from {
		if v := r.lookUp(a, c.Type.Kind, descendants, c.ofResource); !v.IsNull() {
			return v
		}
	}
	return copyrow.Null
}

// lookUp returns the attribute's value on the SERVER span unless ofResource is set,
// else on INTERNAL descendants if descendants is set, else on the resource. It skips
// values that are not of the kind.
func (r *resolver) lookUp(a attribute, kind copyrow.Kind, descendants, ofResource bool) copyrow.Value {
	if v := r.server.values[a]; v != (pcommon.Value{}) && !ofResource {
		if v := convert(kind, v); !v.IsNull() {
			return v
		}
		r.refuse(a, kind, v)
	}
	if descendants {
		// The attributes of the descendant that ended last come first.
		for _, d := range r.Descendants.Attributes {
			if d.Internal && d.Key == r.names[a] {
				if v := convert(kind, d.Value); !v.IsNull() {
					return v
				}
				r.refuse(a, kind, d.Value)
			}
		}
	}
	if v := r.resource.values[a]; v != (pcommon.Value{}) {
		if v := convert(kind, v); !v.IsNull() {
			return v
		}
		r.refuse(a, kind, v)
	}
	return copyrow.Null
}

// refuse notes that the kind cannot hold the attribute's value. Some attributes are meant for a
// column only if they fit: an address that may be a host's name, and a user who may be known
// by a mail address.
func (r *resolver) refuse(a attribute, kind copyrow.Kind, v pcommon.Value) {
	if kind != copyrow.Inet && !r.unfit {
		text := textOf(v)
		r.unfit = text != "" && (a != endUserID || !isEmail(text))
	}
}

// first returns the text of the first attribute that is not empty. It looks for each on
// the SERVER span, then on the resource.
func (r *resolver) first(from ...attribute) string {
	for _, a := range from {
		if s := r.server.text(a); s != "" {
			return s
		}
		if s := r.resource.text(a); s != "" {
			return s
		}
	}
	return ""
}

// ofServer returns the text of the first attribute of the SERVER span that is not empty.
func (r *resolver) ofServer(from ...attribute) string {
	for _, a := range from {
		if s := r.server.text(a); s != "" {
			return s
		}
	}
	return ""
}

// sanitize removes secrets from the column's value and makes it one that Postgres
// accepts.
func (r *resolver) sanitize(v *copyrow.Value, i int) {
	c := &r.columns[i]
	switch v.Kind() {
	case copyrow.Text:
		switch i {
		case r.pathColumn, r.originalPathColumn:
			v.SetText(r.sanitizer.Path(v.Text(), r.secretPattern(), c.Type.Width, &r.repairs[i]))
			return
		case r.routeColumn:
			v.SetText(r.sanitizer.Route(v.Text(), c.Type.Width, &r.repairs[i]))
			return
		}
		if c.redact == nil {
			v.SetText(r.sanitizer.Text(v.Text(), c.Type.Width, &r.repairs[i]))
			return
		}
		text := c.redact(r.sanitizer, v.Text())
		if text == "" {
			*v = copyrow.Null
			return
		}
		v.SetText(sanitize.Fit(text, c.Type.Width, &r.repairs[i]))
	case copyrow.TextArray:
		for n, s := range v.List() {
			v.List()[n] = r.sanitizer.Text(s, c.Type.Width, &r.repairs[i])
		}
	case copyrow.JSONB:
		// The functions in read return JSON that needs no repair.
		if c.read == nil {
			v.SetText(r.sanitizer.Document(v.Text(), 0, &r.repairs[i]))
		}
	default:
	}
}

// secretPattern returns the request's route if one of its parameters has the name of a
// secret, else an empty string.
func (r *resolver) secretPattern() string {
	route := r.pattern.Text()
	if route != r.judged {
		r.judged, r.namesSecret = route, r.sanitizer.NamesSecret(route)
	}
	if !r.namesSecret {
		return ""
	}
	return route
}

// payload returns the request's body, NULL if the configuration does not capture bodies.
func (r *resolver) payload() copyrow.Value {
	if !r.cfg.CapturePayload {
		return copyrow.Null
	}
	body := r.ofServer(requestBody)
	if body == "" {
		return copyrow.Null
	}
	return copyrow.JSONValue(r.sanitizer.Document(body, r.cfg.MaxPayload, &r.repairs[r.payloadColumn]))
}
