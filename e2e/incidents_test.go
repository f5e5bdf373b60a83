package e2e

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"canonicallineexporter/internal/pgtest"
)

// incidents play what each alert is there for, and its end. TestAlerts_EveryRule_HasAnIncident
// reads the alerts that they expect.
var incidents = map[string]func(*testing.T, *timeline){
	"the database goes away":            databaseGoesAway,
	"the database was never reached":    databaseNeverReached,
	"lines that cannot be stored":       linesThatCannotBeStored,
	"spans that come too late":          spansThatComeTooLate,
	"more spans than there is room for": moreSpansThanRoom,
	"a table that is slow":              slowTable,
	"a disk that changes bits":          diskThatChangesBits,
	"an exporter that was renamed":      renamedExporter,
	"a role that owns nothing":          roleThatOwnsNothing,
	"a view on an old partition":        viewOnOldPartition,
	"a transaction that never ends":     transactionThatNeverEnds,
	"a client with a wrong clock":       clientWithWrongClock,
}

func databaseGoesAway(t *testing.T, l *timeline) {
	l.silence(10)
	l.fire("CanonicalLineMetricsMissing")
	d := pgtest.New(t)
	c := monitored(t, d.URL, t.TempDir(), "sending_queue::queue_size=30", "sending_queue::batch::min_size=1",
		"sending_queue::batch::max_size=1")
	deliver := overGRPC(t, c)
	c.settled(t)
	sent := 0
	send := func(ctx context.Context) error {
		sent++
		return deliver(ctx, ended(sent, time.Now().Add(-10*time.Minute)))
	}
	for range 5 {
		require.NoError(t, send(t.Context()))
		c.awaitMetric(t, "otelcol_canonical_line_written", is(float64(sent)))
		l.scrape(t, c, 5)
	}
	l.fire()

	d.Close(t)
	c.awaitMetric(t, "otelcol_canonical_line_database_up", is(0))
	// A request a minute, then more than the queue has room for.
	refused, accepted := 0, sent
	for minute := range 32 {
		requests := 1
		if minute >= 24 {
			requests = 3
		}
		for range requests {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			if err := send(ctx); err != nil {
				refused++
			} else {
				accepted++
			}
			cancel()
		}
		c.awaitMetric(t, "otelcol_canonical_line_waiting_age", over(300))
		l.scrape(t, c, 1)
	}
	require.Positive(t, refused)
	l.fire("CanonicalLineDatabaseDown", "CanonicalLineFailing", "CanonicalLineLinesWait", "CanonicalLineNothingWritten",
		"CanonicalLineQueueFull", "CanonicalLineSpansRefused")

	d.Open(t)
	c.awaitMetric(t, "otelcol_canonical_line_written", is(float64(accepted)))
	c.settled(t)
	l.scrape(t, c, 30)
	l.fire()
	c.terminate(t)
}

func databaseNeverReached(t *testing.T, l *timeline) {
	d := pgtest.New(t)
	d.Close(t)
	c := monitored(t, d.URL, t.TempDir())
	deliver := overGRPC(t, c)
	c.awaitMetric(t, "otelcol_canonical_line_database_up", is(0))
	for n := range 12 {
		require.NoError(t, deliver(t.Context(), ended(n, time.Now().Add(-10*time.Minute))))
		c.awaitMetric(t, "otelcol_canonical_line_waiting_age", over(300))
		c.awaitMetric(t, "otelcol_canonical_line_failing", over(1))
		l.scrape(t, c, 2)
	}
	l.fire("CanonicalLineDatabaseDown", "CanonicalLineFailing", "CanonicalLineLinesWait", "CanonicalLineNothingWritten")

	d.Open(t)
	c.awaitMetric(t, "otelcol_canonical_line_written", is(12))
	c.settled(t)
	l.scrape(t, c, 30)
	l.fire()
	c.terminate(t)
}

func linesThatCannotBeStored(t *testing.T, l *timeline) {
	d := pgtest.New(t)
	c := monitored(t, d.URL, t.TempDir())
	deliver := overGRPC(t, c)
	c.settled(t)
	d.Exec(t, "ALTER TABLE canonical_api_line ADD CHECK (status <> 418)")
	l.scrape(t, c, 10)
	l.fire()

	for n := range 11 {
		td := numbered(n)
		td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Attributes().PutInt("http.response.status_code", 418)
		require.NoError(t, deliver(t.Context(), td))
	}
	require.NoError(t, deliver(t.Context(), ended(11, time.Now().Add(100*24*time.Hour))))
	td := numbered(12)
	td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Attributes().PutStr("canonical.account_id", "acct_1")
	require.NoError(t, deliver(t.Context(), td))
	c.awaitMetric(t, "otelcol_canonical_line_dropped", is(11))
	c.awaitMetric(t, "otelcol_canonical_line_written", is(2))
	l.scrape(t, c, 2)
	l.fire("CanonicalLineClockSkew", "CanonicalLineDropped", "CanonicalLineValuesLeftOut")
	l.scrape(t, c, 70)
	l.fire()
	c.terminate(t)
}

