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
	ok, err = outlast(ctx, m.pool, statements.Render("writers.sql", nil), parent.String())
	return end, ok, err
}

// outlast waits until the transactions that sql lists first have ended. It returns false if some take
// too long.
func outlast(ctx context.Context, db table.Querier, sql string, arguments ...any) (bool, error) {
	writers, err := transactions(ctx, db, sql, arguments...)
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	deadline := time.After(patience)
	for err == nil && len(writers) > 0 {
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-deadline:
			return false, nil
		case <-ticker.C:
		}
		var left []string
		left, err = transactions(ctx, db, sql, arguments...)
		writers = slices.DeleteFunc(writers, func(w string) bool { return !slices.Contains(left, w) })
	}
	return err == nil, err
}

// transactions returns those that sql lists.
func transactions(ctx context.Context, db table.Querier, sql string, arguments ...any) ([]string, error) {
	rows, err := db.Query(ctx, sql, arguments...)
	if err != nil {
		return nil, fmt.Errorf("list writers: %w", err)
	}
	writers, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("list writers: %w", err)
	}
	return writers, nil
}

// seenByNodes waits until the nodes of Citus show all that the snapshot of the round does: a transaction
// ends on the coordinator, where its marks are, before it ends where its lines are. One whose end a node
// did not hear of stays prepared there until Citus recovers it.
func (r *round) seenByNodes(ctx context.Context) (bool, error) {
	distributed, err := table.Distributed(ctx, r, r.parent)
	if err != nil || !distributed {
		return err == nil, err
	}
	if ok, err := outlast(ctx, r, statements.Render("writers.sql", nil), r.parent.String()); err != nil || !ok {
		return false, err
	}
	return outlast(ctx, r, statements.Render("prepared.sql", nil))
}
