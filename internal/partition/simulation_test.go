package partition

import (
	"flag"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/pgtest"
)

// carryOut changes a catalogue as Postgres would.
var long = flag.Bool("long", false, "simulate for longer: a year of hours, four weeks on Postgres")

// carryOut does to a catalogue what Postgres would do.
func carryOut(catalog Catalog, now time.Time, action Action) Catalog {
	i := slices.IndexFunc(catalog, func(p Partition) bool { return p.Name == action.Name })
	switch action.Kind {
	case Create:
		p := action.Partition
		p.Attached, p.managed = true, true
		catalog = append(catalog, p)
		slices.SortFunc(catalog, func(a, b Partition) int { return a.From.Compare(b.From) })
	case Drop:
		catalog = slices.Delete(catalog, i, i+1)
	default:
		catalog[i].Attached, catalog[i].Pending = false, false
		catalog[i].mark.Stage, catalog[i].mark.Since = detached, now
	}
	return catalog
}

// simulate runs a round of maintenance without Postgres.
func (c Config) simulate(t *testing.T, now time.Time, catalog Catalog) Catalog {
	t.Helper()
	actions := c.creations(parent, catalog, c.ahead(now), nil)
	retirements, notices := c.retirements(instant{now: now, settled: now}, catalog)
	require.Empty(t, notices)
	for _, action := range append(actions, retirements...) {
		catalog = carryOut(catalog, now, action)
	}
	return catalog
}

// Hour by hour through a leap year.
func TestPlan_YearOfRounds(t *testing.T) {
	t.Parallel()
	for _, interval := range []Interval{Hour, Day, Week, Month} {
		t.Run(string(interval), func(t *testing.T) {
			t.Parallel()
			c := Config{
				Interval: interval, CreateAhead: 24 * time.Hour, CheckInterval: time.Hour,
				Retention: 7 * 24 * time.Hour, KeepDetached: 24 * time.Hour,
			}
			start, days := time.Date(2023, 12, 25, 0, 30, 0, 0, time.UTC), 373
			if interval == Hour && !*long {
				days = 75
			}
			var catalog Catalog
			for now := start; now.Before(start.AddDate(0, 0, days)); now = now.Add(time.Hour) {
				// Before a round, as after it.
				if now.After(start) {
					require.GreaterOrEqual(t, catalog.coveredUntil(now).Sub(now), c.CreateAhead, now)
				}
				catalog = c.simulate(t, now, catalog)
				require.Greater(t, catalog.coveredUntil(now).Sub(now), c.CreateAhead, now)
				require.Less(t, catalog.coveredUntil(now).Sub(interval.Next(interval.Floor(now.Add(c.CreateAhead+c.CheckInterval)))), time.Second, now)

				// Every line within the retention has a partition, and no other partition
				// is left.
				oldest := now.Add(-c.Retention)
				earliest := oldest
				if earliest.Before(start) {
					earliest = start
				}
				require.True(t, catalog.coveredUntil(earliest).After(now), now)
				require.False(t, slices.ContainsFunc(catalog, func(p Partition) bool {
					return p.Attached && !p.To.After(oldest) || !p.Attached && now.Sub(p.mark.Since) >= c.KeepDetached
				}), now)
			}
		})
	}
}

func TestPlan_Retirements_MaxSize_TakesTheOldest(t *testing.T) {
	t.Parallel()
	now := day(12).Add(time.Hour)
	sized := func(n int, bytes int64, stage stage, managed bool) Partition {
		p := Partition{Name: parent.Sibling("lines_" + day(n).Format("20060102")), Range: Range{day(n), day(n + 1)}, Bytes: bytes, managed: managed}
		p.Attached, p.mark.Stage, p.mark.Since = stage != detached, stage, now
		return p
	}
	catalog := Catalog{
		sized(5, 10, detached, true), sized(6, 10, detached, true), sized(7, 10, inUse, false), sized(8, 10, released, true),
		sized(9, 10, inUse, true), sized(10, 10, inUse, true), sized(11, 10, inUse, true), sized(12, 100, inUse, true), sized(13, 1, inUse, true),
	}
	for limit, want := range map[int64][]string{
		0:   nil,
		171: nil,
		170: {"drop lines_20230505"},
		151: {"drop lines_20230505", "drop lines_20230506"},
		150: {"drop lines_20230505", "drop lines_20230506", "detach lines_20230509"},
		1:   {"drop lines_20230505", "drop lines_20230506", "detach lines_20230509", "detach lines_20230510", "detach lines_20230511"},
	} {
		actions, _ := Config{Interval: Day, MaxSize: limit, KeepDetached: time.Hour}.retirements(instant{now: now, settled: now}, catalog)
		var got []string
		for _, a := range actions {
			got = append(got, string(a.Kind)+" "+a.Name.Name)
		}
		require.Equal(t, want, got, limit)
	}
}