func spansThatComeTooLate(t *testing.T, l *timeline) {
	d := pgtest.New(t)
	c := monitored(t, d.URL, t.TempDir(), "collapse::amend_window=50ms")
	deliver := overGRPC(t, c)
	c.settled(t)
	l.scrape(t, c, 20)
	require.NoError(t, deliver(t.Context(), numbered(1)))
	c.awaitMetric(t, "otelcol_canonical_line_amendable", is(0))
	require.NoError(t, deliver(t.Context(), queryOf(1)))
	c.awaitMetric(t, `otelcol_canonical_line_spans_resolved{outcome="late"`, is(1))
	l.scrape(t, c, 5)
	l.fire("CanonicalLineLateSpans")
	l.scrape(t, c, 20)
	l.fire()
	c.terminate(t)
}

func moreSpansThanRoom(t *testing.T, l *timeline) {
	d := pgtest.New(t)
	c := monitored(t, d.URL, t.TempDir(), "collapse::max_pending_spans=10")
	deliver := overGRPC(t, c)
	c.settled(t)
	l.scrape(t, c, 10)
	l.fire()
	for n := range 30 {
		require.NoError(t, deliver(t.Context(), queryOf(n)))
	}
	c.awaitMetric(t, `otelcol_canonical_line_spans_evicted{reason="max_pending_spans"`, over(0))
	l.scrape(t, c, 2)
	l.fire("CanonicalLineSpansEvicted")
	l.scrape(t, c, 70)
	l.fire()
	c.terminate(t)
}

func slowTable(t *testing.T, l *timeline) {
	d := pgtest.New(t)
	c := monitored(t, d.URL, t.TempDir())
	deliver := overGRPC(t, c)
	c.settled(t)
	require.NoError(t, deliver(t.Context(), numbered(0)))
	c.awaitMetric(t, "otelcol_canonical_line_written", is(1))
	d.Exec(t, `
		CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(5.2); RETURN NEW; END $$;
		CREATE TRIGGER slow BEFORE INSERT ON canonical_api_line FOR EACH ROW EXECUTE FUNCTION slow()`)
	l.scrape(t, c, 10)
	require.NoError(t, deliver(t.Context(), numbered(1)))
	c.awaitMetric(t, "otelcol_canonical_line_written", is(2))
	c.awaitMetric(t, "otelcol_canonical_line_batch_duration_count", over(1))
	l.scrape(t, c, 2)
	l.fire("CanonicalLineSlowWrites")
	l.scrape(t, c, 10)
	l.fire()
	c.terminate(t)
}

func diskThatChangesBits(t *testing.T, l *timeline) {
	d := pgtest.New(t)
	directory := t.TempDir()
	c := monitored(t, d.URL, directory)
	c.settled(t)
	l.scrape(t, c, 10)
	d.Close(t)
	deliver := overGRPC(t, c)
	for n := range 3 {
		require.NoError(t, deliver(t.Context(), numbered(n)))
	}
	c.Kill()
	file, err := bbolt.Open(filepath.Join(directory, "exporter_canonical_line__traces"), 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, file.Update(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(_ []byte, bucket *bbolt.Bucket) error {
			changed := false
			return bucket.ForEach(func(key, value []byte) error {
				if changed || len(value) < 100 {
					return nil
				}
				changed = true
				value = append([]byte(nil), value...)
				value[len(value)/2] ^= 1
				return bucket.Put(key, value)
			})
		})
	}))
	require.NoError(t, file.Close())

	d.Open(t)
	c = monitored(t, d.URL, directory)
	c.awaitMetric(t, "otelcol_canonical_line_written", is(2))
	c.settled(t)
	l.scrape(t, c, 2)
	l.fire("CanonicalLineQueueCorrupted")
	l.scrape(t, c, 70)
	l.fire()
	c.terminate(t)
}

func renamedExporter(t *testing.T, l *timeline) {
	d := pgtest.New(t)
	d.Close(t)
	directory := t.TempDir()
	c := monitored(t, d.URL, directory)
	require.NoError(t, overGRPC(t, c)(t.Context(), numbered(1)))
	c.Kill()
	d.Open(t)
	c = monitored(t, d.URL, directory, "--config=testdata/second.yaml")
	c.awaitMetric(t, "otelcol_canonical_line_queue_abandoned", is(1))
	c.settled(t)
	l.scrape(t, c, 10)
	l.fire("CanonicalLineQueueAbandoned")
	c.terminate(t)

	c = monitored(t, d.URL, directory)
	c.awaitMetric(t, "otelcol_canonical_line_written", is(1))
	c.settled(t)
	l.scrape(t, c, 10)
	l.fire()
	c.terminate(t)
}

