package history

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/partition"
	"canonicallineexporter/internal/pgtest"
)

// total returns the lines that history holds.
func (b *bundle) total(t testing.TB) int64 {
	t.Helper()
	return pgtest.One[int64](t, b.Database, "SELECT coalesce(sum(lines), 0)::bigint FROM canonical_api_line_hours")
}

// A partition that is dropped by hand, and comes back with a late line, does not take history
// with it.
func TestMaintainer_PartitionDroppedByHand_KeepsItsHours(t *testing.T) {
	t.Parallel()
	for name, sql := range map[string]string{
		"dropped":              "DROP TABLE %s",
		"detached and dropped": "ALTER TABLE canonical_api_line DETACH PARTITION %[1]s; DROP TABLE %[1]s",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, func(cfg *Config) { cfg.Lines.Interval = partition.Hour })
			old := sample{id: 1, at: b.present.Add(-5 * time.Hour), route: "/a", duration: time.Second, status: 200}
			recent := sample{id: 2, at: b.present.Add(-2 * time.Hour), route: "/a", duration: time.Second, status: 200}
			b.write(t, old, recent)
			b.keep(t)
			part := pgtest.One[string](t, b.Database, "SELECT tableoid::regclass::text FROM canonical_api_line ORDER BY created_at LIMIT 1")
			b.Exec(t, fmt.Sprintf(sql, part))
			late := old
			late.id = 3
			b.write(t, late)
			recent.id = 4
			b.write(t, recent)
			b.keep(t)
			require.EqualValues(t, 3, b.total(t), "the late line of the hour that is gone is not counted")
			require.Equal(t, b.present.Add(-4*time.Hour), pgtest.One[time.Time](t, b.Database, "SELECT frozen FROM canonical_api_line_built").UTC())
		})
	}
}

func TestMaintainer_TableMadeAnew_KeepsItsHoursAndGoesOn(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.write(t, sample{id: 1, at: b.present.Add(-time.Hour), route: "/a", duration: time.Second, status: 200})
	b.keep(t)
	b.Exec(t, "DROP TABLE canonical_api_line")
	_, err := b.tables.Maintain(t.Context())
	require.NoError(t, err)
	b.write(t, sample{id: 2, at: b.present.Add(-time.Hour), route: "/a", duration: time.Second, status: 200})
	b.keep(t)
	require.EqualValues(t, 1, b.total(t))
	// As if the hour had ended.
	b.write(t, sample{id: 3, at: b.present, route: "/a", duration: time.Second, status: 200})
	require.Equal(t, b.present, pgtest.One[time.Time](t, b.Database, "SELECT frozen FROM canonical_api_line_built").UTC())
}

// A mark that comes just before a partition is detached is not lost, and the partition waits.
func TestMaintainer_DetachedPartition_IsReadBeforeItIsDropped(t *testing.T) {
	t.Parallel()
	b := setup(t, func(cfg *Config) { cfg.Lines.Interval = partition.Hour })
	b.write(t, sample{id: 1, at: b.present.Add(-5 * time.Hour), route: "/a", duration: time.Second, status: 200})
	b.keep(t)
	b.write(t, sample{id: 2, at: b.present.Add(-5 * time.Hour), route: "/a", duration: time.Second, status: 200})
	retired := b.cfg.Lines
	retired.Retention, retired.KeepDetached = 3*time.Hour, 0
	retire := func() {
		require.NoError(t, partition.New(retired, b.Maintainer.pool, b.logger).Maintain(t.Context(), lines))
	}
	const tables = "SELECT count(*) FROM pg_class WHERE relname ~ '^canonical_api_line_[0-9]+$' AND NOT relispartition"
	for range 3 {
		retire()
		require.EqualValues(t, 1, pgtest.One[int64](t, b.Database, tables))
	}
	require.EqualValues(t, 1, b.total(t))
	b.keep(t)
	require.EqualValues(t, 2, b.total(t))
	retire()
	require.Zero(t, pgtest.One[int64](t, b.Database, tables))
	b.keep(t)
	require.EqualValues(t, 2, b.total(t))
}

