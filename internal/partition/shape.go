package partition

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"canonicallineexporter/internal/table"
)

// shape says how a table is partitioned. Somebody else may have created it.
type shape struct {
	oid         uint32
	partitioned bool
	// byTime says that the partitions are ranges of the time of their rows. Only those are
	// maintained.
	byTime bool
	// further is the number of columns in the key after that time.
	further int
	// key is the key as in PARTITION BY, and keyType the type of its first column.
	key, keyType string
	// become is the owner, if this role can take its place and is another.
	become string
	// entry is the statement that lets this role change the table; empty if it may. owner is
	// who may.
	entry, owner string
	// distributed says that Citus keeps the rows on its nodes.
	distributed bool
}

// readShape reads the shape of a schema-qualified table whose rows have their time in column.
func readShape(ctx context.Context, db table.Querier, parent table.Name, column string) (s shape, err error) {
	var citus bool
	err = db.QueryRow(ctx, statements.Render("shape.sql", nil), parent.String(), column).
		Scan(&s.partitioned, &s.byTime, &s.further, &s.key, &s.keyType, &s.oid, &s.owner, &s.become, &s.entry, &citus)
	if errors.Is(err, pgx.ErrNoRows) {
		return s, table.ErrNoTable
	}
	if err != nil {
		return s, fmt.Errorf("read partition key: %w", err)
	}
	if citus {
		s.distributed, err = table.Distributed(ctx, db, parent)
	}
	return s, err
}

// unmaintained says why the partitions of the table are not maintained.
func (s shape) unmaintained(parent table.Name) Notice {
	if !s.partitioned {
		return Notice{
			"the table is not partitioned: lines are written, and none is ever removed",
			"delete old lines yourself, or move them to a table that is partitioned by RANGE (created_at)", parent,
		}
	}
	key := s.key
	if s.keyType != "" {
		key += " of type " + s.keyType
	}
	return Notice{
		"the table is partitioned by " + key + ": its partitions are not maintained",
		"create and remove its partitions yourself; the exporter maintains those of RANGE (created_at) with the type timestamptz", parent,
	}
}

// refusal says that this role cannot change the table.
func (s shape) refusal(parent table.Name) error {
	return fmt.Errorf("%s belongs to the role %q; as that role or as a superuser, run: %s", parent, s.owner, s.entry)
}

// homeless says that lines have no partition, and that the exporter cannot make one.
func (s shape) homeless(parent table.Name) Notice {
	return Notice{
		"lines wait, because no partition takes them and the table is partitioned by " + s.key,
		"create the partition that is missing, or a DEFAULT partition", parent,
	}
}