func roleThatOwnsNothing(t *testing.T, l *timeline) {
	d := pgtest.New(t)
	c := monitored(t, d.URL, t.TempDir(), "partitions::create_ahead=1h")
	c.settled(t)
	c.terminate(t)
	role := d.Name + "_role"
	d.Exec(t, "CREATE ROLE "+role+" LOGIN; GRANT SELECT, INSERT, UPDATE ON canonical_api_line TO "+role)
	t.Cleanup(func() {
		_, err := d.Pool.Exec(context.WithoutCancel(t.Context()), "REASSIGN OWNED BY "+role+" TO postgres; DROP OWNED BY "+role+"; DROP ROLE "+role)
		require.NoError(t, err)
	})
	c = monitored(t, strings.Replace(d.URL, "//postgres@", "//"+role+"@", 1), t.TempDir())
	c.awaitMetric(t, "otelcol_canonical_line_partition_runway", over(0))
	c.awaitMetric(t, "otelcol_canonical_line_failing", is(2))
	l.scrape(t, c, 12)
	l.fire("CanonicalLineFailing", "CanonicalLineRunwayShort")

	d.Exec(t, "ALTER SCHEMA public OWNER TO "+role)
	for _, relation := range pgtest.All[string](t, d, "SELECT relid::text FROM pg_partition_tree('canonical_api_line')") {
		d.Exec(t, "ALTER TABLE "+relation+" OWNER TO "+role)
	}
	c.awaitMetric(t, "otelcol_canonical_line_partition_runway", over(48*3600))
	c.settled(t)
	l.scrape(t, c, 70)
	l.fire()
	c.terminate(t)
}

// oldPartition has a collector make a partition that the next one finds past its retention.
func oldPartition(t *testing.T, d *pgtest.Database) (partition string) {
	t.Helper()
	c := monitored(t, d.URL, t.TempDir(), "partitions::retention=0s")
	c.settled(t)
	old := time.Now().Add(-100 * 24 * time.Hour).UTC()
	require.NoError(t, overGRPC(t, c)(t.Context(), ended(1, old)))
	c.awaitMetric(t, "otelcol_canonical_line_written", is(1))
	c.terminate(t)
	return "canonical_api_line_" + old.Format("20060102")
}

func viewOnOldPartition(t *testing.T, l *timeline) {
	d := pgtest.New(t)
	partition := oldPartition(t, d)
	d.Exec(t, "CREATE VIEW old AS SELECT * FROM "+partition)
	c := monitored(t, d.URL, t.TempDir(), "partitions::keep_detached=0s")
	c.awaitMetric(t, `otelcol_canonical_line_partition_actions{action="drop",outcome="failure"`, over(0))
	l.scrape(t, c, 1)
	c.awaitMetric(t, `otelcol_canonical_line_partition_actions{action="drop",outcome="failure"`, over(4))
	c.awaitMetric(t, "otelcol_canonical_line_failing", is(1))
	l.scrape(t, c, 12)
	l.fire("CanonicalLineFailing", "CanonicalLinePartitionActionFails")

	d.Exec(t, "DROP VIEW old")
	c.awaitMetric(t, `otelcol_canonical_line_partition_actions{action="drop",outcome="success"`, is(1))
	c.settled(t)
	l.scrape(t, c, 70)
	l.fire()
	c.terminate(t)
}

func transactionThatNeverEnds(t *testing.T, l *timeline) {
	d := pgtest.New(t)
	partition := oldPartition(t, d)
	tx, err := d.Pool.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), "LOCK TABLE "+partition+" IN SHARE MODE")
	require.NoError(t, err)
	c := monitored(t, d.URL, t.TempDir(), "partitions::keep_detached=0s")
	c.awaitMetric(t, "otelcol_canonical_line_partition_actions", over(0))
	var deferred float64
	for range 8 {
		c.awaitMetric(t, `otelcol_canonical_line_partition_actions{action="detach",outcome="deferred"`, func(sum float64) bool {
			grown := sum > deferred
			if grown {
				deferred = sum
			}
			return grown
		})
		l.scrape(t, c, 30)
	}
	l.fire("CanonicalLinePartitionActionWaits")

	require.NoError(t, tx.Commit(t.Context()))
	c.awaitMetric(t, `otelcol_canonical_line_partition_actions{action="drop",outcome="success"`, is(1))
	c.settled(t)
	l.scrape(t, c, 70)
	l.fire()
	c.terminate(t)
}

func clientWithWrongClock(t *testing.T, l *timeline) {
	const day = 24 * 60
	d := pgtest.New(t)
	c := monitored(t, d.URL, t.TempDir(), "partitions::retention=0s")
	deliver := overGRPC(t, c)
	c.settled(t)
	l.scrape(t, c, day)
	l.fire()
	for n := range 10 {
		require.NoError(t, deliver(t.Context(), ended(n, time.Now().Add(-time.Duration(100+n)*24*time.Hour))))
	}
	c.awaitMetric(t, "otelcol_canonical_line_written", is(10))
	c.awaitMetric(t, "otelcol_canonical_line_partition_count", over(10))
	l.scrape(t, c, 120)
	l.fire("CanonicalLinePartitionsGrow")
	l.scrape(t, c, day)
	l.fire()
	c.terminate(t)
}
