package page

import (
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var noon = time.Date(2026, 11, 25, 12, 34, 56, 0, time.UTC)

func windowOf(t testing.TB, address string) window {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	return readWindow(u, noon, defaultSpan)
}

func TestWindow_Relative_EndsNowAndBeginsWithAnHour(t *testing.T) {
	t.Parallel()
	day := windowOf(t, "/")
	require.Equal(t, time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC), day.from)
	require.Equal(t, time.Date(2026, 11, 25, 12, 34, 0, 0, time.UTC), day.to)
	require.Equal(t, time.Hour, day.step())
	hour := windowOf(t, "/?window=1h")
	require.Equal(t, time.Hour, hour.length())
	require.Equal(t, 30*time.Second, hour.step())
	require.False(t, hour.fromHistory())
	require.Equal(t, day.from, windowOf(t, "/?window=nonsense").from)
	require.Equal(t, day.from, windowOf(t, "/?from=2026-11-25T10:00:00Z&to=2026-11-25T09:00:00Z").from, "it would end before it begins")
}

func TestWindow_Step_IsWholeHoursWhereHistoryAnswers(t *testing.T) {
	t.Parallel()
	for length := 10 * time.Minute; length < 100_000*time.Hour; length = length*5/4 + time.Second {
		w := window{}.between(noon.Add(-length), noon)
		require.LessOrEqual(t, length, maxSteps*w.step()+w.step(), length)
		if w.fromHistory() {
			require.Zero(t, w.step()%time.Hour, length)
		}
	}
}

func TestWindow_SpanSince_IsTheShortestThatHoldsAllLines(t *testing.T) {
	t.Parallel()
	for age, want := range map[time.Duration]string{time.Minute: "15m", 20 * time.Minute: "1h", 2 * time.Hour: "3h", 4 * time.Hour: "24h", 90 * day: "24h"} {
		require.Equal(t, want, spanSince(noon.Add(-age), noon))
	}
	require.Equal(t, defaultSpan, spanSince(time.Time{}, noon))
}

func TestWindow_Changes_LeaveTheOthersAlone(t *testing.T) {
	t.Parallel()
	w := windowOf(t, "/errors?window=3h&service=a&service=b&status=5xx&sort=requests")
	require.Equal(t, "/errors?service=a&service=b&sort=requests&status=5xx&window=3h", w.URL())
	require.Equal(t, "/errors?service=a&sort=requests&status=5xx&window=3h", w.without("service", "b").URL())
	require.Equal(t, "/errors?route=%2Fx&service=a&service=b&sort=requests&status=5xx&window=3h", w.with("route", "/x").URL())
	require.Equal(t, "/?service=a&service=b&status=5xx&window=3h", w.at("/").URL())
	require.Equal(t, w.from, w.before().to)
	require.Equal(t, w.to, w.after().from)
	require.Equal(t, "/errors?service=a&service=b&sort=requests&status=5xx&window=3h", w.URL())
	sql := w.ask("errors").shown(linesTable)
	require.Equal(t, "SELECT * FROM public.canonical_api_line_errors(since => '10800 seconds', until => '2026-11-25 12:34:00Z', service => 'a\nb', with_status => '5xx')", sql)
}

// Whatever a URL says, the URL of its window says the same.
func FuzzWindow_URL_SaysTheSameAgain(f *testing.F) {
	for _, query := range []string{
		"", "window=3h&service=a&service=a&route=%00", "from=2026-11-25T10:00:00Z&to=2026-11-25T11:00:00Z&exact=true", "account=a%0Ab&status=%ff&sort=x", "window=%27",
	} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		once := readWindow(&url.URL{Path: "/errors", RawQuery: query}, noon, defaultSpan)
		require.True(t, once.from.Before(once.to))
		again := windowOf(t, once.URL())
		require.Equal(t, once.URL(), again.URL())
		require.Equal(t, once.from, again.from)
		fixed := windowOf(t, once.Fixed())
		require.WithinDuration(t, once.to, fixed.to, time.Second)
	})
}
