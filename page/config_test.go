package page

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/confmap"
)

// read returns the default configuration with the settings.
func read(t *testing.T, settings map[string]any) *Config {
	t.Helper()
	cfg := createDefaultConfig().(*Config)
	require.NoError(t, confmap.NewFromStringMap(settings).Unmarshal(cfg))
	return cfg
}

func TestConfig_Validate_RefusesWhatOthersCanReach(t *testing.T) {
	t.Parallel()
	database := map[string]any{"url": "postgres://127.0.0.1/lines"}
	tls := map[string]any{"cert_file": "c", "key_file": "k"}
	auth := map[string]any{"authenticator": "basicauth"}
	for _, c := range []struct {
		settings map[string]any
		refused  bool
	}{
		{map[string]any{}, false},
		{map[string]any{"endpoint": "127.0.0.2:1"}, false},
		{map[string]any{"endpoint": "[::1]:1"}, false},
		{map[string]any{"endpoint": "/run/page.sock", "transport": "unix"}, false},
		{map[string]any{"endpoint": "0.0.0.0:1"}, true},
		{map[string]any{"endpoint": ":8318"}, true},
		{map[string]any{"endpoint": "10.0.0.1:1"}, true},
		{map[string]any{"endpoint": "localhost.example.com:1"}, true},
		{map[string]any{"endpoint": "0.0.0.0:1", "tls": tls}, true},
		{map[string]any{"endpoint": "0.0.0.0:1", "auth": auth}, true},
		{map[string]any{"endpoint": "0.0.0.0:1", "tls": tls, "auth": auth}, false},
		{map[string]any{"endpoint": "0.0.0.0:1", "tls": map[string]any{"cert_file": "c", "key_file": "k", "client_ca_file": "a"}}, false},
		{map[string]any{"endpoint": "0.0.0.0:1", "insecure": true}, false},
	} {
		c.settings["database"] = database
		err := read(t, c.settings).Validate()
		if c.refused {
			require.ErrorContains(t, err, "`endpoint` can be reached from other machines", "%v", c.settings)
		} else {
			require.NoError(t, err, "%v", c.settings)
		}
	}
}

func TestConfig_Validate_NamesEveryFault(t *testing.T) {
	t.Parallel()
	err := read(t, map[string]any{
		"table": "a.b.c", "timeout": "0s", "trace_url": "javascript:alert('{trace_id}')", "show": []string{"status"},
		"database": map[string]any{"url": "postgres://user:hidden@host:port:1/"},
	}).Validate()
	for _, key := range []string{"`table`", "`timeout`", "`trace_url`", "`show`", "`database::url`"} {
		require.ErrorContains(t, err, key)
	}
	require.NotContains(t, err.Error(), "hidden@")
	require.ErrorContains(t, read(t, map[string]any{}).Validate(), "`database::url` is required")
	require.NoError(t, read(t, map[string]any{
		"database": map[string]any{"host": "db"}, "trace_url": "https://traces.example.com/trace/{trace_id}", "show": private,
	}).Validate())
}

// setting is a row of the table in docs/page.md: a key and its default.
var setting = regexp.MustCompile("(?m)^\\| `([a-z_:]+)` \\| (?:`(.+?)`|\\*(?:required|none)\\*) \\|")

// The table in the documentation, read onto nothing but confighttp's own defaults, has to be the
// default configuration: no key missing, none wrong.
func TestDocumentation_ShowsTheDefaults(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile("../docs/page.md")
	require.NoError(t, err)
	settings := map[string]any{}
	for _, row := range setting.FindAllStringSubmatch(string(document), -1) {
		retrieved, err := confmap.NewRetrievedFromYAML([]byte(row[2]))
		require.NoError(t, err, row[0])
		settings[row[1]], err = retrieved.AsRaw()
		require.NoError(t, err, row[0])
	}
	got := &Config{HTTP: confighttp.NewDefaultServerConfig()}
	require.NoError(t, confmap.NewFromStringMap(settings).Unmarshal(got))
	require.Equal(t, createDefaultConfig(), got)
	var keys func(prefix string, of reflect.Type)
	keys = func(prefix string, of reflect.Type) {
		for field := range of.Fields() {
			switch tag := field.Tag.Get("mapstructure"); {
			case tag == ",squash":
			case field.Type == reflect.TypeFor[DatabaseConfig]():
				keys(tag+"::", field.Type)
			default:
				require.Contains(t, settings, prefix+tag)
			}
		}
	}
	keys("", reflect.TypeFor[Config]())
	require.Contains(t, settings, "endpoint")
}

// What is committed of others is what they published.
func TestAssets_AreWhatTheyShouldBe(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"uplot.min.js":  "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f",
		"uplot.min.css": "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
		"uplot.LICENSE": "8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd",
	} {
		content, err := assets.ReadFile("assets/" + name)
		require.NoError(t, err)
		require.Equal(t, want, fmt.Sprintf("%x", sha256.Sum256(content)), name)
	}
	size := map[string]int{}
	entries, err := assets.ReadDir("assets")
	require.NoError(t, err)
	for _, entry := range entries {
		content, err := assets.ReadFile("assets/" + entry.Name())
		require.NoError(t, err)
		size[filepath.Ext(entry.Name())] += len(content)
	}
	require.LessOrEqual(t, size[".js"], 80_000)
	require.LessOrEqual(t, size[".css"], 20_000)
}
