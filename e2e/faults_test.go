package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
)

// fault is something that goes wrong, and is put right again.
type fault struct {
	name string
	// strike does it; what it returns puts it right.
	strike func(w *world, random *rand.Rand) (mend func())
}

func nothing() {}

var faults = []fault{
	{"the collector is killed", func(w *world, _ *rand.Rand) func() {
		w.current().Kill()
		return w.startCollector
	}},
	{"the collector is stopped", func(w *world, _ *rand.Rand) func() {
		_ = w.current().Terminate()
		return w.startCollector
	}},
	{"the collector is stopped while Postgres is away", func(w *world, _ *rand.Rand) func() {
		w.must(w.server.Kill())
		_ = w.current().Terminate()
		return func() {
			w.startCollector()
			w.must(w.server.Restart())
		}
	}},
	{"the collector is killed while Postgres is away, and again as it starts", func(w *world, random *rand.Rand) func() {
		w.must(w.server.Kill())
		w.pause(random)
		w.current().Kill()
		c := w.s.launch(w.t)
		<-time.After(time.Duration(random.IntN(500)) * time.Millisecond)
		c.Kill()
		return func() {
			w.startCollector()
			w.must(w.server.Restart())
		}
	}},
	{"the collector is reloaded", func(w *world, _ *rand.Rand) func() {
		w.reloadCollector()
		return nothing
	}},
	{"clients give up", func(w *world, _ *rand.Rand) func() {
		w.client.impatient.Store(true)
		return func() { w.client.impatient.Store(false) }
	}},
	{"Postgres crashes", func(w *world, _ *rand.Rand) func() {
		w.must(w.server.Kill())
		return func() { w.must(w.server.Restart()) }
	}},
	{"Postgres restarts", func(w *world, _ *rand.Rand) func() {
		w.must(w.server.Restart())
		return nothing
	}},
	{"connections are cut in mid-COPY", func(w *world, random *rand.Rand) func() {
		w.proxy.cutAfter.Store(random.Int64N(20_000))
		return w.proxy.heal
	}},
	{"answers to COMMIT get lost", func(w *world, _ *rand.Rand) func() {
		w.proxy.deaf.Store(true)
		return w.proxy.heal
	}},
	{"the network is slow", func(w *world, random *rand.Rand) func() {
		w.proxy.latency.Store(int64(time.Duration(random.IntN(50)) * time.Millisecond))
		return w.proxy.heal
	}},
	{"the network stalls", func(w *world, _ *rand.Rand) func() {
		w.proxy.latency.Store(int64(3 * time.Second)) // longer than an attempt may take
		return func() {
			w.proxy.heal()
			w.proxy.cut()
		}
	}},
	{"the database is dropped", func(w *world, _ *rand.Rand) func() {
		w.admin("ALTER ROLE writer NOLOGIN")
		w.admin("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'writer'")
		w.transaction(func(tx pgx.Tx) error { return w.lose(tx, "canonical_api_line") })
		w.admin("DROP DATABASE lines WITH (FORCE)")
		return func() {
			w.admin("CREATE DATABASE lines OWNER writer")
			w.admin("ALTER ROLE writer LOGIN")
		}
	}},
	{"a partition is dropped", func(w *world, _ *rand.Rand) func() {
		w.dropPartition()
		return nothing
	}},
	{"a column is dropped", func(w *world, _ *rand.Rand) func() {
		w.database("ALTER TABLE IF EXISTS canonical_api_line DROP COLUMN IF EXISTS user_agent")
		return nothing
	}},
	{"the table is dropped", func(w *world, _ *rand.Rand) func() {
		w.dropTable()
		return nothing
	}},
	{"the table is renamed", func(w *world, random *rand.Rand) func() {
		w.renameTable(fmt.Sprintf("former_%d", random.Uint64()))
		return nothing
	}},
	{"INSERT is revoked", func(w *world, _ *rand.Rand) func() {
		w.database("REVOKE INSERT ON canonical_api_line FROM writer")
		return func() { w.database("GRANT INSERT ON canonical_api_line TO writer") }
	}},
	{"the password is changed", func(w *world, _ *rand.Rand) func() {
		w.admin("ALTER ROLE writer NOLOGIN")
		w.admin("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'writer'")
		return func() { w.admin("ALTER ROLE writer LOGIN") }
	}},
	{"the database is read-only", func(w *world, _ *rand.Rand) func() {
		w.admin("ALTER DATABASE lines SET default_transaction_read_only = on")
		w.admin("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'writer'")
		return func() {
			w.admin("ALTER DATABASE lines RESET default_transaction_read_only")
			w.admin("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'writer'")
		}
	}},
	{fullDisk, func(w *world, _ *rand.Rand) func() {
		// Postgres has no room for rows or for WAL, over which it can crash.
		empty := w.fill(w.disk)
		return func() {
			empty()
			w.must(w.server.Restart())
		}
	}},
	{fullQueueDisk, func(w *world, random *rand.Rand) func() {
		w.must(w.server.Kill())
		empty := w.fill(w.queueDisk)
		w.pause(random)
		w.current().Kill()
		w.startCollector()
		return func() {
			empty()
			w.must(w.server.Restart())
		}
	}},
	{"a trigger refuses some lines", func(w *world, _ *rand.Rand) func() {
		w.database(fmt.Sprintf(`
			DROP TABLE IF EXISTS teapots;
			CREATE OR REPLACE FUNCTION no_teapots() RETURNS trigger LANGUAGE plpgsql AS
				$$ BEGIN IF to_regclass('teapots') IS NULL THEN RAISE 'no teapots'; END IF; RETURN NEW; END $$;
			CREATE OR REPLACE TRIGGER no_teapots BEFORE INSERT ON canonical_api_line FOR EACH ROW
				WHEN (NEW.status = %d) EXECUTE FUNCTION no_teapots()`, poison))
		return func() { w.database("CREATE TABLE IF NOT EXISTS teapots ()") }
	}},
	{"a CHECK refuses some lines", func(w *world, _ *rand.Rand) func() {
		w.database(fmt.Sprintf("ALTER TABLE canonical_api_line ADD CONSTRAINT no_teapots CHECK (status <> %d) NOT VALID", poison))
		return func() { w.database("ALTER TABLE IF EXISTS canonical_api_line DROP CONSTRAINT IF EXISTS no_teapots") }
	}},
}

