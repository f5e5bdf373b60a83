// Package copyrow encodes rows in the binary format of COPY in Postgres: values, rows,
// batches of rows, the stream that COPY reads, and batches on disk
// (https://www.postgresql.org/docs/current/sql-copy.html).
package copyrow

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgtype"
)

// Kind says how a value is held and encoded. Postgres types that share a binary
// representation share a Kind. The numbers are part of the format on disk.
type Kind uint8

// These are the kinds of the columns that the table can have.
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

// epochMicroseconds is the time from 1970 to 2000, the epoch of a timestamp in Postgres.
const epochMicroseconds = 946_684_800_000_000

// Type is the Postgres type of a column.
type Type struct {
	Kind Kind
	// Width is the maximum length in characters of a varchar, or of an element of a
	// varchar[]; 0: unlimited.
	Width int
}

// kinds holds the SQL name and the OID of every Kind.
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

// ParseType returns the type that s names. It accepts the types that the configuration
// can give to a column.
func ParseType(s string) (Type, error) {
	for _, kind := range []Kind{Text, UUID, Boolean, Integer, BigInt, DoublePrecision, Timestamp, Inet, JSONB} {
		if t := (Type{Kind: kind}); t.String() == s {
			return t, nil
		}
	}
	t := Type{Kind: Text}
	// Postgres allows at most 10,485,760 characters.
	if n, err := fmt.Sscanf(s, "varchar(%d)", &t.Width); err == nil && n == 1 && t.Width > 0 && t.Width <= 10_485_760 && t.String() == s {
		return t, nil
	}
	return Type{}, errors.New("must be text, varchar(n), boolean, integer, bigint, double precision, uuid, inet, jsonb or timestamptz")
}

// OID returns the type's OID in the catalogue. It returns varchar's OID for text too.
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

// Qualified returns the type as String does, such that no other schema can have a type of its
// name.
func (t Type) Qualified() string {
	switch {
	case t.Kind == UUID, t.Kind == Timestamp, t.Kind == Inet, t.Kind == JSONB, t.Kind == Text && t.Width == 0:
		return "pg_catalog." + t.String()
	default: // made of key words
		return t.String()
	}
}

// Column names a field of a row and its type.
type Column struct {
	Name string
	Type Type
}