// Weeks of rounds on a real Postgres, with a line for every hour and one that is as late as
// the retention allows.
func TestMaintainer_WeeksOfRounds(t *testing.T) {
	t.Parallel()
	for interval, days := range map[Interval]int{Hour: 4, Day: 21, Week: 42, Month: 84} {
		if *long {
			days = max(28, days)
		}
		t.Run(string(interval), func(t *testing.T) {
			t.Parallel()
			k := keep(t, func(cfg *Config) {
				cfg.Interval, cfg.CheckInterval = interval, 6*time.Hour
				cfg.CreateAhead, cfg.Retention, cfg.KeepDetached = 24*time.Hour, 48*time.Hour, 12*time.Hour
			})
			start := k.at
			for k.at.Before(start.AddDate(0, 0, days)) {
				k.round(t, k.cfg.CheckInterval)
				status, _ := k.Status()
				require.Greater(t, status.Runway, k.cfg.CreateAhead+k.cfg.CheckInterval)
				k.Exec(t, "INSERT INTO lines SELECT generate_series($1::timestamptz, $2, '1 hour') ON CONFLICT DO NOTHING",
					k.at, k.at.Add(k.cfg.CreateAhead+k.cfg.CheckInterval))
				if late := k.at.Add(-k.cfg.Retention); !late.Before(start.Add(k.cfg.CheckInterval)) {
					k.Exec(t, "INSERT INTO lines VALUES ($1) ON CONFLICT DO NOTHING", late)
				}
				catalog, err := read(t.Context(), k.Pool, parent, false)
				require.NoError(t, err)
				for _, p := range catalog {
					require.True(t, p.acceptsLines() && p.To.After(k.at.Add(-k.cfg.Retention)) ||
						!p.Attached && k.at.Sub(p.mark.Since) < k.cfg.KeepDetached, "%s at %s", p.Name, k.at)
				}
			}
			require.Empty(t, k.warnings())
			require.Greater(t, pgtest.One[int64](t, k.Database, "SELECT count(*) FROM lines"), int64(48))
		})
	}
}

func TestMaintainer_MaxSize_HoldsWhileLinesAreWritten(t *testing.T) {
	t.Parallel()
	const limit = 4 << 20
	k := keep(t, func(cfg *Config) {
		cfg.Interval, cfg.CreateAhead, cfg.Retention, cfg.MaxSize = Hour, time.Hour, 0, limit
	})
	const bytes = `SELECT COALESCE(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class
		WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`
	k.round(t, 0)
	var most int64
	for range 30 {
		k.Exec(t, "INSERT INTO lines SELECT $1::timestamptz + i * interval '1 ms', repeat(md5(i::text), 10) FROM generate_series(1, 1000) i", k.at)
		k.round(t, 30*time.Minute)
		size := pgtest.One[int64](t, k.Database, bytes)
		require.LessOrEqual(t, size, int64(limit))
		most = max(most, size)
	}
	require.Greater(t, most, int64(limit/2), "most of the size is used")
	require.True(t, pgtest.One[bool](t, k.Database, "SELECT count(*) > 1000 FROM lines"))
	expired, err := k.Expired(t.Context(), parent, []time.Time{k.at.Add(-14 * time.Hour), k.at})
	require.NoError(t, err)
	require.Equal(t, []bool{true, false}, expired, "a late line does not bring back what had to go")
}
