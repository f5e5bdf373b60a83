package page

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Readers see three significant digits and a unit: 1.24 ms, 830 ms, 2.1 s.

// formatDuration returns a duration to read. What is below a microsecond is 0.
func formatDuration(d time.Duration) string {
	switch {
	case d < time.Microsecond:
		return "0\u00a0ms"
	case d < time.Millisecond:
		return digits(float64(d)/float64(time.Microsecond)) + "\u00a0µs"
	case d < time.Second:
		return digits(float64(d)/float64(time.Millisecond)) + "\u00a0ms"
	case d < 100*time.Second:
		return digits(d.Seconds()) + "\u00a0s"
	}
	return formatLength(d)
}

// digits returns a number of at least 0 with three significant digits and no zeros at the end.
func digits(f float64) string {
	if f >= 100 {
		return grouped(int64(math.Round(f)))
	}
	decimals := 2
	if f >= 10 {
		decimals = 1
	}
	return strings.TrimSuffix(strings.TrimRight(strconv.FormatFloat(f, 'f', decimals, 64), "0"), ".")
}

// formatLength returns a long duration in its two largest units: 3 days 4 h.
func formatLength(d time.Duration) string {
	d = d.Round(time.Second)
	units := []struct {
		length time.Duration
		name   string
	}{{365 * day, "year"}, {day, "day"}, {time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}}
	var parts []string
	for _, unit := range units {
		n := d / unit.length
		d -= n * unit.length
		if n == 0 {
			if len(parts) > 0 {
				break
			}
			continue
		}
		name := unit.name
		if n > 1 && unit.length >= day {
			name += "s"
		}
		if parts = append(parts, strconv.FormatInt(int64(n), 10)+" "+name); len(parts) == 2 {
			break
		}
	}
	if len(parts) == 0 {
		return "0 s"
	}
	return strings.Join(parts, " ")
}

// grouped returns a count with commas: 1,204,331.
func grouped(n int64) string {
	text := strconv.FormatInt(n, 10)
	start := len(text) % 3
	if start == 0 {
		start = 3
	}
	if n < 0 {
		return text
	}
	var b strings.Builder
	b.WriteString(text[:start])
	for i := start; i < len(text); i += 3 {
		b.WriteString("," + text[i:i+3])
	}
	return b.String()
}

// formatPercent returns a share in percent as the functions round it.
func formatPercent(f float64) string {
	if f == 0 {
		return "0\u00a0%"
	}
	return strconv.FormatFloat(f, 'f', -1, 64) + "\u00a0%"
}

// formatBytes returns a size: 4.47 GB.
func formatBytes(n float64) string {
	for _, unit := range []string{"B", "kB", "MB", "GB", "TB"} {
		if n < 1000 || unit == "TB" {
			return digits(n) + "\u00a0" + unit
		}
		n /= 1000
	}
	return ""
}

// formatTime returns a time in UTC to read. The script puts it into the reader's zone.
func formatTime(t time.Time) string { return t.UTC().Format("Mon 2 Jan 15:04:05") + " UTC" }

// words are the small numbers that a sentence spells.
var words = []string{"no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"}

// spelled returns a count as a sentence has it.
func spelled(n int) string {
	if n < len(words) {
		return words[n]
	}
	return grouped(int64(n))
}

// plural returns the count and the noun: one route, two routes.
func plural(n int, one, several string) string {
	if n == 1 {
		return spelled(n) + " " + one
	}
	return spelled(n) + " " + several
}

// capital returns the text with a capital at its start.
func capital(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
