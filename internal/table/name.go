package table

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
)

// maxTableName is the most bytes of a table's name. An identifier has at most 63, and a
// partition appends a suffix ("_2023051213") and, where that name is taken, a number
// ("_2").
const maxTableName = 63 - 13

// Name is the name of a table. Schema is empty until it is known.
type Name struct {
	Schema, Name string
}

// ParseName reads `name` or `schema.name`. A part in double quotes can hold a dot, as in
// SQL. An unquoted part keeps its case, unlike in SQL.
func ParseName(text string) (Name, error) {
	parts, err := splitIdentifier(text)
	if err != nil {
		return Name{}, err
	}
	name := Name{Name: parts[len(parts)-1]}
	switch len(parts) {
	case 1:
	case 2:
		name.Schema = parts[0]
	default:
		return Name{}, errors.New("has more parts than a schema and a table")
	}
	for _, part := range parts {
		if err := checkIdentifier(part); err != nil {
			return Name{}, err
		}
	}
	if len(name.Name) > maxTableName {
		return Name{}, fmt.Errorf("is longer than %d bytes, which leaves no room for the names of partitions", maxTableName)
	}
	return name, nil
}

// CheckColumnName returns an error if no column can have the name.
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
		return errors.New("has a part of more than 63 bytes, the maximum for an identifier")
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

// Identifier returns the parts of the name, without the schema if it is unknown.
func (n Name) Identifier() pgx.Identifier {
	if n.Schema == "" {
		return pgx.Identifier{n.Name}
	}
	return pgx.Identifier{n.Schema, n.Name}
}

// Sibling returns the name of another object in the table's schema.
func (n Name) Sibling(name string) Name {
	return Name{Schema: n.Schema, Name: name}
}

// Hours returns the name of the table of hours. It and the other parts of a table's history
// stand beside the table: see package history.
func (n Name) Hours() Name { return n.Sibling(n.Name + "_hours") }

// Days returns the name of the table of days.
func (n Name) Days() Name { return n.Sibling(n.Name + "_days") }

// Marks returns the name of the table that says which hours have to be rebuilt.
func (n Name) Marks() Name { return n.Sibling(n.Name + "_marks") }

// Built returns the name of the table that says how far history is built.
func (n Name) Built() Name { return n.Sibling(n.Name + "_built") }

// Fence returns the name of the sequence that says which hours writers have to mark.
func (n Name) Fence() Name { return n.Sibling(n.Name + "_fence") }

// String returns the name quoted for SQL.
func (n Name) String() string { return n.Identifier().Sanitize() }
