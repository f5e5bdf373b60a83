package partition

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"canonicallineexporter/internal/table"
)

// names reports whether the mark is about a table of the name. A partition stays in its
// schema when the parent moves to another, and moves along when the schema is renamed.
func (m mark) names(partition, parent table.Name) bool {
	schema := m.Schema
	if of, err := table.ParseName(m.Of); schema == "" && err == nil {
		schema = of.Schema
	}
	return partition.Name == m.Name && (partition.Schema == schema || partition.Schema == parent.Schema)
}

// family returns the family of the table with the oid; empty if no partition has one yet.
// The newest partition decides, because an operator may have attached one of another table.
func (c Catalog) family(parentOID uint32) string {
	for _, p := range slices.Backward(c) {
		if p.Attached && p.managed && p.mark.Family != "" {
			return p.mark.Family
		}
	}
	for _, p := range slices.Backward(c) {
		if p.managed && p.mark.Table == parentOID {
			return p.mark.Family
		}
	}
	return ""
}

// newFamily returns the family of the next partition of the table.
func (c Catalog) newFamily(parentOID uint32) string {
	if family := c.family(parentOID); family != "" {
		return family
	}
	return rand.Text()
}

// ownedBy returns the catalogue with only those tables managed whose marks are about the
// parent, and without the detached tables of others.
//
// A copy of the table, restored under another name, has partitions of the same family. What
// the original has detached is not the copy's: its marks name a table that still exists.
func (c Catalog) ownedBy(ctx context.Context, db table.Querier, parent table.Name, parentOID uint32) (Catalog, error) {
	family := c.family(parentOID)
	var others []mark
	for _, p := range c {
		if p.managed && !p.Attached && p.mark.Table != parentOID && p.mark.Family == family {
			others = append(others, p.mark)
		}
	}
	standing, err := standing(ctx, db, parent, others)
	if err != nil {
		return nil, err
	}
	var owned Catalog
	for _, p := range c {
		switch {
		case !p.managed:
		case p.mark.Family == "":
			p.managed = p.mark.Of == parent.String()
		case p.mark.Family != family:
			p.managed = false
		case !p.Attached:
			p.managed = p.mark.Table == parentOID || !standing[p.mark.Name]
		}
		if p.Attached || p.managed {
			owned = append(owned, p)
		}
	}
	return owned, nil
}

// standing returns the names of the partitions whose marks name a partitioned table that
// exists, by name or oid, and is not the parent.
func standing(ctx context.Context, db table.Querier, parent table.Name, marks []mark) (map[string]bool, error) {
	if len(marks) == 0 {
		return nil, nil
	}
	var names, tables []string
	var oids []uint32
	standing := map[string]bool{}
	for _, m := range marks {
		of, err := table.ParseName(m.Of)
		if err != nil || of.String() != m.Of {
			standing[m.Name] = true // somebody has changed the mark
			continue
		}
		names, tables, oids = append(names, m.Name), append(tables, m.Of), append(oids, m.Table)
	}
	rows, err := db.Query(ctx, statements.Render("standing.sql", nil), parent.String(), names, tables, oids)
	if err != nil {
		return nil, fmt.Errorf("look for tables: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("look for tables: %w", err)
	}
	for _, name := range found {
		standing[name] = true
	}
	return standing, nil
}
