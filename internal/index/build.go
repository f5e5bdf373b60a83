package index

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/zap"

	"canonicallineexporter/internal/table"
)

// buildTimeout bounds one build or removal of an index, whose waits hold up nobody. What is
// cut off begins anew in a later round.
const buildTimeout = time.Hour

// definition fills the templates that make and comment on an index.
type definition struct {
	Partition, Index table.Name
	Column           string
	OperatorClass    string
	Exact            bool
	Concurrently     bool
	// Distributed says that Citus keeps the pages on its nodes.
	Distributed bool
}

// Comment is the comment on the index.
func (d definition) Comment() string { return commentOf(d.Exact, d.Column) }

// act carries out one action. It plans again under the lock first: others may have been
// faster, and the locks that a survey sees are younger than the indexes.
func (m *Maintainer) act(ctx context.Context, parent table.Name, planned action) error {
	var a action
	var d definition
	err := m.inTransaction(ctx, parent, func(tx pgx.Tx) (err error) {
		if a, err = m.confirm(ctx, tx, planned); err != nil {
			return err
		}
		d = definition{
			Partition: a.leaf.Name, Index: a.index.Name, Column: a.column.Name, OperatorClass: a.column.OperatorClass,
			Exact: a.exact, Concurrently: true,
		}
		if d.Distributed, err = table.Distributed(ctx, tx, parent); err != nil {
			return err
		}
		switch a.kind {
		case build:
			if d.Index, err = freeName(ctx, tx, d); err != nil {
				return err
			}
			return setNote(ctx, tx, d, a.column.Comment, note{Index: d.Index.Name, Begun: a.leaf.ReadAt})
		case finish:
			return finishIndex(ctx, tx, d, a.column.Comment)
		case forget:
			return setNote(ctx, tx, d, a.column.Comment, note{})
		default:
			return nil
		}
	})
	if err != nil {
		return err
	}
	return m.follow(ctx, parent, a, d)
}

// confirm returns the action as it is to be carried out, without a kind if it is not any more.
func (m *Maintainer) confirm(ctx context.Context, tx pgx.Tx, planned action) (action, error) {
	leaves, err := read(ctx, tx, []Root{{OID: planned.leaf.OID, Until: planned.leaf.Until}}, m.names())
	if err != nil {
		return action{}, err
	}
	for _, a := range plan(m.columns, leaves) {
		if a.kind == planned.kind && a.column.Name == planned.column.Name && a.index.OID == planned.index.OID && a.exact == planned.exact {
			return a, nil
		}
	}
	return action{}, nil
}

// follow carries out the part of an action that works in no transaction, since it waits for
// others without holding them up. The next plan finishes what is built.
func (m *Maintainer) follow(ctx context.Context, parent table.Name, a action, d definition) error {
	file, ended := "build.sql", "built the index of a partition"
	switch a.kind {
	case build:
	case drop:
		file, ended = "drop.sql", "dropped the index of a partition"
	default:
		return nil
	}
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, buildTimeout)
	defer cancel()
	if _, err := m.pool.Exec(ctx, statements.Render(file, d)); err != nil {
		return err
	}
	m.logger.Info(ended, append(a.fields(), zap.String("index", d.Index.Name), zap.Duration("took", time.Since(began)))...)
	if a.kind == build || a.column.Note.Index != d.Index.Name {
		return nil
	}
	return m.inTransaction(ctx, parent, func(tx pgx.Tx) error { return setNote(ctx, tx, d, a.column.Comment, note{}) })
}

// inTransaction runs f under the lock that keeps collectors apart, with short waits.
func (m *Maintainer) inTransaction(ctx context.Context, parent table.Name, f func(pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, m.pool, func(tx pgx.Tx) error {
		if err := table.Lock(ctx, tx, parent); err != nil {
			return err
		}
		if err := limitWaits(ctx, tx); err != nil {
			return err
		}
		return f(tx)
	})
}

