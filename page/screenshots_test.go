package page

import (
	"flag"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/pgtest"
)

var screenshots = flag.String("screenshots", "", "folder for the pictures of the page, which need many lines; without it they show few and are thrown away")

// A day with less traffic at night, and a version that made one route slow for one account.
const story = `
DELETE FROM canonical_api_line
WHERE abs(hashtext(id::text)) % 1000 > 560 + 400 * cos(2 * pi() * (extract(epoch FROM created_at) / 86400 - 0.6));
UPDATE canonical_api_line SET service_version = '1.4.1';
UPDATE canonical_api_line SET service_version = '1.4.2' WHERE created_at > now() - interval '5 hours';
UPDATE canonical_api_line
SET duration = duration * 24, account_id = '5d2f0e0a-7c11-4b0e-9a51-02f6d1a8b2c1', user_agent = 'terraform-provider/1.4.0',
	statistics = statistics || '{"db_num_queries": 512, "db_max_repeat": 498, "db_max_repeat_query": "SELECT id, name FROM roles WHERE cluster_id = $1"}'
		|| jsonb_build_object('db_duration', 20 * extract(epoch FROM duration), 'self_duration', extract(epoch FROM duration),
			'db_acquire_duration', 2 * extract(epoch FROM duration))
WHERE service_version = '1.4.2' AND http_route = '/clusters' AND abs(hashtext(id::text)) % 3 = 0;
UPDATE canonical_api_line SET status = 503, api_error_code = 'unavailable', api_error_cause = 'dial tcp: connection refused'
WHERE service_version = '1.4.2' AND http_route = '/clusters/{cluster_id}/status' AND abs(hashtext(id::text)) % 40 = 0;
VACUUM ANALYZE canonical_api_line;`

func TestScreenshots(t *testing.T) {
	t.Parallel()
	folder, lines := *screenshots, 400_000
	if folder == "" {
		folder, lines = t.TempDir(), 30_000
	}
	d := created(t)
	insert, err := os.ReadFile("../internal/questions/testdata/lines.sql")
	require.NoError(t, err)
	d.Exec(t, string(insert), lines, time.Now(), "30 hours", 1, lines)
	d.Exec(t, "DO $$ BEGIN "+story[:len(story)-len("VACUUM ANALYZE canonical_api_line;")]+" END $$")
	d.Exec(t, "VACUUM ANALYZE canonical_api_line")
	keep(t, d)
	s := serve(t, d.URL, func(c *Config) { c.TraceURL = "https://traces.example.com/trace/{trace_id}" })
	slow := pgtest.One[string](t, d, `SELECT request_id::text FROM canonical_api_line
		WHERE statistics ->> 'db_max_repeat' = '498' AND created_at < now() - interval '1 hour' ORDER BY duration DESC LIMIT 1 OFFSET 3`)
	now := time.Now().UTC()
	selection := "/selection?" + url.Values{
		"from": {now.Add(-25 * time.Hour).Truncate(time.Hour).Format(time.RFC3339)}, "to": {now.Format(time.RFC3339)}, "route": {"/clusters"},
		"since": {now.Add(-5 * time.Hour).Format(time.RFC3339)}, "until": {now.Format(time.RFC3339)}, "slower": {"120ms"}, "faster": {"3s"},
	}.Encode()
	tab := browser(t)
	heard := listen(t, tab)
	_, err = chromedp.Call(tab, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "UTC"})
	require.NoError(t, err)
	for _, shot := range []struct {
		name, path    string
		width, height int64
		scheme        string
	}{
		{"overview", "/?window=24h", 1280, 1180, "light"},
		{"overview-dark", "/?window=24h", 1280, 1180, "dark"},
		{"overview-narrow", "/?window=24h", 420, 1500, "light"},
		{"route", "/route?window=24h&method=GET&route=/clusters", 1280, 1500, "light"},
		{"selection", selection, 1280, 900, "light"},
		{"request", "/request/" + slow, 1280, 820, "light"},
	} {
		_, err := chromedp.Call(tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: shot.scheme}},
		})
		require.NoError(t, err)
		run(t, tab, chromedp.EmulateViewport(shot.width, shot.height))
		s.open(t, tab, shot.path)
		picture, err := chromedp.Run(tab, chromedp.CaptureScreenshot())
		require.NoError(t, err)
		require.NoError(t, os.MkdirAll(folder, 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(folder, shot.name+".png"), picture, 0o644))
	}
	require.Empty(t, heard.all())
}
