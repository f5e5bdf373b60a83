package schema

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgtype"
)

// Kind is how a column's value is held and encoded: one Kind for all Postgres
// types that share a binary representation.
type Kind uint8

// The kinds of column the table can have.
const (
	Text Kind = iota + 1
	TextArray
	UUID
	Boolean
	Integer
	DoublePrecision
	Timestamp
	Interval
	Inet
	JSONB
	BigInt
)

// EpochMicroseconds lie between 1970 and 2000, from which Postgres counts the
// microseconds of a timestamp.
const EpochMicroseconds = 946_684_800_000_000

// Type is the Postgres type of a column.
type Type struct {
	Kind Kind
	// Width is the most characters a varchar, or one element of a varchar[],
	// holds; 0 is unlimited.
	Width int
}

// kinds names every Kind in SQL and holds the OID that COPY in binary format
// writes for it.
var kinds = map[Kind]struct {
	name string
	oid  uint32
}{
	Text:            {"varchar", pgtype.VarcharOID},
	TextArray:       {"varchar", pgtype.VarcharArrayOID},
	UUID:            {"uuid", pgtype.UUIDOID},
	Boolean:         {"boolean", pgtype.BoolOID},
	Integer:         {"integer", pgtype.Int4OID},
	DoublePrecision: {"double precision", pgtype.Float8OID},
	Timestamp:       {"timestamptz", pgtype.TimestamptzOID},
	Interval:        {"interval", pgtype.IntervalOID},
	Inet:            {"inet", pgtype.InetOID},
	JSONB:           {"jsonb", pgtype.JSONBOID},
	BigInt:          {"bigint", pgtype.Int8OID},
}

// ParseType reads a type that a column of the user's can have.
func ParseType(s string) (Type, error) {
	for _, kind := range []Kind{Text, UUID, Boolean, Integer, BigInt, DoublePrecision, Timestamp, Inet, JSONB} {
		if t := (Type{Kind: kind}); t.String() == s {
			return t, nil
		}
	}
	t := Type{Kind: Text}
	// The most that Postgres allows is 10,485,760.
	if n, err := fmt.Sscanf(s, "varchar(%d)", &t.Width); err == nil && n == 1 && t.Width > 0 && t.Width <= 10_485_760 && t.String() == s {
		return t, nil
	}
	return Type{}, errors.New("must be text, varchar(n), boolean, integer, bigint, double precision, uuid, inet, jsonb or timestamptz")
}

// OID is the type's in the catalogue; of a varchar without a width it is that of
// varchar.
func (t Type) OID() uint32 { return kinds[t.Kind].oid }

// String is the type as DDL spells it.
func (t Type) String() string {
	name := kinds[t.Kind].name
	if t.Kind == Text && t.Width == 0 {
		name = "text"
	}
	if t.Width > 0 {
		name = fmt.Sprintf("%s(%d)", name, t.Width)
	}
	if t.Kind == TextArray {
		name += "[]"
	}
	return name
}

// Found is the type of a column in the catalogue.
type Found struct {
	OID uint32
	// Modifier is the type's modifier; of a varchar(n) it is n and 4, and -1 is
	// none.
	Modifier int32
}

// Takes reports whether the column can be written with the binary form of any
// value of t: it has the type itself, or one with the same representation, and
// is no narrower.
func (f Found) Takes(t Type) bool {
	switch f.OID {
	case kinds[t.Kind].oid:
	case pgtype.TextOID:
		return t.Kind == Text
	case pgtype.TextArrayOID:
		return t.Kind == TextArray
	default:
		return false
	}
	const header = 4
	narrower := f.Modifier >= 0 && (t.Width == 0 || f.Modifier-header < int32(t.Width))
	return t.Kind != Text && t.Kind != TextArray || !narrower
}

// Column is one column of the canonical line table.
type Column struct {
	Name string
	Type Type
	// NotNull columns hold a value in every line.
	NotNull bool
	// Default is the SQL expression of the column's default; empty: none.
	Default string
	// Comment says what the column holds; it is stored as the column's comment.
	Comment string
}

// Added is the definition with which the column joins a table that holds rows:
// as in a new table, but NULL where older rows would have no value.
func (c Column) Added() Column {
	c.NotNull = c.NotNull && c.Default != ""
	return c
}
