package canonicallineexporter

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
)

// setting is a row of the table of settings: a key and its default.
var setting = regexp.MustCompile("(?m)^\\| `([a-z_:]+)` \\| (?:`(.+?)`|\\*(?:required|none)\\*) \\|")

// The table in docs/configuration.md, read onto nothing but exporterhelper's own defaults,
// has to be the default configuration: no key missing, none wrong.
func TestConfiguration_ShowsTheDefaults(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("docs/configuration.md")
	require.NoError(t, err)
	section, _, found := strings.Cut(string(page), "\n## ")
	require.True(t, found)
	settings := map[string]any{}
	for _, row := range setting.FindAllStringSubmatch(section, -1) {
		retrieved, err := confmap.NewRetrievedFromYAML([]byte(row[2]))
		require.NoError(t, err, row[0])
		settings[row[1]], err = retrieved.AsRaw()
		require.NoError(t, err, row[0])
	}
	requireDefaults(t, settings)
}
