// Package copyrow holds rows in the binary format of Postgres' COPY: a value, a row,
// a batch of rows, the stream that COPY takes and the form of a batch on disk
// (https://www.postgresql.org/docs/current/sql-copy.html).
package copyrow

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgtype"
)

// Kind says how a value is held and encoded: one Kind for all Postgres types that
// share a binary representation. The numbers are part of the form on disk.
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

// epochMicroseconds lie between 1970 and 2000, from which Postgres counts the
// microseconds of a timestamp.
const epochMicroseconds = 946_684_800_000_000

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

// ParseType returns the type that s names; it knows the types that users can give
// to columns of their own.
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

// OID returns the type's OID in the catalogue. Text without a width has that of
// varchar.
func (t Type) OID() uint32 { return kinds[t.Kind].oid }

// String returns the type as DDL spells it.
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

// Column is the place of a field in a row.
type Column struct {
	Name string
	Type Type
}