// Equip makes the indexes of a new partition in the transaction that creates it: it is empty
// and nobody sees it yet. One that cannot be made is left to the rounds, which say why.
func (m *Maintainer) Equip(ctx context.Context, tx pgx.Tx, partition table.Name) error {
	var oid uint32
	if err := tx.QueryRow(ctx, "SELECT pg_catalog.to_regclass($1)::pg_catalog.oid", partition.String()).Scan(&oid); err != nil {
		return fmt.Errorf("find partition: %w", err)
	}
	leaves, err := read(ctx, tx, []Root{{OID: oid}}, m.names())
	if err != nil {
		return err
	}
	for _, a := range plan(m.columns, leaves) {
		if a.kind != build {
			continue
		}
		savepoint, err := tx.Begin(ctx)
		if err != nil {
			return fmt.Errorf("begin index: %w", err)
		}
		if failed := equip(ctx, savepoint, a); failed == nil {
			err = savepoint.Commit(ctx)
		} else {
			err = savepoint.Rollback(ctx)
		}
		if err != nil {
			return fmt.Errorf("end index: %w", err)
		}
	}
	return nil
}

func equip(ctx context.Context, tx pgx.Tx, a action) (err error) {
	d := definition{Partition: a.leaf.Name, Column: a.column.Name, OperatorClass: a.column.OperatorClass}
	if d.Distributed, err = table.Distributed(ctx, tx, a.leaf.Name); err != nil {
		return err
	}
	if d.Index, err = freeName(ctx, tx, d); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, statements.Render("build.sql", d)); err != nil {
		return fmt.Errorf("create index: %w", err)
	}
	if _, err := tx.Exec(ctx, statements.Render("desummarize.sql", nil), d.Index.String()); err != nil {
		return fmt.Errorf("desummarize index: %w", err)
	}
	return finishIndex(ctx, tx, d, a.column.Comment)
}

// finishIndex says in the catalogue that the index is complete.
func finishIndex(ctx context.Context, tx pgx.Tx, d definition, comment string) error {
	if _, err := tx.Exec(ctx, statements.Render("comment.sql", d)); err != nil {
		return fmt.Errorf("comment on index: %w", err)
	}
	return setNote(ctx, tx, d, comment, note{Index: d.Index.Name})
}

// setNote writes the note behind the comment on the column.
func setNote(ctx context.Context, tx pgx.Tx, d definition, comment string, n note) error {
	data := struct {
		definition
		Note string
	}{d, n.after(comment)}
	if _, err := tx.Exec(ctx, statements.Render("note.sql", data)); err != nil {
		return fmt.Errorf("note index: %w", err)
	}
	return nil
}

// maxIdentifier is the most bytes of an identifier.
const maxIdentifier = 63

// freeName returns a name for the index that no other relation has. It is made of those of
// the partition and the column, as far as they fit.
func freeName(ctx context.Context, tx pgx.Tx, d definition) (table.Name, error) {
	suffix := "_sparse"
	if d.Exact {
		suffix = "_exact"
	}
	base := d.Partition.Name + "_" + d.Column + suffix
	if len(base) > maxIdentifier-2 {
		sum := sha256.Sum256([]byte(base))
		suffix = "_" + hex.EncodeToString(sum[:4]) + suffix
		base = strings.ToValidUTF8(base[:maxIdentifier-2-len(suffix)], "") + suffix
	}
	rows, err := tx.Query(ctx, statements.Render("names.sql", nil), d.Partition.Schema, base)
	if err != nil {
		return table.Name{}, fmt.Errorf("list names: %w", err)
	}
	taken, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return table.Name{}, fmt.Errorf("list names: %w", err)
	}
	free := base
	for n := 2; slices.Contains(taken, free); n++ {
		free = base + strconv.Itoa(n)
	}
	return d.Partition.Sibling(free), nil
}
