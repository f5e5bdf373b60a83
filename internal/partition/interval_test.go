package partition

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestInterval_FloorAndNext_UseUTC(t *testing.T) {
	t.Parallel()
	// 01:30 on a Monday in Kiritimati is still Sunday in UTC.
	at := time.Date(2024, 1, 1, 1, 30, 0, 0, time.FixedZone("Kiritimati", 14*3600))
	for interval, want := range map[Interval][2]string{
		Hour:  {"2023-12-31T11:00:00Z", "2023-12-31T12:00:00Z"},
		Day:   {"2023-12-31T00:00:00Z", "2024-01-01T00:00:00Z"},
		Week:  {"2023-12-25T00:00:00Z", "2024-01-01T00:00:00Z"},
		Month: {"2023-12-01T00:00:00Z", "2024-01-01T00:00:00Z"},
	} {
		floor := interval.Floor(at)
		require.Equal(t, want[0], floor.Format(time.RFC3339), interval)
		require.Equal(t, want[1], interval.Next(floor).Format(time.RFC3339), interval)
		require.Equal(t, floor, interval.Floor(floor), interval)
		parsed, err := ParseInterval(string(interval))
		require.NoError(t, err)
		require.Equal(t, interval, parsed)
	}
	_, err := ParseInterval("year")
	require.Error(t, err)
}

func TestInterval_Suffix_NamesTheStart(t *testing.T) {
	t.Parallel()
	from := time.Date(2023, 5, 12, 13, 0, 0, 0, time.UTC)
	require.Equal(t, "_2023051213", Hour.suffix(from))
	require.Equal(t, "_20230512", Day.suffix(from))
}
