package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/database"
	"canonicallineexporter/internal/table"
)

// markBatch has stored lines say that they are incomplete.
func markBatch(ctx context.Context, conn *pgx.Conn, t *target, marks copyrow.Batch) error {
	found, ok := t.Columns["statistics"]
	if !ok || !found.Accepts(copyrow.Type{Kind: copyrow.JSONB}) {
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
	if err := database.ExecDurably(ctx, conn, sql, times, ids, slices.MinFunc(times, time.Time.Compare), slices.MaxFunc(times, time.Time.Compare)); err != nil {
		return fmt.Errorf("mark lines: %w", err)
	}
	return nil
}
