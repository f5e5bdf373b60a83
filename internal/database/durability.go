package database

import (
	"context"
	"regexp"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// makeDurable makes the commit of the open transaction wait for the disk where a role or a
// database has it otherwise. It leaves local, remote_write and remote_apply alone.
const makeDurable = `SELECT pg_catalog.set_config('synchronous_commit', 'on', true)
WHERE pg_catalog.current_setting('synchronous_commit') OPERATOR(pg_catalog.=) 'off';
`

// asynchronous is the key under which a connection says that its URL asks for
// synchronous_commit to be off.
const asynchronous = "asynchronous"

// Durable returns sql, which takes no arguments, such that its transaction is on disk once
// it has committed, unless the URL asks for synchronous_commit to be off. The setting ends
// with the transaction, and takes no round trip of its own.
func Durable(conn *pgx.Conn, sql string) string {
	if conn.PgConn().CustomData()[asynchronous] != nil {
		return sql
	}
	return makeDurable + sql
}

// ExecDurably runs one statement that takes arguments in a transaction of its own, as
// durable as Durable makes it.
func ExecDurably(ctx context.Context, conn *pgx.Conn, sql string, args ...any) error {
	// What comes before one Sync message is one transaction.
	statements := &pgx.Batch{}
	statements.Queue(Durable(conn, ""))
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
