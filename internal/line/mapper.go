package line

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"canonicallineexporter/schema"
)

// Config says how requests are read.
type Config struct {
	// AttributePrefix is what precedes a column's name in the attribute that
	// sets it from anywhere in the request, without the dot.
	AttributePrefix string
	// Columns are the user's own columns and sources, by column.
	Columns map[string]Source
	// HeaderPrefixes select, in any case, the captured request headers that go
	// to x_crunchy_headers.
	HeaderPrefixes []string
	// RedactParameters are names whose values are secrets, beside the built-in
	// ones.
	RedactParameters []string
	// CapturePayload fills request_payload.
	CapturePayload bool
	// MaxPayload is the most bytes of request_payload, at least 1.
	MaxPayload int
	// Horizon is how far in the future a request may have ended; one that claims
	// more is taken to have ended when it arrived.
	Horizon time.Duration
	// Retention is how long lines are kept; 0 is for ever.
	Retention time.Duration
}

// Source is where a column of the user's gets its value.
type Source struct {
	// Type is that of a column which is not built in.
	Type schema.Type
	// From are attributes, the first that has a value of the column's type first.
	From []string
}

// Mapper reads requests as lines. It is safe for concurrent use.
type Mapper struct {
	cfg    Config
	redact redactor
	// all are the columns of the table, columns those that lines fill.
	all     []schema.Column
	columns []column
	// attributes are those that columns read, names their names by number.
	attributes map[string]attribute
	names      []string
	// fed are the columns that an attribute feeds.
	fed []columnSet
	// statisticPrefix starts the attributes that set statistics.
	statisticPrefix string
	headerPrefixes  []string
	// descendantKeys are the attributes of INTERNAL descendants that columns read.
	descendantKeys []string
	// Columns that are read in more than one place.
	statusColumn, pathColumn, requestIDColumn, statisticsColumn, payloadColumn int
	encoders                                                                   sync.Pool
}

// NewMapper returns a mapper for all columns of the table but updated_at, which
// the database fills. The columns of the configuration have to be valid.
func NewMapper(cfg Config) *Mapper {
	m := &Mapper{
		cfg: cfg, redact: newRedactor(cfg.RedactParameters), statisticPrefix: cfg.AttributePrefix + ".statistics.",
		attributes: maps.Clone(attributes), names: slices.Clone(attributeNames),
	}
	for _, prefix := range cfg.HeaderPrefixes {
		m.headerPrefixes = append(m.headerPrefixes, strings.ReplaceAll(strings.ToLower(prefix), "_", "-"))
	}
	table := slices.Clone(columns)
	for _, name := range slices.Sorted(maps.Keys(cfg.Columns)) {
		if !slices.ContainsFunc(columns, func(c column) bool { return c.Name == name }) {
			table = append(table, column{Column: schema.Column{
				Name: name, Type: cfg.Columns[name].Type, Comment: "From " + strings.Join(cfg.Columns[name].From, ", "),
			}})
		}
	}
	for _, c := range table {
		m.all = append(m.all, c.Column)
		if c.ofDatabase {
			continue
		}
		if !c.fixed {
			c.override = m.attribute(cfg.AttributePrefix + "." + c.Name)
		}
		for _, name := range cfg.Columns[c.Name].From {
			c.own = append(c.own, m.attribute(name))
			m.descendantKeys = append(m.descendantKeys, name)
		}
		if c.below {
			for _, a := range c.from {
				m.descendantKeys = append(m.descendantKeys, m.names[a])
			}
		}
		c.absent = appendValue(nil, &c.otherwise)
		m.columns = append(m.columns, c)
	}
	m.fed = make([]columnSet, len(m.names))
	for i, c := range m.columns {
		for _, a := range slices.Concat(c.from, c.own) {
			m.fed[a].add(i)
		}
		if !c.fixed {
			m.fed[c.override].add(i)
		}
	}
	byName := func(name string) int {
		return slices.IndexFunc(m.columns, func(c column) bool { return c.Name == name })
	}
	m.statusColumn, m.pathColumn, m.requestIDColumn = byName("status"), byName("http_path"), byName("request_id")
	m.statisticsColumn, m.payloadColumn = byName("statistics"), byName("request_payload")
	m.encoders.New = func() any { return newEncoder(m) }
	return m
}

