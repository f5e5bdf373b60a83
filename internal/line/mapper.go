package line

import (
	"time"

	"canonicallineexporter/schema"
)

// Config says how requests are read.
type Config struct {
	// AttributePrefix is what precedes a column's name in the attribute that
	// sets it from anywhere in the request, without the dot.
	AttributePrefix string
	// HeaderPrefixes select, in any case, the captured request headers that go
	// to x_crunchy_headers.
	HeaderPrefixes []string
	// RedactParameters are query parameters whose values are secrets, beside the
	// built-in ones.
	RedactParameters []string
	// Horizon is how far in the future a request may have ended; one that claims
	// more is taken to have ended when it arrived.
	Horizon time.Duration
	// Retention is how long lines are kept; 0 is for ever.
	Retention time.Duration
}

// Mapper reads requests as lines. It is safe for concurrent use.
type Mapper struct {
	cfg     Config
	redact  redactor
	columns []column
	// overrides holds, by column, the attribute that sets it.
	overrides []string
	// statisticPrefix starts the attributes that set statistics.
	statisticPrefix string
}

// NewMapper returns a mapper for all columns of the table but updated_at, which
// the database fills.
func NewMapper(cfg Config) *Mapper {
	m := &Mapper{cfg: cfg, redact: newRedactor(cfg.RedactParameters), statisticPrefix: cfg.AttributePrefix + ".statistics."}
	for _, c := range columns {
		if c.read == nil {
			continue
		}
		override := ""
		if !c.fixed {
			override = cfg.AttributePrefix + "." + c.Name
		}
		m.columns = append(m.columns, c)
		m.overrides = append(m.overrides, override)
	}
	return m
}

// Layout is the columns of the rows that the mapper makes, in their order.
func (m *Mapper) Layout() []schema.Column {
	layout := make([]schema.Column, len(m.columns))
	for i, c := range m.columns {
		layout[i] = c.Column
	}
	return layout
}

// Fate is what became of a request.
type Fate uint8

// A request becomes a line; one that claims to come from the future becomes a
// line of the time it arrived; one older than the retention becomes none.
const (
	Stored Fate = iota
	Restamped
	Expired
)

// Append appends the request's row to rows, unless it is expired.
func (m *Mapper) Append(rows []byte, request Request) ([]byte, Fate) {
	fate := Stored
	createdAt := request.Ended()
	switch {
	case createdAt.After(request.Arrival.Add(m.cfg.Horizon)):
		createdAt, fate = request.Arrival.UTC().Truncate(time.Microsecond), Restamped
	case m.cfg.Retention > 0 && createdAt.Before(request.Arrival.Add(-m.cfg.Retention)):
		return rows, Expired
	}

	r := newReading(m, request, createdAt)
	rows = appendRowStart(rows, len(m.columns))
	for i, c := range m.columns {
		rows = appendValue(rows, r.value(m.overrides[i], c))
	}
	return rows, fate
}
