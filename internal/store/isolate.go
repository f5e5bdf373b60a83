package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"canonicallineexporter/internal/copyrow"
)

// errDiscarded says that a trigger returned NULL for a line.
var errDiscarded = errors.New("a trigger discards the line")

// isolateBatch stores what it can of a batch in one transaction and finds what is refused.
func isolateBatch(ctx context.Context, conn *pgx.Conn, sql *batchSQL, batch copyrow.Batch) (w written, err error) {
	err = staged(ctx, conn, sql, batch, func(tx pgx.Tx) (err error) {
		w, err = isolate(ctx, tx, sql, batch)
		return err
	})
	return w, err
}

// isolate stores what it can of a staged batch. A row is refused only by the table as it was
// read.
func isolate(ctx context.Context, tx pgx.Tx, sql *batchSQL, batch copyrow.Batch) (written, error) {
	all := whole(batch)
	stored, err := scanCompared(tx.QueryRow(ctx, sql.compare, all.first, all.last))
	if err != nil {
		return written{}, fmt.Errorf("compare rows: %w", err)
	}
	if _, err := tx.Exec(ctx, sql.check); err != nil {
		return written{}, fmt.Errorf("check table: %w", err)
	}
	if _, err := tx.Exec(ctx, sql.isolate, pgx.QueryExecModeSimpleProtocol); err != nil {
		return written{}, fmt.Errorf("isolate rows: %w", err)
	}
	if _, err := tx.Exec(ctx, sql.note, nil); err != nil {
		return written{}, fmt.Errorf("mark hours: %w", err)
	}
	var answer []byte
	if err := tx.QueryRow(ctx, "SELECT pg_catalog.current_setting('canonical_line.isolated')").Scan(&answer); err != nil {
		return written{}, fmt.Errorf("read isolated rows: %w", err)
	}
	var isolated struct {
		Written int
		Refused []struct {
			ID                                pgtype.UUID
			Code, Message, Column, Constraint string
		}
	}
	if err := json.Unmarshal(answer, &isolated); err != nil {
		return written{}, fmt.Errorf("read isolated rows: %w", err)
	}
	var w written
	for _, r := range isolated.Refused {
		w.refuse(r.ID.Bytes, fmt.Errorf("isolate rows: %w", &pgconn.PgError{
			Severity: "ERROR", Code: r.Code, Message: r.Message, ColumnName: r.Column, ConstraintName: r.Constraint,
		}))
	}
	return w, w.count(ctx, tx, sql, batch, stored, isolated.Written)
}

// written says what became of a batch.
type written struct {
	Outcomes

	// refused holds the lines that are not stored, by id.
	refused map[[16]byte]error
}

// count sets the outcomes of a staged batch that was compared with the table before, and finds
// the lines that a trigger discards.
func (w *written) count(ctx context.Context, tx pgx.Tx, sql *batchSQL, batch copyrow.Batch, before compared, written int) error {
	missing := 0
	if len(w.refused) > 0 || written < before.keys-before.known {
		all := whole(batch)
		rows, err := tx.Query(ctx, sql.missing, all.first, all.last)
		if err != nil {
			return fmt.Errorf("find missing rows: %w", err)
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[[16]byte])
		if err != nil {
			return fmt.Errorf("find missing rows: %w", err)
		}
		missing = len(ids)
		for _, id := range ids {
			w.refuse(id, errDiscarded)
		}
	}
	// Another writer may have inserted a line between the snapshot and the conflict. The
	// sum is still exact.
	w.Inserted = max(0, min(before.keys-before.known-missing, written))
	w.Updated = written - w.Inserted
	w.Unchanged = batch.Len() - written - w.refusedRows(batch)
	return nil
}

// refuse takes note that a line is not stored, and of the first reason given for it.
func (w *written) refuse(id [16]byte, cause error) {
	if w.refused == nil {
		w.refused = map[[16]byte]error{}
	}
	w.refused[id] = cmp.Or(w.refused[id], cause)
}

// refusedRows returns the number of rows of the lines that are refused.
func (w *written) refusedRows(batch copyrow.Batch) (rows int) {
	if len(w.refused) == 0 {
		return 0
	}
	id := copyrow.Index(batch.Layout, "id")
	for i := range batch.Len() {
		if _, ok := w.refused[[16]byte(batch.Value(i, id))]; ok {
			rows++
		}
	}
	return rows
}
