package schema

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
)

// maxTableName leaves room, in Postgres' 63 bytes for an identifier, for the
// longest suffix of a partition ("_2023051213"), and for a number after it where
// that name is taken ("_2").
const maxTableName = 63 - 13

// Table names the partitioned table. Schema is empty until it is known.
type Table struct {
	Schema, Name string
}

// ParseTable reads `name` or `schema.name`. A part may be written in double
// quotes, as in SQL, to hold a dot; unlike in SQL the case of an unquoted part
// is kept.
func ParseTable(text string) (Table, error) {
	parts, err := splitIdentifier(text)
	if err != nil {
		return Table{}, err
	}
	table := Table{Name: parts[len(parts)-1]}
	switch len(parts) {
	case 1:
	case 2:
		table.Schema = parts[0]
	default:
		return Table{}, errors.New("has more parts than a schema and a table")
	}
	for _, part := range parts {
		if err := checkIdentifier(part); err != nil {
			return Table{}, err
		}
	}
	if len(table.Name) > maxTableName {
		return Table{}, fmt.Errorf("is longer than %d bytes, which leaves no room for the names of partitions", maxTableName)
	}
	return table, nil
}

// CheckColumnName returns an error for a name that no column can have.
func CheckColumnName(name string) error {
	if slices.Contains([]string{"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"}, name) {
		return errors.New("is the name of a system column")
	}
	return checkIdentifier(name)
}

func checkIdentifier(name string) error {
	switch {
	case name == "":
		return errors.New("has an empty part")
	case !utf8.ValidString(name) || strings.ContainsRune(name, 0):
		return errors.New("is not valid text")
	case len(name) > 63:
		return errors.New("has a part of more than 63 bytes, the most an identifier can have")
	default:
		return nil
	}
}

// splitIdentifier splits at the dots outside double quotes.
func splitIdentifier(text string) ([]string, error) {
	var parts []string
	var part strings.Builder
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"' && quoted && i+1 < len(text) && text[i+1] == '"':
			part.WriteByte('"')
			i++
		case c == '"':
			quoted = !quoted
		case c == '.' && !quoted:
			parts = append(parts, part.String())
			part.Reset()
		default:
			part.WriteByte(c)
		}
	}
	if quoted {
		return nil, errors.New("has an unterminated double quote")
	}
	return append(parts, part.String()), nil
}

// Identifier is the table's name, schema-qualified where the schema is known.
func (t Table) Identifier() pgx.Identifier {
	if t.Schema == "" {
		return pgx.Identifier{t.Name}
	}
	return pgx.Identifier{t.Schema, t.Name}
}

// Sibling names another object in the table's schema.
func (t Table) Sibling(name string) Table {
	return Table{Schema: t.Schema, Name: name}
}

// String is the table's quoted name, fit for SQL.
func (t Table) String() string { return t.Identifier().Sanitize() }
