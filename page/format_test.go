package page

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestFormat_ThreeDigitsAndAUnit(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "0 ms", 87 * time.Microsecond: "87 µs", 999_600 * time.Nanosecond: "1,000 µs", 1_240 * time.Microsecond: "1.24 ms",
		830 * time.Millisecond: "830 ms", 9_660 * time.Microsecond: "9.66 ms", 14_100 * time.Microsecond: "14.1 ms",
		2100 * time.Millisecond: "2.1 s", 21_800 * time.Millisecond: "21.8 s", 125 * time.Second: "2 min 5 s", 26 * time.Hour: "1 day 2 h",
	} {
		require.Equal(t, want, spaces(formatDuration(d)), d)
	}
	for n, want := range map[int64]string{0: "0", 7: "7", 999: "999", 1000: "1,000", 1_204_331: "1,204,331", 10_000_000: "10,000,000"} {
		require.Equal(t, want, grouped(n))
	}
	for f, want := range map[float64]string{0: "0 %", 0.0543: "0.0543 %", 98.45: "98.45 %", 100: "100 %"} {
		require.Equal(t, want, spaces(formatPercent(f)))
	}
	for n, want := range map[float64]string{0: "0 B", 213_000: "213 kB", 4.47e9: "4.47 GB", 2.5e15: "2,500 TB"} {
		require.Equal(t, want, spaces(formatBytes(n)))
	}
}

// spaces returns a text with plain spaces: a number and its unit stay on one line.
func spaces(text string) string {
	plain := []rune(text)
	for i, r := range plain {
		if r == '\u00a0' {
			plain[i] = ' '
		}
	}
	return string(plain)
}