// A write that did not know that its hour would be built holds it up until it has ended, also if
// nobody knows when.
func TestMaintainer_WaitsForWritersThatLeaveNoMark(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.write(t, sample{id: 1, at: b.present.Add(-2 * time.Hour), route: "/a", duration: time.Second, status: 200})
	b.keep(t)
	// As if the last hour had not ended.
	b.Exec(t, "UPDATE canonical_api_line_built SET until = $1", b.present.Add(-time.Hour))
	b.Exec(t, "SELECT setval('canonical_api_line_fence', $1)", b.present.Add(-time.Hour).Unix()/3600)
	b.Exec(t, "DELETE FROM canonical_api_line_hours")
	conn, err := pgx.Connect(t.Context(), b.URL)
	require.NoError(t, err)
	defer conn.Close(context.WithoutCancel(t.Context()))
	tx, err := conn.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), `
		INSERT INTO canonical_api_line (created_at, duration, http_method, http_path, ip, request_id, status, sudo)
		VALUES ($1, '1 s', 'GET', '/', '::1', gen_random_uuid(), 200, false)`, b.present.Add(-time.Hour/2))
	require.NoError(t, err)
	b.keep(t)
	require.Zero(t, b.total(t))
	require.Equal(t, b.present.Add(-time.Hour), pgtest.One[time.Time](t, b.Database, "SELECT until FROM canonical_api_line_built").UTC())

	// Writers that come later leave marks, and hold up nothing.
	b.write(t, sample{id: 2, at: b.present.Add(-time.Hour / 2), route: "/a", duration: time.Second, status: 200})
	require.EqualValues(t, 1, pgtest.One[int64](t, b.Database, "SELECT count(*) FROM canonical_api_line_marks WHERE NOT of_day"))
	require.NoError(t, tx.Commit(t.Context()))
	b.keep(t)
	require.EqualValues(t, 2, b.total(t))
}

// The clock of the database was a year ahead for a while.
func TestMaintainer_ClockThatWentBack_BuildsHoursAgain(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.keep(t)
	b.Exec(t, "UPDATE canonical_api_line_built SET until = until + '365 days'::interval")
	b.Exec(t, "SELECT setval('canonical_api_line_fence', last_value + 24 * 365) FROM canonical_api_line_fence")
	at := b.present.Add(30 * time.Minute)
	b.write(t, sample{id: 1, at: at, route: "/a", duration: time.Second, status: 200})
	require.EqualValues(t, 1, pgtest.One[int64](t, b.Database, "SELECT count(*) FROM canonical_api_line_marks WHERE NOT of_day"))
	b.keep(t)
	require.Less(t, pgtest.One[time.Time](t, b.Database, "SELECT until FROM canonical_api_line_built").Sub(b.present), 2*time.Hour)
	require.Less(t, pgtest.One[int64](t, b.Database, "SELECT last_value FROM canonical_api_line_fence"), b.present.Unix()/3600+2)
}

// Whoever drops a part of history gets it again from the lines that are left.
func TestMaintainer_PartsThatAreGone_AreMadeAnew(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	day := partition.Day.Floor(b.present).AddDate(0, 0, -2)
	b.write(t, sample{id: 1, at: day, route: "/a", duration: time.Second, status: 200})
	b.keep(t)
	for i, part := range []string{"hours", "days", "marks", "built"} {
		b.Exec(t, "DROP TABLE canonical_api_line_"+part)
		b.write(t, sample{id: uint64(i) + 2, at: day.Add(time.Hour), route: "/a", duration: time.Second, status: 200})
		b.keep(t)
		require.EqualValues(t, i+2, b.total(t), part)
		require.EqualValues(t, i+2, pgtest.One[int64](t, b.Database, "SELECT sum(lines)::bigint FROM canonical_api_line_days"), part)
	}
}
