package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/database"
)

// staged runs f in a transaction in which the staging table holds the batch.
func staged(ctx context.Context, conn *pgx.Conn, sql *batchSQL, batch copyrow.Batch, f func(pgx.Tx) error) error {
	begun := false
	// One round trip begins the transaction and makes the table.
	begin := pgx.TxOptions{BeginQuery: "BEGIN;\n" + database.Durable(conn, sql.createStaging)}
	err := pgx.BeginTxFunc(ctx, conn, begin, func(tx pgx.Tx) error {
		begun = true
		if _, err := copyRows(ctx, conn.PgConn(), sql.copyStaging, batch); err != nil {
			return err
		}
		return f(tx)
	})
	if err != nil && !begun {
		return outsideError{fmt.Errorf("create staging table: %w", err)}
	}
	return err
}
