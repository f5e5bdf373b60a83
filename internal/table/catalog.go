package table

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"canonicallineexporter/internal/copyrow"
)

// ErrNoTable says that the table does not exist.
var ErrNoTable = errors.New("table does not exist")

// Catalog says how an existing table is defined.
type Catalog struct {
	// Name is schema-qualified.
	Name Name
	// Columns holds the type of each column by name.
	Columns map[string]Found
}

// Querier runs SQL: a pool or a transaction.
type Querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// Read reads the table's definition from the catalogue. It follows the search_path
// if the name has no schema, and returns ErrNoTable if there is no such table.
func Read(ctx context.Context, db Querier, name Name) (Catalog, error) {
	rows, err := db.Query(ctx, statements.Render("columns.sql", nil), name.String())
	if err != nil {
		return Catalog{}, fmt.Errorf("read columns: %w", err)
	}
	catalog := Catalog{Name: name, Columns: map[string]Found{}}
	var column string
	var found Found
	_, err = pgx.ForEachRow(rows, []any{&catalog.Name.Schema, &catalog.Name.Name, &column, &found.OID, &found.Modifier}, func() error {
		catalog.Columns[column] = found
		return nil
	})
	if err != nil {
		return Catalog{}, fmt.Errorf("read columns: %w", err)
	}
	if len(catalog.Columns) == 0 {
		return Catalog{}, ErrNoTable
	}
	return catalog, nil
}

// Found is the type of a column in the catalogue.
type Found struct {
	OID uint32
	// Modifier is n+4 of a varchar(n), -1 of a type without a modifier.
	Modifier int32
}

// Takes reports whether the column can be written with the binary form of any value
// of t: it has the type itself, or one of the same representation, and is no
// narrower.
func (f Found) Takes(t copyrow.Type) bool {
	switch f.OID {
	case t.OID():
	case pgtype.TextOID:
		return t.Kind == copyrow.Text
	case pgtype.TextArrayOID:
		return t.Kind == copyrow.TextArray
	default:
		return false
	}
	const header = 4
	narrower := f.Modifier >= 0 && (t.Width == 0 || f.Modifier-header < int32(t.Width))
	return t.Kind != copyrow.Text && t.Kind != copyrow.TextArray || !narrower
}
