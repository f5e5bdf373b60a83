package canonicallineexporter

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/config/configretry"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
)

// requireDefaults has the settings, read onto nothing but exporterhelper's own
// defaults, be the default configuration, and name every key of the exporter's
// own.
func requireDefaults(t *testing.T, settings map[string]any) {
	t.Helper()
	got := &Config{
		QueueConfig:   configoptional.Default(exporterhelper.NewDefaultQueueConfig()),
		BackOffConfig: configretry.NewDefaultBackOffConfig(),
		// What has no default is empty either way.
		Columns: map[string]ColumnConfig{}, Skip: []string{}, Redact: RedactConfig{QueryParameters: []string{}},
	}
	require.NoError(t, confmap.NewFromStringMap(settings).Unmarshal(got))
	want := createDefaultConfig().(*Config)
	want.Columns, want.Skip, want.Redact.QueryParameters = map[string]ColumnConfig{}, []string{}, []string{}
	require.Equal(t, want, got)

	all := confmap.New()
	require.NoError(t, all.Marshal(want))
	for _, key := range all.AllKeys() {
		if !strings.HasPrefix(key, "sending_queue::") && !strings.HasPrefix(key, "retry_on_failure::") {
			require.Contains(t, settings, key)
		}
	}
}

func configSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	schema, err := jsonschema.NewCompiler().Compile("config.schema.json")
	require.NoError(t, err)
	return schema
}

func TestSchema_HasEveryKeyAndItsDefault(t *testing.T) {
	t.Parallel()
	settings := map[string]any{}
	var walk func(path string, s *jsonschema.Schema)
	walk = func(path string, s *jsonschema.Schema) {
		for name, property := range s.Properties {
			key := path + name
			require.NotEmpty(t, property.Description, key)
			if len(property.Properties) > 0 {
				walk(key+"::", property)
				continue
			}
			settings[key] = nil
			if property.Default != nil {
				settings[key] = *property.Default
			}
		}
	}
	walk("", configSchema(t))
	requireDefaults(t, settings)
}

func TestSchema_AcceptsEveryConfiguration(t *testing.T) {
	t.Parallel()
	schema := configSchema(t)
	configurations := 0
	for _, directory := range []string{"examples", "demo", "bench"} {
		require.NoError(t, filepath.WalkDir(directory, func(file string, _ fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(file) != ".yaml" {
				return err
			}
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			retrieved, err := confmap.NewRetrievedFromYAML(text)
			require.NoError(t, err)
			conf, err := retrieved.AsConf()
			require.NoError(t, err)
			if conf.IsSet("exporters::canonical_line") {
				require.NoError(t, schema.Validate(conf.Get("exporters::canonical_line")), file)
				configurations++
			}
			return nil
		}))
	}
	require.GreaterOrEqual(t, configurations, 5)
}
