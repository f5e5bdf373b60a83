package history

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"canonicallineexporter/internal/partition"
	"canonicallineexporter/internal/table"
)

// A writer that finds an hour beyond the fence leaves no mark. It looks while it holds the lock
// of a write, so whoever looked before the fence was moved still holds it afterwards. The clock
// only decides when the fence moves: it can be wrong without harm.

// patience is how long writers may take before an hour waits for the next round, and pause the
// time from one look at them to the next.
const (
	patience = 5 * time.Second
	pause    = 20 * time.Millisecond
)

// closeHours has writers mark every hour that has ended, and waits until those that did not know
// have finished. It returns the end of these hours, and false if there are still such writers.
func (m *Maintainer) closeHours(ctx context.Context, parent table.Name) (end time.Time, ok bool, err error) {
	r, err := m.begin(ctx, parent)
	if err != nil {
		return end, false, err
	}
	defer r.rollback(ctx)
	end = partition.Hour.Floor(r.now)
	if _, err := r.Exec(ctx, statements.Render("close.sql", parent), end.Unix()/3600); err != nil {
		return end, false, fmt.Errorf("move fence: %w", err)
	}
	if err := r.commit(ctx); err != nil {
		return end, false, err
	}
	writers, err := m.writers(ctx, parent)
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	deadline := time.After(patience)
	for err == nil && len(writers) > 0 {
		select {
		case <-ctx.Done():
			return end, false, ctx.Err()
		case <-deadline:
			return end, false, nil
		case <-ticker.C:
		}
		var left []string
		left, err = m.writers(ctx, parent)
		writers = slices.DeleteFunc(writers, func(w string) bool { return !slices.Contains(left, w) })
	}
	return end, err == nil, err
}

// writers returns the transactions that write lines.
func (m *Maintainer) writers(ctx context.Context, parent table.Name) ([]string, error) {
	rows, err := m.pool.Query(ctx, statements.Render("writers.sql", nil), parent.String())
	if err != nil {
		return nil, fmt.Errorf("list writers: %w", err)
	}
	writers, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("list writers: %w", err)
	}
	return writers, nil
}
