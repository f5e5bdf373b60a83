// Package schema holds the definition of the canonical line table and creates
// it: the table, its columns and the function behind the default of its id.
package schema

import (
	"context"
	"embed"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

//go:embed *.sql
var files embed.FS

var statements = ParseStatements(files)

// ErrNoTable says that the table does not exist.
var ErrNoTable = errors.New("table does not exist")

// Catalog is what the database says of an existing table.
type Catalog struct {
	// Table is schema-qualified.
	Table Table
	// Columns holds the type of each column by its name.
	Columns map[string]Found
}

// Querier runs SQL: a pool or a transaction.
type Querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// Read looks the table up in the catalogue, by search_path when its schema is
// not given. It returns ErrNoTable when there is none.
func Read(ctx context.Context, db Querier, table Table) (Catalog, error) {
	rows, err := db.Query(ctx, statements.Render("columns.sql", nil), table.String())
	if err != nil {
		return Catalog{}, fmt.Errorf("read columns: %w", err)
	}
	catalog := Catalog{Table: table, Columns: map[string]Found{}}
	var name string
	var found Found
	_, err = pgx.ForEachRow(rows, []any{&catalog.Table.Schema, &catalog.Table.Name, &name, &found.OID, &found.Modifier}, func() error {
		catalog.Columns[name] = found
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

// Lock waits for the transaction-level advisory lock that serialises changes
// to a table's definition between collectors. It works through PgBouncer in
// transaction mode, as it ends with the transaction.
func Lock(ctx context.Context, tx pgx.Tx, table Table) error {
	if _, err := tx.Exec(ctx, statements.Render("lock.sql", nil), table.String()); err != nil {
		return fmt.Errorf("lock table definition: %w", err)
	}
	return nil
}

// TryLock is Lock without the wait: it reports whether the lock was free.
func TryLock(ctx context.Context, tx pgx.Tx, table Table) (bool, error) {
	var free bool
	if err := tx.QueryRow(ctx, statements.Render("try_lock.sql", nil), table.String()).Scan(&free); err != nil {
		return false, fmt.Errorf("lock table definition: %w", err)
	}
	return free, nil
}

// Apply creates what is missing of the table and of columns, and changes
// nothing that exists. It is safe to call from several collectors at once.
func Apply(ctx context.Context, pool *pgxpool.Pool, table Table, columns []Column) error {
	tx, err := pool.Begin(ctx)
	if err != nil {
		return fmt.Errorf("begin schema change: %w", err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // a no-op after Commit
	if err := Lock(ctx, tx, table); err != nil {
		return err
	}

	catalog, err := Read(ctx, tx, table)
	missing := make([]Column, 0, len(columns))
	switch {
	case errors.Is(err, ErrNoTable):
		if table, err = create(ctx, tx, table, columns); err != nil {
			return err
		}
		missing = columns
	case err != nil:
		return err
	default:
		table = catalog.Table
		for _, column := range columns {
			if _, ok := catalog.Columns[column.Name]; !ok {
				missing = append(missing, column.Added())
			}
		}
		if len(missing) > 0 {
			if _, err := tx.Exec(ctx, statements.Render("add_columns.sql", tableData{table, missing})); err != nil {
				return fmt.Errorf("add columns: %w", err)
			}
		}
	}
	for _, column := range missing {
		if err := comment(ctx, tx, table, column); err != nil {
			return err
		}
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("commit schema change: %w", err)
	}
	return nil
}

type tableData struct {
	Table   Table
	Columns []Column
}

// create makes the schema, the function and the table, and returns the table's
// qualified name.
func create(ctx context.Context, tx pgx.Tx, table Table, columns []Column) (Table, error) {
	if table.Schema == "" {
		var schema *string
		if err := tx.QueryRow(ctx, "SELECT current_schema()").Scan(&schema); err != nil {
			return table, fmt.Errorf("read current schema: %w", err)
		}
		if schema == nil {
			return table, errors.New("no schema of the search_path exists: qualify the table with a schema")
		}
		table.Schema = *schema
	}
	var noSchema, noFunction bool
	err := tx.QueryRow(ctx, statements.Render("missing.sql", nil), table.Schema).Scan(&noSchema, nil, &noFunction)
	if err != nil {
		return table, fmt.Errorf("read what is missing: %w", err)
	}
	for _, step := range []struct {
		name   string
		needed bool
	}{
		{"create_schema.sql", noSchema},
		{"create_gen_ulid.sql", noFunction},
		{"create_table.sql", true},
	} {
		if !step.needed {
			continue
		}
		if _, err := tx.Exec(ctx, statements.Render(step.name, tableData{table, columns})); err != nil {
			return table, fmt.Errorf("run %s: %w", step.name, err)
		}
	}
	return table, nil
}

func comment(ctx context.Context, tx pgx.Tx, table Table, column Column) error {
	// COMMENT takes no parameters: the server writes the literal itself.
	var sql string
	err := tx.QueryRow(ctx, statements.Render("comment_column.sql", nil),
		table.String()+"."+QuoteIdentifier(column.Name), column.Comment).Scan(&sql)
	if err != nil {
		return fmt.Errorf("quote column comment: %w", err)
	}
	if _, err := tx.Exec(ctx, sql); err != nil {
		return fmt.Errorf("comment column: %w", err)
	}
	return nil
}
