package database

import (
	"context"
	"fmt"
	"regexp"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// durable is the key under which a connection says that its transactions have to be made
// durable.
const durable = "durable"

// noteDurability notes how a connection commits. Where a role or a database has
// synchronous_commit off, commits do not wait for the disk, so transactions that write lines
// turn it on; they do so where it is on, too, because PgBouncer may have servers of which it
// is off. local, remote_write and remote_apply stay.
func noteDurability(ctx context.Context, conn *pgx.Conn) error {
	var level string
	if err := conn.QueryRow(ctx, "SHOW synchronous_commit").Scan(&level); err != nil {
		return fmt.Errorf("read synchronous_commit: %w", err)
	}
	if level == "off" || level == "on" {
		conn.PgConn().CustomData()[durable] = true
	}
	return nil
}

// Durable returns sql, which takes no arguments, such that its transaction is on disk once
// it has committed, unless the URL asks for synchronous_commit to be off. The setting ends
// with the transaction, and takes no round trip of its own.
func Durable(conn *pgx.Conn, sql string) string {
	if conn.PgConn().CustomData()[durable] == nil {
		return sql
	}
	return "SET LOCAL synchronous_commit = on;\n" + sql
}

// ExecDurably runs one statement that takes arguments in a transaction of its own, as
// durable as Durable makes it.
func ExecDurably(ctx context.Context, conn *pgx.Conn, sql string, args ...any) error {
	// What comes before one Sync message is one transaction. Postgres does not take it for a
	// block in which SET LOCAL makes sense.
	statements := &pgx.Batch{}
	if conn.PgConn().CustomData()[durable] != nil {
		statements.Queue("SELECT pg_catalog.set_config('synchronous_commit', 'on', true)")
	}
	statements.Queue(sql, args...)
	return conn.SendBatch(ctx, statements).Close()
}

// off matches synchronous_commit among options.
var off = regexp.MustCompile(`(?i)(?:-c\s*|--)synchronous[-_]commit\s*=\s*(?:off|false|no|0)\b`)

// Asynchronous reports whether the URL asks for synchronous_commit to be off: then a crash of
// Postgres can lose lines that it has acknowledged.
func Asynchronous(cfg *pgxpool.Config) bool {
	switch cfg.ConnConfig.RuntimeParams["synchronous_commit"] {
	case "off", "false", "no", "0":
		return true
	}
	return off.MatchString(cfg.ConnConfig.RuntimeParams["options"])
}