// columnSet is a set of columns by their place. Those past the 63rd are in it or
// out of it together.
type columnSet uint64

func (s *columnSet) add(i int) { *s |= 1 << min(i, 63) }

func (s columnSet) has(i int) bool { return s>>min(i, 63)&1 == 1 }

// attribute is the number of the attribute, which may be the user's.
func (m *Mapper) attribute(name string) attribute {
	a, ok := m.attributes[name]
	if !ok {
		a = attribute(len(m.names))
		m.attributes[name] = a
		m.names = append(m.names, name)
	}
	return a
}

// Columns are all columns of the table, in its order.
func (m *Mapper) Columns() []schema.Column { return m.all }

// Layout is the columns of the rows that the mapper makes, in their order.
func (m *Mapper) Layout() []schema.Column {
	layout := make([]schema.Column, len(m.columns))
	for i, c := range m.columns {
		layout[i] = c.Column
	}
	return layout
}

// DescendantKeys are the attributes of INTERNAL descendants that columns read,
// beside those that start with the attribute prefix.
func (m *Mapper) DescendantKeys() []string { return m.descendantKeys }

// Fate is what became of a request.
type Fate uint8

// A request becomes a line; one that claims to come from the future becomes a
// line of the time it arrived; one older than the retention becomes none.
const (
	Stored Fate = iota
	Restamped
	Expired
	// Fates is how many there are.
	Fates
)

// Encoder makes rows of requests. It is not safe for concurrent use.
type Encoder struct {
	reading reading
	rows    []byte
}

func newEncoder(m *Mapper) *Encoder {
	n := len(m.names)
	return &Encoder{reading: reading{
		Mapper:   m,
		server:   attributeValues{values: make([]pcommon.Value, n)},
		resource: attributeValues{values: make([]pcommon.Value, n)},
		repairs:  make([]Repairs, len(m.columns)),
	}}
}

// Encoder returns an encoder, to be released after use.
func (m *Mapper) Encoder() *Encoder {
	return m.encoders.Get().(*Encoder) //nolint:forcetypeassert // nothing else is in there
}

// Release ends the use of the encoder and of the requests it has seen.
func (e *Encoder) Release() {
	// One huge export must not hold its memory for ever.
	const most = 1 << 20
	if cap(e.rows) > most {
		return
	}
	e.rows = e.rows[:0]
	e.reading.unload()
	e.reading.encoders.Put(e)
}

// Rows are the rows appended so far, one after another, valid until the next
// Append or Release.
func (e *Encoder) Rows() []byte { return e.rows }

// Append appends the request's row, unless it is expired.
func (e *Encoder) Append(request Request) Fate {
	r, fate := &e.reading, Stored
	createdAt := request.Ended()
	switch {
	case createdAt.After(request.Arrival.Add(r.cfg.Horizon)):
		createdAt, fate = request.Arrival.UTC().Truncate(time.Microsecond), Restamped
	case r.cfg.Retention > 0 && createdAt.Before(request.Arrival.Add(-r.cfg.Retention)):
		return Expired
	}

	r.load(request, createdAt)
	rows := appendRowStart(e.rows, len(r.columns))
	var v Value
	for i := range r.columns {
		if c := &r.columns[i]; r.without(i) {
			rows = append(rows, c.absent...)
		} else {
			r.value(&v, i)
			rows = appendValue(rows, &v)
		}
	}
	e.rows = rows
	return fate
}

// Repairs calls yield for each column of which values had to be repaired for
// Postgres to take them, since the encoder was handed out.
func (e *Encoder) Repairs(yield func(column string, repairs Repairs)) {
	for i, repairs := range e.reading.repairs {
		if repairs != (Repairs{}) {
			yield(e.reading.columns[i].Name, repairs)
		}
	}
}
