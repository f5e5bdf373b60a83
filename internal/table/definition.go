package table

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"canonicallineexporter/internal/copyrow"
)

// ErrNoTable says that the table does not exist.
var ErrNoTable = errors.New("table does not exist")

// Definition holds the definition of an existing table, as read from the catalogue.
type Definition struct {
	// Name is schema-qualified.
	Name Name
	// Columns holds the type of each column by name, except for generated ones.
	Columns map[string]ColumnType
	// Generated names the columns that Postgres computes.
	Generated []string
	// Fingerprint changes with any of the columns that can be written.
	Fingerprint int64
	// RowSecurity says that row level security applies to this role: it may not COPY.
	RowSecurity bool
	// Fenced says that the table has a history, so that writes have to leave marks.
	Fenced bool
	// Distributed says that Citus keeps the rows on its nodes.
	Distributed bool
	// Key keeps a line from being stored twice.
	Key Key
	// Unwritable says what has to change before lines can be written; nil if nothing.
	Unwritable error
}

// Has reports whether the table has a column of the name, of any type.
func (d Definition) Has(column string) bool {
	_, ok := d.Columns[column]
	return ok || slices.Contains(d.Generated, column)
}

// Querier runs a query: a pool or a transaction.
type Querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// Read reads the table's definition from the catalogue. It follows the search_path
// if the name has no schema, and returns ErrNoTable if there is no such table. A view is not
// one that lines can be written to.
func Read(ctx context.Context, db Querier, name Name) (Definition, error) {
	rows, err := db.Query(ctx, statements.Render("columns.sql", nil), name.String())
	if err != nil {
		return Definition{}, fmt.Errorf("read columns: %w", err)
	}
	definition := Definition{Name: name, Columns: map[string]ColumnType{}}
	var column, instead string
	var columnType ColumnType
	var generated, citus bool
	_, err = pgx.ForEachRow(rows, []any{
		&definition.Name.Schema, &definition.Name.Name, &column, &columnType.OID, &columnType.Modifier, &generated, &instead, &definition.Fingerprint,
		&definition.RowSecurity, &definition.Fenced, &citus,
	}, func() error {
		if generated {
			definition.Generated = append(definition.Generated, column)
		} else {
			definition.Columns[column] = columnType
		}
		return nil
	})
	if err != nil {
		return Definition{}, fmt.Errorf("read columns: %w", err)
	}
	switch {
	case column == "":
		return Definition{}, ErrNoTable
	case instead != "":
		return Definition{}, fmt.Errorf("`table` has to name the table that holds the lines: %s is %s", definition.Name, instead)
	}
	if citus {
		if err := definition.checkDistribution(ctx, db); err != nil || definition.Unwritable != nil {
			return definition, err
		}
	}
	if err := definition.checkKey(ctx, db); err != nil || definition.Unwritable != nil {
		return definition, err
	}
	if definition.Distributed && !definition.Key.Arbiter() {
		definition.Unwritable = fmt.Errorf("table %s is distributed, and ON CONFLICT cannot use its key: "+
			"run ALTER TABLE %s ADD PRIMARY KEY (created_at, id)", definition.Name, definition.Name)
	}
	if definition.Unwritable != nil || !definition.RowSecurity {
		return definition, nil
	}
	return definition, definition.checkPolicies(ctx, db)
}

// checkPolicies says which policies of row level security are missing. Without those of SELECT
// and UPDATE, a line that comes again would be refused as if it were at fault.
func (d *Definition) checkPolicies(ctx context.Context, db Querier) error {
	var missing []string
	var role string
	if err := db.QueryRow(ctx, statements.Render("policies.sql", nil), d.Name.String()).Scan(&missing, &role); err != nil {
		return fmt.Errorf("read policies: %w", err)
	}
	if len(missing) > 0 {
		d.Unwritable = fmt.Errorf("table %s has row level security, and no policy lets role %s %s lines: "+
			"run CREATE POLICY canonical_line ON %s TO %s USING (true) WITH CHECK (true)",
			d.Name, role, strings.Join(missing, " and "), d.Name, role)
	}
	return nil
}

// ColumnType holds the type of a column in the catalogue.
type ColumnType struct {
	OID uint32
	// Modifier is n+4 for a varchar(n), and -1 for a type without a modifier.
	Modifier int32
}

// Accepts reports whether the column can store the binary form of every value of t: its
// type is t itself or has the same representation, and it is not narrower.
func (c ColumnType) Accepts(t copyrow.Type) bool {
	switch c.OID {
	case t.OID():
	case pgtype.TextOID:
		return t.Kind == copyrow.Text
	case pgtype.TextArrayOID:
		return t.Kind == copyrow.TextArray
	default:
		return false
	}
	const header = 4
	narrower := c.Modifier >= 0 && (t.Width == 0 || c.Modifier-header < int32(t.Width))
	return t.Kind != copyrow.Text && t.Kind != copyrow.TextArray || !narrower
}
