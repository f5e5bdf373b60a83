package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/database"
	"canonicallineexporter/internal/table"
)

//go:embed *.sql
var files embed.FS

var statements = database.ParseStatements(files)

// insertFunc writes a batch of columns that the table takes.
type insertFunc func(ctx context.Context, conn *pgx.Conn, p *plan, batch copyrow.Batch) (Outcomes, error)

// copyBatch writes lines that are all new by COPY alone. Those that replace what may be
// stored are upserted in the same transaction.
func copyBatch(ctx context.Context, conn *pgx.Conn, p *plan, batch copyrow.Batch) (Outcomes, error) {
	fresh, amended := lanes(batch)
	if amended.Len() == 0 {
		if err := copyRows(ctx, conn.PgConn(), p.copy, fresh); err != nil {
			return Outcomes{}, err
		}
		return Outcomes{Inserted: fresh.Len()}, nil
	}
	var outcomes Outcomes
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) (err error) {
		if fresh.Len() > 0 {
			if err := copyRows(ctx, conn.PgConn(), p.copy, fresh); err != nil {
				return err
			}
		}
		outcomes, err = upsert(ctx, tx, p, amended)
		return err
	})
	if err != nil {
		return Outcomes{}, err
	}
	outcomes.Inserted += fresh.Len()
	return outcomes, nil
}

// copyRows streams the batch into a table, in a transaction of its own unless one is
// open.
func copyRows(ctx context.Context, conn *pgconn.PgConn, copySQL string, batch copyrow.Batch) error {
	tag, err := conn.CopyFrom(ctx, batch.Stream(), copySQL)
	if err != nil {
		return fmt.Errorf("copy rows: %w", err)
	}
	if tag.RowsAffected() != int64(batch.Len()) {
		return errors.New("copy rows: server counted other rows than were sent")
	}
	return nil
}

// upsertBatch stages the batch and moves it into the table in one transaction.
func upsertBatch(ctx context.Context, conn *pgx.Conn, p *plan, batch copyrow.Batch) (outcomes Outcomes, err error) {
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) (err error) {
		outcomes, err = upsert(ctx, tx, p, batch)
		return err
	})
	return outcomes, err
}

// upsert stages the batch and moves it into the table.
func upsert(ctx context.Context, tx pgx.Tx, p *plan, batch copyrow.Batch) (Outcomes, error) {
	if _, err := tx.Exec(ctx, p.createStaging); err != nil {
		return Outcomes{}, fmt.Errorf("create staging table: %w", err)
	}
	if err := copyRows(ctx, tx.Conn().PgConn(), p.copyStaging, batch); err != nil {
		return Outcomes{}, err
	}
	var keys, known, written int
	if err := tx.QueryRow(ctx, p.upsert).Scan(&keys, &known, &written); err != nil {
		return Outcomes{}, fmt.Errorf("upsert rows: %w", err)
	}
	// Another writer may have inserted between the snapshot and the conflict; the sum
	// stays exact.
	inserted := min(keys-known, written)
	return Outcomes{Inserted: inserted, Updated: written - inserted, Unchanged: batch.Len() - written}, nil
}

// markBatch has stored lines say that they are incomplete.
func markBatch(ctx context.Context, conn *pgx.Conn, t *target, marks copyrow.Batch) error {
	found, ok := t.Columns["statistics"]
	if !ok || !found.Takes(copyrow.Type{Kind: copyrow.JSONB}) {
		return nil
	}
	id, createdAt := copyrow.Index(marks.Layout, "id"), copyrow.Index(marks.Layout, "created_at")
	ids, times := make([]pgtype.UUID, marks.Len()), make([]time.Time, marks.Len())
	for i := range ids {
		ids[i] = pgtype.UUID{Bytes: [16]byte(marks.Value(i, id)), Valid: true}
		times[i] = marks.Time(i, createdAt)
	}
	_, updatedAt := t.Columns["updated_at"]
	sql := statements.Render("mark.sql", struct {
		Table     table.Name
		UpdatedAt bool
	}{t.Name, updatedAt})
	if _, err := conn.Exec(ctx, sql, times, ids); err != nil {
		return fmt.Errorf("mark lines: %w", err)
	}
	return nil
}
