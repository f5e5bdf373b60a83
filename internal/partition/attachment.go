package partition

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"canonicallineexporter/internal/database"
	"canonicallineexporter/internal/table"
)

// attachAs creates a partition as the owner of the parent, if this role may become that one,
// so that it belongs to those who own the others, and has the owner's default privileges. A
// partition that belongs to this role is better than none.
func (m *Maintainer) attachAs(ctx context.Context, tx pgx.Tx, parent table.Name, shape shape, p Partition, newest uint32) error {
	if shape.become == "" {
		return m.attachNew(ctx, tx, parent, shape, p, newest)
	}
	asOwner, err := tx.Begin(ctx) // a savepoint
	if err != nil {
		return err
	}
	_, err = asOwner.Exec(ctx, "SET LOCAL ROLE "+database.QuoteIdentifier(shape.become))
	if err == nil {
		err = m.attachNew(ctx, asOwner, parent, shape, p, newest)
	}
	if err == nil {
		if _, err = asOwner.Exec(ctx, "RESET ROLE"); err == nil {
			return asOwner.Commit(ctx)
		}
	}
	if err := asOwner.Rollback(ctx); err != nil {
		return err
	}
	if database.Busy(err) {
		return err
	}
	if err := m.attachNew(ctx, tx, parent, shape, p, newest); err != nil {
		return err
	}
	m.notify(Notice{
		"the owner of the table may not create its partitions: they belong to the role of this exporter",
		"GRANT USAGE, CREATE ON SCHEMA " + database.QuoteIdentifier(parent.Schema) + " TO " + database.QuoteIdentifier(shape.become), parent,
	})
	return nil
}

// attachNew creates a table like the parent with the storage parameters of the newest
// managed partition, attaches it and marks it.
func (m *Maintainer) attachNew(ctx context.Context, tx pgx.Tx, parent table.Name, shape shape, p Partition, newest uint32) error {
	data := struct {
		tables
		From, To               string
		Further                string
		Parameters, Tablespace string
		AccessMethod           string
	}{
		tables: tables{parent, p.Name}, From: p.From.UTC().Format(time.RFC3339Nano), To: p.To.UTC().Format(time.RFC3339Nano),
		Further: strings.Repeat(", MINVALUE", shape.further),
	}
	err := tx.QueryRow(ctx, statements.Render("storage.sql", nil), parent.String(), newest).Scan(&data.Parameters, &data.Tablespace, &data.AccessMethod)
	if err != nil {
		return err
	}
	for _, file := range []string{"create.sql", "attach.sql"} {
		if _, err := tx.Exec(ctx, statements.Render(file, data)); err != nil {
			return err
		}
	}
	if err := m.endow(ctx, tx, parent, p.Name); err != nil {
		return err
	}
	if m.cfg.Equip != nil {
		if err := m.cfg.Equip(ctx, tx, p.Name); err != nil {
			return err
		}
	}
	return setMark(ctx, tx, p.Name, p.mark)
}

// endow gives a new partition the policies and grants of the parent, as far as this role may.
// A policy that names the parent's columns in a subquery cannot be carried over; without it,
// row level security shows less.
func (m *Maintainer) endow(ctx context.Context, tx pgx.Tx, parent, partition table.Name) error {
	rows, err := tx.Query(ctx, statements.Render("belongings.sql", nil), parent.String(), partition.String())
	if err != nil {
		return err
	}
	belongings, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, sql := range belongings {
		part, err := tx.Begin(ctx) // a savepoint
		if err != nil {
			return err
		}
		if _, failed := part.Exec(ctx, sql); failed == nil {
			err = part.Commit(ctx)
		} else {
			m.notify(Notice{
				"new partitions lack what their table has: " + database.Redact(failed).Error(),
				"add it to them yourself; a policy must not name the columns of its table in a subquery", parent,
			})
			err = part.Rollback(ctx)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
