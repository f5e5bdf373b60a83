package table

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/database"
)

// KeyColumns identify a line.
var KeyColumns = []string{"created_at", "id"}

// Key is the unique index that keeps a line from being stored twice.
type Key struct {
	// Index is the oid of the index, and IndexName its name.
	Index     uint32
	IndexName Name
	Columns   []string
	// Deferrable keys cannot be named in ON CONFLICT.
	Deferrable bool
}

// Exact reports whether the key alone keeps a line from being stored twice. One with more
// columns lets in versions that differ in those.
func (k Key) Exact() bool {
	return !slices.ContainsFunc(k.Columns, func(c string) bool { return !slices.Contains(KeyColumns, c) })
}

// Arbiter reports whether ON CONFLICT can find a line that is already stored by this key.
func (k Key) Arbiter() bool { return k.Exact() && !k.Deferrable }

// serves reports whether the key is unique on id, or contains what identifies a line.
func (k Key) serves() bool {
	if len(k.Columns) == 1 {
		return k.Columns[0] == "id"
	}
	return slices.Contains(k.Columns, "created_at") && slices.Contains(k.Columns, "id")
}

// readKey returns the key of the table that serves best, and ok if there is one.
func readKey(ctx context.Context, db Querier, name Name) (best Key, ok bool, err error) {
	rows, err := db.Query(ctx, statements.Render("keys.sql", nil), name.String())
	if err != nil {
		return Key{}, false, fmt.Errorf("read keys: %w", err)
	}
	var index uint32
	var indexName string
	var columns []string
	var immediate bool
	_, err = pgx.ForEachRow(rows, []any{&index, &indexName, &columns, &immediate}, func() error {
		key := Key{Index: index, IndexName: Name{Schema: name.Schema, Name: indexName}, Columns: slices.Clone(columns), Deferrable: !immediate}
		better := key.Arbiter() && !best.Arbiter() || key.Exact() && !best.Exact()
		if key.serves() && (!ok || better) {
			best, ok = key, true
		}
		return nil
	})
	if err != nil {
		return Key{}, false, fmt.Errorf("read keys: %w", err)
	}
	return best, ok, nil
}

// checkKey sets the definition's key, or says why lines cannot be told apart in the table.
func (d *Definition) checkKey(ctx context.Context, db Querier) (err error) {
	for _, column := range []copyrow.Column{
		{Name: "id", Type: copyrow.Type{Kind: copyrow.UUID}}, {Name: "created_at", Type: copyrow.Type{Kind: copyrow.Timestamp}},
	} {
		if d.Unwritable = d.lacksIdentity(column); d.Unwritable != nil {
			return nil
		}
	}
	var ok bool
	if d.Key, ok, err = readKey(ctx, db, d.Name); ok || err != nil {
		return err
	}
	var partitionColumns []string
	var expression bool
	err = db.QueryRow(ctx, statements.Render("partition_key.sql", nil), d.Name.String()).Scan(&partitionColumns, &expression)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("read partition key: %w", err)
	}
	if expression {
		d.Unwritable = fmt.Errorf("table %s is partitioned by an expression, so it cannot have the unique index on "+
			"created_at and id that keeps a line from being stored twice: partition it by created_at", d.Name)
		return nil
	}
	columns := slices.Clone(KeyColumns)
	for _, column := range partitionColumns {
		if !slices.Contains(columns, column) {
			columns = append(columns, column)
		}
	}
	for i, column := range columns {
		columns[i] = database.QuoteIdentifier(column)
	}
	d.Unwritable = fmt.Errorf("table %s has no key that keeps a line from being stored twice: run CREATE UNIQUE INDEX ON %s (%s)",
		d.Name, d.Name, strings.Join(columns, ", "))
	return nil
}

// lacksIdentity returns an error unless the table has a column that identifies lines, with
// its type.
func (d *Definition) lacksIdentity(column copyrow.Column) error {
	found, ok := d.Columns[column.Name]
	switch {
	case !ok:
		return fmt.Errorf("table %s has no column %s that can be written: run ALTER TABLE %s ADD COLUMN %s %s",
			d.Name, column.Name, d.Name, column.Name, column.Type)
	case found.OID != column.Type.OID():
		return fmt.Errorf("column %s of table %s has another type than %s: run ALTER TABLE %s ALTER COLUMN %s TYPE %s, "+
			"or, if the table is partitioned by it, make the table anew",
			column.Name, d.Name, column.Type, d.Name, column.Name, column.Type)
	default:
		return nil
	}
}