// These take a small file system to happen on.
const (
	fullDisk      = "the disk is full"
	fullQueueDisk = "the disk of the queue is full while Postgres is away"
)

// fill leaves no room on a file system until it is emptied again.
func (w *world) fill(disk string) (empty func()) {
	filler := filepath.Join(disk, "filler")
	file, err := os.Create(filler)
	w.must(err)
	block := make([]byte, 1<<20)
	for size := len(block); size > 0; {
		if _, err := file.Write(block[:size]); err != nil {
			size /= 2
		}
	}
	w.must(file.Close())
	return func() { w.must(os.Remove(filler)) }
}

// reloadCollector has the collector read its configuration again: the process stays, and
// everything in it starts anew.
func (w *world) reloadCollector() {
	w.mu.Lock()
	w.handingOver = true
	w.mu.Unlock()
	w.must(w.current().Reload())
	w.mu.Lock()
	defer w.mu.Unlock()
	w.handingOver = false
	w.process++
}

// dropPartition drops the partition that is being written.
func (w *world) dropPartition() {
	w.transaction(func(tx pgx.Tx) error {
		var partition *string
		err := tx.QueryRow(w.ctx, `SELECT max(inhrelid::regclass::text) FROM pg_inherits
			WHERE inhparent = to_regclass('canonical_api_line')
				AND EXISTS (SELECT FROM canonical_api_line l WHERE l.tableoid = inhrelid)`).Scan(&partition)
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
