package table

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// lockTimeout is far longer than another collector takes for its change.
const lockTimeout = 10 * time.Second

// Lock waits for the advisory lock that serialises changes of a table's definition
// between collectors. The lock ends with the transaction, so it works through PgBouncer
// in transaction mode. Lock gives up after a while, and leaves the transaction with that
// limit for other locks: whoever holds this one for longer does not change the table.
func Lock(ctx context.Context, tx pgx.Tx, name Name) error {
	if _, err := tx.Exec(ctx, fmt.Sprintf("SET LOCAL lock_timeout = %d", lockTimeout.Milliseconds())); err != nil {
		return fmt.Errorf("set lock timeout: %w", err)
	}
	if _, err := tx.Exec(ctx, statements.Render("lock.sql", nil), name.String()); err != nil {
		return fmt.Errorf("lock table definition: %w", err)
	}
	return nil
}
