package table

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Lock waits for the advisory lock that serialises changes of a table's definition
// between collectors. The lock ends with the transaction, so it works through PgBouncer
// in transaction mode.
func Lock(ctx context.Context, tx pgx.Tx, name Name) error {
	if _, err := tx.Exec(ctx, statements.Render("lock.sql", nil), name.String()); err != nil {
		return fmt.Errorf("lock table definition: %w", err)
	}
	return nil
}

// TryLock takes the same lock as Lock if it is free, and reports whether it was.
func TryLock(ctx context.Context, tx pgx.Tx, name Name) (bool, error) {
	var free bool
	if err := tx.QueryRow(ctx, statements.Render("try_lock.sql", nil), name.String()).Scan(&free); err != nil {
		return false, fmt.Errorf("lock table definition: %w", err)
	}
	return free, nil
}
