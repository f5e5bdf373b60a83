package line

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/sanitize"
	"canonicallineexporter/internal/table"
)

// Config says how to read requests.
type Config struct {
	// AttributePrefix precedes a column's name in the attribute that sets the column from
	// anywhere in the request, without the dot.
	AttributePrefix string
	// Columns holds the user's own columns and sources by column.
	Columns map[string]Source
	// HeaderPrefixes select, in any case, the captured request headers that go
	// to x_crunchy_headers.
	HeaderPrefixes []string
	// RedactParameters names secrets beside the built-in ones.
	RedactParameters []string
	// CapturePayload fills request_payload.
	CapturePayload bool
	// MaxPayload is the most bytes of request_payload, at least 1.
	MaxPayload int
	// Horizon is how far in the future a request may have ended. One that claims more is
	// taken to have ended when it arrived.
	Horizon time.Duration
	// Retention is how long the table keeps lines; 0 is for ever.
	Retention time.Duration
}

// Source says where a column of the user's gets its value.
type Source struct {
	// Type is the type of a column that is not built in.
	Type copyrow.Type
	// From names attributes; the first that has a value of the column's type wins.
	From []string
}

// Mapper knows how to make lines of requests. It is safe for concurrent use.
type Mapper struct {
	cfg Config
	// sanitizer cleans every value.
	sanitizer sanitize.Sanitizer
	// all holds the columns of the table, columns those that lines fill, layout their
	// places in a row.
	all     []table.Column
	columns []column
	layout  []copyrow.Column
	// attributes holds those that columns read, names their names by number.
	attributes map[string]attribute
	names      []string
	// fed holds, by attribute, the columns that it feeds.
	fed []columnSet
	// prefix starts the attributes that the application sets, statisticPrefix those that
	// set statistics.
	prefix, statisticPrefix string
	headerPrefixes          []string
	// descendantKeys names the attributes of INTERNAL descendants that columns read.
	descendantKeys []string
	// These columns are asked for by others.
	statusColumn, pathColumn, requestIDColumn, statisticsColumn, payloadColumn int
	encoders                                                                   sync.Pool
}

// NewMapper returns a mapper for all columns of the table except updated_at, which the
// database fills. The columns of the configuration have to be valid.
func NewMapper(cfg Config) *Mapper {
	m := &Mapper{
		cfg: cfg, sanitizer: sanitize.New(cfg.RedactParameters), prefix: cfg.AttributePrefix + ".",
		statisticPrefix: cfg.AttributePrefix + ".statistics.",
		attributes:      maps.Clone(attributes), names: slices.Clone(attributeNames),
	}
	for _, prefix := range cfg.HeaderPrefixes {
		m.headerPrefixes = append(m.headerPrefixes, strings.ReplaceAll(strings.ToLower(prefix), "_", "-"))
	}
	all := slices.Clone(columns)
	for _, name := range slices.Sorted(maps.Keys(cfg.Columns)) {
		if !slices.ContainsFunc(columns, func(c column) bool { return c.Name == name }) {
			all = append(all, column{Column: table.Column{
				Name: name, Type: cfg.Columns[name].Type, Comment: "From " + strings.Join(cfg.Columns[name].From, ", "),
			}})
		}
	}
	for _, c := range all {
		m.all = append(m.all, c.Column)
		if c.ofDatabase {
			continue
		}
		if !c.fixed {
			c.override = m.attribute(m.prefix + c.Name)
		}
		for _, name := range cfg.Columns[c.Name].From {
			c.own = append(c.own, m.attribute(name))
			m.descendantKeys = append(m.descendantKeys, name)
		}
		if c.descendants {
			for _, a := range c.from {
				m.descendantKeys = append(m.descendantKeys, m.names[a])
			}
		}
		c.absent = copyrow.AppendField(nil, &c.otherwise)
		m.layout = append(m.layout, copyrow.Column{Name: c.Name, Type: c.Type})
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

// columnSet is a set of columns by place. Those past the 63rd are in it or out of it
// together.
type columnSet uint64

func (s *columnSet) add(i int) { *s |= 1 << min(i, 63) }

func (s columnSet) has(i int) bool { return s>>min(i, 63)&1 == 1 }

// attribute returns the number of the attribute and gives it one if it has none.
func (m *Mapper) attribute(name string) attribute {
	a, ok := m.attributes[name]
	if !ok {
		a = attribute(len(m.names))
		m.attributes[name] = a
		m.names = append(m.names, name)
	}
	return a
}

// Columns returns all columns of the table in its order.
func (m *Mapper) Columns() []table.Column { return m.all }

// Layout returns the columns of the rows that the mapper makes, in their order. It must
// not be changed.
func (m *Mapper) Layout() []copyrow.Column { return m.layout }

// DescendantPrefix starts the attributes that any descendant hands on to its request.
func (m *Mapper) DescendantPrefix() string { return m.prefix }

// DescendantKeys names the attributes that INTERNAL descendants hand on beside those.
func (m *Mapper) DescendantKeys() []string { return m.descendantKeys }

// Reads reports whether lines read an attribute of SERVER spans.
func (m *Mapper) Reads(key string) bool {
	if _, ok := m.attributes[key]; ok {
		return true
	}
	if strings.HasPrefix(key, m.statisticPrefix) {
		return true
	}
	header, ok := headerName(key)
	return ok && m.selected(header)
}
