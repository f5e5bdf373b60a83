package canonicallineexporter

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/config/configretry"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
)

// The configuration in the README, read onto nothing but exporterhelper's own
// defaults, has to be the default configuration: no key missing, none wrong.
func TestTheREADMEShowsTheDefaults(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	_, section, found := strings.Cut(string(readme), "## Configuration")
	require.True(t, found)
	_, block, found := strings.Cut(section, "```yaml\n")
	require.True(t, found)
	block, _, found = strings.Cut(block, "```")
	require.True(t, found)

	retrieved, err := confmap.NewRetrievedFromYAML([]byte(block))
	require.NoError(t, err)
	conf, err := retrieved.AsConf()
	require.NoError(t, err)
	shown, err := conf.Sub("exporters::canonical_line")
	require.NoError(t, err)

	queue := exporterhelper.NewDefaultQueueConfig()
	got := &Config{
		QueueConfig:   configoptional.Default(queue),
		BackOffConfig: configretry.NewDefaultBackOffConfig(),
	}
	require.NoError(t, shown.Unmarshal(got))
	want := createDefaultConfig().(*Config)
	want.Database.URL = "${env:DATABASE_URL}"
	want.Columns, want.Redact.QueryParameters = map[string]ColumnConfig{}, []string{}
	require.Equal(t, want, got)

	// A key whose default is nothing would not be missed above.
	all := confmap.New()
	require.NoError(t, all.Marshal(want))
	for _, key := range all.AllKeys() {
		if !strings.HasPrefix(key, "sending_queue::") && !strings.HasPrefix(key, "retry_on_failure::") {
			require.True(t, shown.IsSet(key), key)
		}
	}
}
