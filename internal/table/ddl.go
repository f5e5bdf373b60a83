package table

import (
	"context"
	"embed"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"canonicallineexporter/internal/database"
)

//go:embed *.sql
var files embed.FS

var statements = database.ParseStatements(files)

// Apply creates the table if it is missing, and otherwise the columns that it lacks. It
// changes nothing that exists. It is safe for concurrent use, by several collectors too.
func Apply(ctx context.Context, pool *pgxpool.Pool, name Name, columns []Column) error {
	tx, err := pool.Begin(ctx)
	if err != nil {
		return fmt.Errorf("begin table change: %w", err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // a no-op after Commit
	if err := Lock(ctx, tx, name); err != nil {
		return err
	}

	definition, err := Read(ctx, tx, name)
	missing := make([]Column, 0, len(columns))
	switch {
	case errors.Is(err, ErrNoTable):
		if name, err = create(ctx, tx, name, columns); err != nil {
			return err
		}
		missing = columns
	case err != nil:
		return err
	default:
		name = definition.Name
		for _, column := range columns {
			if !definition.Has(column.Name) {
				missing = append(missing, column.Added())
			}
		}
		if len(missing) == 0 {
			return nil
		}
		// It bounds how long the change waits for readers, because writers queue up behind it.
		if _, err := tx.Exec(ctx, "SET LOCAL lock_timeout = '1s'"); err != nil {
			return fmt.Errorf("set lock timeout: %w", err)
		}
		if _, err := tx.Exec(ctx, statements.Render("add_columns.sql", tableData{name, missing})); err != nil {
			return fmt.Errorf("add columns: %w", err)
		}
	}
	if _, err := tx.Exec(ctx, statements.Render("comment_columns.sql", tableData{name, missing})); err != nil {
		return fmt.Errorf("comment columns: %w", err)
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("commit table change: %w", err)
	}
	return nil
}

// tableData fills the templates that define a table.
type tableData struct {
	Table   Name
	Columns []Column
}

// create creates the schema and gen_ulid() where they are missing, then the table. It
// returns the schema-qualified name.
func create(ctx context.Context, tx pgx.Tx, name Name, columns []Column) (Name, error) {
	if name.Schema == "" {
		var schema *string
		if err := tx.QueryRow(ctx, "SELECT pg_catalog.current_schema()").Scan(&schema); err != nil {
			return name, fmt.Errorf("read current schema: %w", err)
		}
		if schema == nil {
			return name, errors.New("no schema of the search_path exists: qualify the table with a schema")
		}
		name.Schema = *schema
	}
	// Tables share their schema and its gen_ulid(). Whoever waits here finds both.
	if err := Lock(ctx, tx, name.Sibling("gen_ulid")); err != nil {
		return name, err
	}
	var noSchema, noFunction bool
	err := tx.QueryRow(ctx, statements.Render("missing.sql", nil), name.Schema).Scan(&noSchema, nil, &noFunction)
	if err != nil {
		return name, fmt.Errorf("read what is missing: %w", err)
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
		if _, err := tx.Exec(ctx, statements.Render(step.name, tableData{name, columns})); err != nil {
			return name, fmt.Errorf("run %s: %w", step.name, err)
		}
	}
	return name, nil
}
