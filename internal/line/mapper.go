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

// Config says how a Mapper reads requests.
type Config struct {
	// AttributePrefix, a dot and a column's name make up the attribute that sets the column
	// from any span of the request.
	AttributePrefix string
	// Columns holds, by name, columns that are not built in, and sources for those that are.
	Columns map[string]Source
	// HeaderPrefixes select the captured request headers that x_crunchy_headers keeps.
	// Their case does not matter.
	HeaderPrefixes []string
	// TrustedProxies is how many proxies in front of a service tell the truth about who sent a
	// request; 0: headers about that are not read.
	TrustedProxies int
	// RedactParameters names secrets in addition to the built-in ones.
	RedactParameters []string
	// CapturePayload fills request_payload.
	CapturePayload bool
	// MaxPayload is the maximum size of request_payload in bytes, at least 1.
	MaxPayload int
	// Horizon is how far after its arrival a request may have ended. A request that claims
	// more is stored with its time of arrival.
	Horizon time.Duration
	// Retention is how long the table keeps lines; 0: for ever.
	Retention time.Duration
}

// Source says where a column of the configuration gets its value.
type Source struct {
	// Type is the column's type. A built-in column that holds an ID can become text; the others
	// have none here.
	Type copyrow.Type
	// From names attributes; the first with a value of the column's type wins.
	From []string
}

// Mapper holds what its encoders share: the columns and their sources. It is safe for
// concurrent use.
type Mapper struct {
	cfg       Config
	sanitizer sanitize.Sanitizer
	// all holds the columns of the table, columns those that lines fill, layout the same
	// as a row has them.
	all     []table.Column
	columns []column
	layout  []copyrow.Column
	// attributes holds, by name, the attributes that columns read; names holds their names
	// by number.
	attributes map[string]attribute
	names      []string
	// aliases holds, by name, the attributes of other conventions.
	aliases map[string]*alias
	// fed holds, by attribute, the columns that the attribute feeds.
	fed []columnSet
	// prefix starts the attributes by which the application sets columns, statisticPrefix
	// those by which it sets statistics.
	prefix, statisticPrefix string
	headerPrefixes          []string
	// descendantKeys names the attributes of INTERNAL descendants that columns read.
	descendantKeys []string
	// These are the places of the columns that code refers to.
	statusColumn, pathColumn, originalPathColumn, routeColumn, requestIDColumn, statisticsColumn, payloadColumn int
	encoders                                                                                                    sync.Pool
}

// NewMapper returns a mapper for all columns of the table except updated_at, which the
// database fills. The columns of the configuration have to be valid.
func NewMapper(cfg Config) *Mapper {
	prefix := cfg.AttributePrefix + "."
	m := &Mapper{
		cfg: cfg, sanitizer: sanitize.New(cfg.RedactParameters), prefix: prefix, statisticPrefix: prefix + "statistics.",
		attributes: maps.Clone(attributes), names: slices.Clone(attributeNames),
	}
	for _, prefix := range cfg.HeaderPrefixes {
		m.headerPrefixes = append(m.headerPrefixes, normalizeHeader(prefix))
	}
	m.aliases = m.newAliases()
	all := slices.Clone(columns)
	for _, name := range slices.Sorted(maps.Keys(cfg.Columns)) {
		if builtIn, _ := BuiltIn(name); !builtIn {
			all = append(all, column{Column: table.Column{
				Name: name, Type: cfg.Columns[name].Type, Comment: "From " + strings.Join(cfg.Columns[name].From, ", "),
			}})
		}
	}
	for _, c := range all {
		if own := cfg.Columns[c.Name].Type; own != (copyrow.Type{}) {
			c.Type = own
		}
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
	m.statusColumn, m.pathColumn = copyrow.Index(m.layout, "status"), copyrow.Index(m.layout, "http_path")
	m.originalPathColumn, m.routeColumn = copyrow.Index(m.layout, "http_path_original"), copyrow.Index(m.layout, "http_route")
	m.requestIDColumn = copyrow.Index(m.layout, "request_id")
	m.statisticsColumn, m.payloadColumn = copyrow.Index(m.layout, "statistics"), copyrow.Index(m.layout, "request_payload")
	m.encoders.New = func() any { return newEncoder(m) }
	return m
}

// columnSet holds a set of columns by place. The columns past the 63rd share one bit.
type columnSet uint64

func (s *columnSet) add(i int) { *s |= 1 << min(i, 63) }

func (s columnSet) has(i int) bool { return s>>min(i, 63)&1 == 1 }

// attribute returns the attribute of this name and numbers it at first sight.
func (m *Mapper) attribute(name string) attribute {
	a, ok := m.attributes[name]
	if !ok {
		a = attribute(len(m.names))
		m.attributes[name] = a
		m.names = append(m.names, name)
	}
	return a
}

// Columns returns all columns in the order of the table. It must not be changed.
func (m *Mapper) Columns() []table.Column { return m.all }

// Layout returns the columns of a row in their order. It must not be changed.
func (m *Mapper) Layout() []copyrow.Column { return m.layout }

// DescendantPrefix returns the prefix of the attributes that lines need from descendants
// of every kind.
func (m *Mapper) DescendantPrefix() string { return m.prefix }

// DescendantKeys returns the attributes that lines need from INTERNAL descendants in
// addition. It must not be changed.
func (m *Mapper) DescendantKeys() []string { return m.descendantKeys }

// InnerServerKeys returns the attributes that lines need from SERVER spans inside the
// request's in addition.
func (m *Mapper) InnerServerKeys() (keys []string) {
	for _, group := range ofInnerServers {
		for _, a := range group {
			keys = append(keys, m.names[a])
		}
	}
	return keys
}

// Reads reports whether lines read an attribute of SERVER spans.
func (m *Mapper) Reads(key string) bool {
	if _, ok := m.attributes[key]; ok || m.aliases[key] != nil {
		return true
	}
	if strings.HasPrefix(key, m.statisticPrefix) {
		return true
	}
	header, ok := headerName(key)
	return ok && m.selected(header)
}
