package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"

	"github.com/jackc/pgx/v5"
)

var tableFaults = []fault{
	{name: "the database is dropped", strike: func(w *world, _ *rand.Rand) func() {
		w.admin("ALTER ROLE writer NOLOGIN")
		w.disconnect()
		w.dropDatabase()
		return func() {
			w.admin("CREATE DATABASE lines OWNER writer")
			w.admin("ALTER ROLE writer LOGIN")
		}
	}},
	{name: "a partition is dropped", strike: func(w *world, _ *rand.Rand) func() {
		w.dropPartition()
		return nothing
	}},
	{name: "a column is dropped", strike: func(w *world, _ *rand.Rand) func() {
		w.execute("lines", "ALTER TABLE IF EXISTS canonical_api_line DROP COLUMN IF EXISTS user_agent")
		return nothing
	}},
	{name: "the table is dropped", strike: func(w *world, _ *rand.Rand) func() {
		w.dropTable()
		return nothing
	}},
	{name: "the table is renamed", strike: func(w *world, random *rand.Rand) func() {
		w.renameTable(fmt.Sprintf("former_%d", random.Uint64()))
		return nothing
	}},
}

// dropDatabase keeps the table locked until it is gone, so that no line is stored unnoticed.
func (w *world) dropDatabase() {
	w.on("lines", func(conn *pgx.Conn) error {
		tx, err := conn.Begin(w.ctx)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(w.ctx, "LOCK TABLE canonical_api_line"); err != nil {
			return err
		}
		err = w.lose(tx, "canonical_api_line")
		w.admin("DROP DATABASE lines WITH (FORCE)")
		return err
	})
}

// dropPartition drops the partition that is being written.
func (w *world) dropPartition() {
	w.transaction(func(tx pgx.Tx) error {
		var partition *string
		err := tx.QueryRow(w.ctx, `SELECT (SELECT tableoid::regclass::text FROM canonical_api_line
			WHERE created_at <= now() ORDER BY created_at DESC LIMIT 1)`).Scan(&partition)
		if err != nil || partition == nil {
			return err
		}
		if _, err := tx.Exec(w.ctx, "LOCK TABLE canonical_api_line"); err != nil {
			return err
		}
		if err := w.lose(tx, *partition); err != nil {
			return err
		}
		_, err = tx.Exec(w.ctx, "DROP TABLE "+*partition)
		return err
	})
}

// renameTable moves the table out of the way, with its partitions under their names.
func (w *world) renameTable(name string) {
	w.replaceTable("ALTER TABLE canonical_api_line RENAME TO " + name)
}

func (w *world) dropTable() { w.replaceTable("DROP TABLE canonical_api_line CASCADE") }

// replaceTable has the exporter make the table anew.
func (w *world) replaceTable(sql string) {
	w.transaction(func(tx pgx.Tx) error {
		if _, err := tx.Exec(w.ctx, "LOCK TABLE canonical_api_line"); err != nil {
			return err
		}
		if err := w.lose(tx, "canonical_api_line"); err != nil {
			return err
		}
		_, err := tx.Exec(w.ctx, sql)
		return err
	})
}

var roleFaults = []fault{
	{name: "INSERT is revoked", strike: func(w *world, _ *rand.Rand) func() {
		w.execute("lines", "REVOKE INSERT ON canonical_api_line FROM writer")
		return func() { w.execute("lines", "GRANT INSERT ON canonical_api_line TO writer") }
	}},
	{name: "the role may not log in", strike: func(w *world, _ *rand.Rand) func() {
		w.admin("ALTER ROLE writer NOLOGIN")
		w.disconnect()
		return func() { w.admin("ALTER ROLE writer LOGIN") }
	}},
	{name: "the database is read-only", strike: func(w *world, _ *rand.Rand) func() {
		w.admin("ALTER DATABASE lines SET default_transaction_read_only = on")
		w.disconnect()
		return func() {
			w.admin("ALTER DATABASE lines RESET default_transaction_read_only")
			w.disconnect()
		}
	}},
	{name: "the password is rotated", strike: func(w *world, random *rand.Rand) func() {
		password := fmt.Sprintf("secret %d", random.Uint64())
		w.admin("ALTER ROLE writer PASSWORD '" + password + "'")
		w.disconnect()
		return func() { w.writePassword(password) }
	}},
}

// writePassword hands the role's password to the collector.
func (w *world) writePassword(password string) {
	w.must(os.WriteFile(w.passfile+".next", []byte("*:*:*:writer:"+password+"\n"), 0o600))
	w.must(os.Rename(w.passfile+".next", w.passfile))
}

// disconnect ends the collector's sessions, and returns once they have ended.
func (w *world) disconnect() {
	w.admin("SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE usename = 'writer'")
}

var refusals = []fault{
	{name: "a trigger refuses some lines", strike: func(w *world, _ *rand.Rand) func() {
		w.execute("lines", fmt.Sprintf(`
			DROP TABLE IF EXISTS teapots;
			CREATE OR REPLACE FUNCTION no_teapots() RETURNS trigger LANGUAGE plpgsql AS
				$$ BEGIN IF to_regclass('teapots') IS NULL THEN RAISE 'no teapots'; END IF; RETURN NEW; END $$;
			CREATE OR REPLACE TRIGGER no_teapots BEFORE INSERT ON canonical_api_line FOR EACH ROW
				WHEN (NEW.status = %d) EXECUTE FUNCTION no_teapots()`, poisonStatus))
		return func() { w.execute("lines", "CREATE TABLE IF NOT EXISTS teapots ()") }
	}},
	{name: "a CHECK refuses some lines", strike: func(w *world, _ *rand.Rand) func() {
		w.execute("lines", fmt.Sprintf("ALTER TABLE canonical_api_line ADD CONSTRAINT no_teapots CHECK (status <> %d) NOT VALID", poisonStatus))
		return func() {
			w.execute("lines", "ALTER TABLE IF EXISTS canonical_api_line DROP CONSTRAINT IF EXISTS no_teapots")
		}
	}},
	{name: "one line in a thousand is refused from here on", strike: func(w *world, _ *rand.Rand) func() {
		w.refuse(1000)
		return nothing
	}},
}

// guards has a CHECK and a trigger refuse lines by their status, on any table of lines that
// is made from then on.
var guards = fmt.Sprintf(`
CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused'; END $$;
CREATE FUNCTION public.guard() RETURNS void LANGUAGE plpgsql AS $$ BEGIN
	ALTER TABLE public.canonical_api_line ADD CONSTRAINT guard CHECK (status <> %d);
	CREATE TRIGGER guard BEFORE INSERT ON public.canonical_api_line FOR EACH ROW
		WHEN (NEW.status = %d) EXECUTE FUNCTION public.refuse();
END $$;
CREATE FUNCTION public.guard_new() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
	IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE object_identity = 'public.canonical_api_line') THEN
		PERFORM public.guard();
	END IF;
END $$;
CREATE EVENT TRIGGER guard ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION public.guard_new();
`, checkStatus, triggerStatus)

// refuse has Postgres refuse one line in so many from here on, whatever takes the place of
// the table or the database.
func (w *world) refuse(share int64) {
	if w.client.refusable.Load() == 0 {
		w.execute("lines", guards+"SELECT public.guard();")
		w.execute("template1", guards)
	}
	w.client.refusable.Store(share)
}
