package partition

import (
	"fmt"
	"time"
)

// Interval is the time that one partition covers, with bounds in UTC.
type Interval string

// The intervals a table can be partitioned by. A week starts on Monday.
const (
	Hour  Interval = "hour"
	Day   Interval = "day"
	Week  Interval = "week"
	Month Interval = "month"
)

// ParseInterval returns the interval that s names. It returns an error if s is not one of
// the four.
func ParseInterval(s string) (Interval, error) {
	switch i := Interval(s); i {
	case Hour, Day, Week, Month:
		return i, nil
	default:
		return "", fmt.Errorf("must be hour, day, week or month, found %q", s)
	}
}

// Floor returns the start of the interval that contains t.
func (i Interval) Floor(t time.Time) time.Time {
	t = t.UTC()
	year, month, day := t.Date()
	switch i {
	case Hour:
		return time.Date(year, month, day, t.Hour(), 0, 0, 0, time.UTC)
	case Week:
		sinceMonday := (int(t.Weekday()) + 6) % 7
		return time.Date(year, month, day-sinceMonday, 0, 0, 0, 0, time.UTC)
	case Month:
		return time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
	default:
		return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	}
}

// Next returns the start of the interval after the one that starts at floor.
func (i Interval) Next(floor time.Time) time.Time {
	switch i {
	case Hour:
		return floor.Add(time.Hour)
	case Week:
		return floor.AddDate(0, 0, 7)
	case Month:
		return floor.AddDate(0, 1, 0)
	default:
		return floor.AddDate(0, 0, 1)
	}
}

// back returns the start of the n-th interval before the one that contains t.
func (i Interval) back(t time.Time, n int) time.Time {
	floor := i.Floor(t)
	switch i {
	case Hour:
		return floor.Add(-time.Duration(n) * time.Hour)
	case Week:
		return floor.AddDate(0, 0, -7*n)
	case Month:
		return floor.AddDate(0, -n, 0)
	default:
		return floor.AddDate(0, 0, -n)
	}
}

// suffix returns the end of the name of the partition that starts at from.
func (i Interval) suffix(from time.Time) string {
	if i == Hour {
		return from.UTC().Format("_2006010215")
	}
	return from.UTC().Format("_20060102")
}
