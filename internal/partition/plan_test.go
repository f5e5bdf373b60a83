package partition

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// foreign returns a catalogue of partitions that the exporter did not create.
func foreign(ranges ...Range) Catalog {
	var catalog Catalog
	for _, r := range ranges {
		catalog = append(catalog, Partition{Attached: true, Range: r})
	}
	return catalog
}

// creation returns the action that creates a partition.
func creation(name string, r Range) Action {
	return Action{Create, Partition{Name: parent.Sibling(name), Range: r}}
}

func day(n int) time.Time { return time.Date(2023, 5, n, 0, 0, 0, 0, time.UTC) }

func TestPlan_Creations_FillWhatIsMissingAhead(t *testing.T) {
	t.Parallel()
	now := day(12).Add(15 * time.Hour)
	got := Config{Interval: Day}.creations(parent, foreign(Range{day(13), day(14)}), []Range{{now, now.Add(48 * time.Hour)}}, nil)
	require.Equal(t, []Action{
		creation("lines_20230512", Range{day(12), day(13)}),
		creation("lines_20230514", Range{day(14), day(15)}),
	}, got)
}

func TestPlan_Creations_AfterIntervalChange_FillGaps(t *testing.T) {
	t.Parallel()
	// Days that exist lie inside a week, and a month reaches into the next one.
	existing := foreign(Range{day(9), day(10)}, Range{day(11), day(12)}, Range{day(13), day(31)})
	require.Equal(t, []Action{
		creation("lines_20230508", Range{day(8), day(9)}),
		creation("lines_20230510", Range{day(10), day(11)}),
		creation("lines_20230512", Range{day(12), day(13)}),
	}, Config{Interval: Week}.creations(parent, existing, []Range{{day(9), day(15)}}, nil))
}

func TestPlan_Creations_UnderOnePartitionForEverything_AreEmpty(t *testing.T) {
	t.Parallel()
	everything := foreign(Range{time.Time{}, day(31)})
	require.Empty(t, Config{Interval: Hour}.creations(parent, everything, []Range{{day(1), day(3)}}, nil))
}

// Whatever partitions exist, the plan puts every wanted instant into exactly one.
func TestPlan_Creations_CoverAllAndOverlapNothing(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2)) // reproducible
	intervals := []Interval{Hour, Day, Week, Month}
	for range 2_000 {
		interval := intervals[random.IntN(len(intervals))]
		var all []Range
		for at := day(1); at.Before(day(31)); {
			end := at.Add(time.Duration(1+random.IntN(200)) * time.Hour)
			if random.IntN(2) == 0 {
				all = append(all, Range{at, end})
			}
			at = end
		}
		random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		var want []Range
		for range 1 + random.IntN(3) {
			from := day(1).Add(time.Duration(random.IntN(700*60)) * time.Minute)
			want = append(want, Range{from, from.Add(time.Duration(1+random.IntN(90*60)) * time.Minute)})
		}

		for _, creation := range (Config{Interval: interval}).creations(parent, foreign(all...), want, nil) {
			require.True(t, creation.From.Before(creation.To))
			all = append(all, creation.Range)
		}
		for _, w := range want {
			for at := w.From; at.Before(w.To); at = at.Add(30 * time.Minute) {
				covering := 0
				for _, r := range all {
					if r.Contains(at) {
						covering++
					}
				}
				require.Equal(t, 1, covering, "%s at %s", interval, at)
			}
		}
	}
}
