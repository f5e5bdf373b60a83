package history

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/partition"
	"canonicallineexporter/internal/pgtest"
)

func TestMaintainer_BuildsTheHoursThatHaveEnded(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	hour := b.present.Add(-2 * time.Hour)
	b.write(t,
		sample{id: 1, at: hour.Add(time.Minute), route: "/a", duration: 8 * time.Microsecond, status: 200, queries: 3},
		sample{id: 2, at: hour.Add(2 * time.Minute), route: "/a", duration: 9 * time.Microsecond, status: 404},
		sample{id: 3, at: hour.Add(3 * time.Minute), route: "/a", duration: 2 * time.Second, status: 500, oneIn: 4},
		sample{id: 4, at: hour.Add(3 * time.Minute), route: "/b", status: 200},
		sample{id: 5, at: b.present, route: "/b", duration: time.Second, status: 200},
	)
	b.keep(t)
	api, a, other := "api", "/a", "/b"
	first := int32(bucketOf(8 * time.Microsecond))
	require.EqualValues(t, 47, first)
	buckets := make([]string, bucketOf(2*time.Second)-47+1)
	for i := range buckets {
		buckets[i] = "0"
	}
	buckets[0], buckets[bucketOf(9*time.Microsecond)-47], buckets[len(buckets)-1] = "1", "1", "4"
	require.Equal(t, []row{
		{
			At: hour, Service: &api, Route: &a, Lines: 3, Requests: "6", Refused: "1", Failed: "4", Busy: "8.000017", Instant: "2", Slow: "4",
			Queries: "0", Database: "0", Slowest: 2 * time.Second, Zero: "0", First: &first, Buckets: buckets,
		},
		{
			At: hour, Service: &api, Route: &other, Lines: 1, Requests: "1", Refused: "0", Failed: "0", Busy: "0", Instant: "1", Slow: "0",
			Queries: "0", Database: "0", Zero: "1",
		},
	}, b.rows(t, lines.Hours(), b.present.Add(-24*time.Hour), b.present.Add(time.Hour)))
	require.Empty(t, pgtest.All[bool](t, b.Database, "SELECT of_day FROM canonical_api_line_marks WHERE NOT of_day"))
	require.Equal(t, b.present, pgtest.One[time.Time](t, b.Database, "SELECT until FROM canonical_api_line_built").UTC())
}

func TestMaintainer_LateLines_AreCountedInTheirHourAndDay(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	day := partition.Day.Floor(b.present).AddDate(0, 0, -2)
	b.write(t, sample{id: 1, at: day.Add(5 * time.Hour), route: "/a", duration: time.Second, status: 200})
	b.keep(t)
	count := func(of string) int64 {
		return pgtest.One[int64](t, b.Database, "SELECT coalesce(sum(lines), 0)::bigint FROM canonical_api_line_"+of)
	}
	require.EqualValues(t, 1, count("hours"))
	require.EqualValues(t, 1, count("days"))
	// As COPY, as an upsert, and beside a line of now.
	b.write(t, sample{id: 2, at: day.Add(5 * time.Hour), route: "/a", duration: time.Second, status: 200})
	b.write(t, sample{id: 2, at: day.Add(5 * time.Hour), route: "/a", duration: time.Second, status: 200},
		sample{id: 3, at: day.Add(6 * time.Hour), route: "/a", duration: time.Second, status: 200},
		sample{id: 4, at: b.present, route: "/a", duration: time.Second, status: 200})
	require.EqualValues(t, 1, count("hours"))
	b.keep(t)
	require.EqualValues(t, 3, count("hours"))
	require.EqualValues(t, 3, count("days"))
}

// What is delivered again and changes nothing marks nothing.
func TestStore_Write_MarksOnlyWhatHistoryMayHold(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	late := sample{id: 1, at: b.present.Add(-time.Hour), route: "/a", duration: time.Second, status: 200}
	b.write(t, late)
	b.keep(t)
	marks := func() int64 {
		return pgtest.One[int64](t, b.Database, "SELECT count(*) FROM canonical_api_line_marks WHERE NOT of_day")
	}
	b.write(t, late)
	require.Zero(t, marks())
	// Its hour has not ended, though that of the start may have.
	now := sample{id: 2, at: b.present.Add(90 * time.Minute), route: "/a", duration: time.Second, status: 200}
	b.write(t, now)
	now.queries = 5
	b.write(t, now)
	require.Zero(t, marks())
	late.queries = 5
	b.write(t, late)
	require.EqualValues(t, 1, marks())
}

func TestMaintainer_MoreSeriesThanMaxSeries_ShareARow(t *testing.T) {
	t.Parallel()
	b := setup(t, func(cfg *Config) { cfg.MaxSeries = 2 })
	day := partition.Day.Floor(b.present).AddDate(0, 0, -2)
	for i, route := range []string{"/a", "/a", "/a", "/b", "/b", "/c", "/d"} {
		b.write(t, sample{id: uint64(i), at: day.Add(time.Duration(i%2) * time.Hour), route: route, duration: time.Duration(i+1) * time.Second, status: 200})
	}
	b.keep(t)
	for _, of := range []string{"hours", "days"} {
		require.EqualValues(t, 7, pgtest.One[int64](t, b.Database, "SELECT sum(lines)::bigint FROM canonical_api_line_"+of))
		require.EqualValues(t, 28, pgtest.One[int64](t, b.Database, "SELECT sum(busy)::bigint FROM canonical_api_line_"+of))
	}
	require.Equal(t, []string{"(/a,f,3)", "(/b,f,2)", "(,t,2)"}, pgtest.All[string](t, b.Database,
		"SELECT (http_route, other, lines)::text FROM canonical_api_line_days ORDER BY other, lines DESC"))
	status, known := b.Status()
	require.True(t, known)
	require.Greater(t, status.Others, int64(1))
}
