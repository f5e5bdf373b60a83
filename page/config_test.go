package page

import (
	"testing"

	"github.com/stretchr/testify/require"
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
