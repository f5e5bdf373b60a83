package partition

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap/zaptest"

	"canonicallineexporter/internal/database"
	"canonicallineexporter/internal/pgtest"
	"canonicallineexporter/internal/table"
)

var parent = table.Name{Schema: "public", Name: "lines"}

// setup returns a database with an empty partitioned parent, and a maintainer of it whose
// clock stands at 15:00 on 2023-05-12.
func setup(t *testing.T, interval Interval) (*pgtest.Database, *Maintainer) {
	t.Helper()
	d := pgtest.New(t)
	return d, setupIn(t, d, interval)
}

// setupIn does the same in a database that there is. Citus distributes the table by its key.
func setupIn(t *testing.T, d *pgtest.Database, interval Interval) *Maintainer {
	t.Helper()
	d.Exec(t, "CREATE TABLE lines (created_at timestamptz, note text, PRIMARY KEY (created_at)) PARTITION BY RANGE (created_at)")
	if d.Cluster != nil {
		d.Exec(t, "SELECT create_distributed_table('lines', 'created_at')")
	}
	m := New(Config{Interval: interval, CreateAhead: 48 * time.Hour}, d.Pool, zaptest.NewLogger(t))
	m.clock = stand(func() time.Time { return day(12).Add(15 * time.Hour) })
	return m
}

const names = `SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'lines'::regclass ORDER BY 1`

func TestMaintainer_EnsureAhead_CreatesFromNowToTheHorizon(t *testing.T) {
	t.Parallel()
	d, m := setup(t, Day)
	require.NoError(t, m.EnsureAhead(t.Context(), parent))
	want := []string{"lines_20230512", "lines_20230513", "lines_20230514"}
	require.Equal(t, want, pgtest.All[string](t, d, names))

	require.NoError(t, m.EnsureAhead(t.Context(), parent))
	require.Equal(t, want, pgtest.All[string](t, d, names))
}

func TestMaintainer_EnsureFor_CreatesForTheTimesOfRows(t *testing.T) {
	t.Parallel()
	d, m := setup(t, Hour)
	times := []time.Time{day(1).Add(90 * time.Minute), day(1).Add(100 * time.Minute), time.Unix(0, 0)}
	require.NoError(t, m.EnsureFor(t.Context(), parent, times))
	require.Equal(t, []string{"lines_1970010100", "lines_2023050101"}, pgtest.All[string](t, d, names))
	for _, at := range times {
		d.Exec(t, "INSERT INTO lines VALUES ($1)", at)
	}
}

func TestCatalog_BoundsInAnyTimeZone(t *testing.T) {
	t.Parallel()
	d, m := setup(t, Day)
	d.Exec(t, "ALTER DATABASE "+d.Name+" SET timezone = 'Asia/Kathmandu'")
	d.Exec(t, "ALTER DATABASE "+d.Name+" SET datestyle = 'German'")
	d.Pool.Reset()
	require.NoError(t, m.EnsureAhead(t.Context(), parent))
	catalog, err := read(t.Context(), d.Pool, parent, false)
	require.NoError(t, err)
	require.Len(t, catalog, 3)
	for _, p := range catalog {
		require.Equal(t, p.From, Day.Floor(p.From))
		require.Equal(t, p.To, Day.Next(p.From))
		require.Equal(t, Range{p.mark.From, p.mark.To}, p.Range)
	}
}

func TestMaintainer_EnsureAhead_FillsGapsBetweenForeignPartitions(t *testing.T) {
	t.Parallel()
	d, m := setup(t, Day)
	d.Exec(t, "CREATE TABLE past PARTITION OF lines FOR VALUES FROM (MINVALUE) TO ('2023-05-12 18:00+00')")
	d.Exec(t, "CREATE TABLE future PARTITION OF lines FOR VALUES FROM ('2023-05-14 00:00+00') TO (MAXVALUE)")
	require.NoError(t, m.EnsureAhead(t.Context(), parent))
	require.Equal(t, []string{"future", "lines_20230512", "lines_20230513", "past"}, pgtest.All[string](t, d, names))
	d.Exec(t, "INSERT INTO lines VALUES ('2023-05-12 18:00+00'), ('2023-05-12 17:59:59+00')")
	require.EqualValues(t, 1, pgtest.One[int64](t, d, "SELECT count(*) FROM lines_20230512"))
}

func TestMaintainer_EnsureAhead_ConcurrentCollectors(t *testing.T) {
	t.Parallel()
	_, m := setup(t, Hour)
	errs := make([]error, 8)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			// On a slow machine the others may take longer than one waits for them.
			for errs[i] = m.EnsureAhead(t.Context(), parent); database.Busy(errs[i]); {
				errs[i] = m.EnsureAhead(t.Context(), parent)
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
}

func TestMaintainer_EnsureAhead_DoesNotWaitForOpenTransactions(t *testing.T) {
	t.Parallel()
	d, m := setup(t, Day)
	d.Exec(t, "CREATE TABLE may PARTITION OF lines FOR VALUES FROM ('2023-05-01 00:00+00') TO ('2023-05-12 00:00+00')")
	// PARTITION OF would wait for this open transaction, which reads and writes the parent.
	tx, err := d.Pool.Begin(t.Context())
	require.NoError(t, err)
	defer tx.Rollback(t.Context()) //nolint:errcheck // the database goes anyway
	_, err = tx.Exec(t.Context(), "INSERT INTO lines SELECT '2023-05-02 00:00+00' WHERE NOT EXISTS (SELECT FROM lines)")
	require.NoError(t, err)
	require.NoError(t, m.EnsureAhead(t.Context(), parent))
}
