package line

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseAddress(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"192.0.2.1":               "192.0.2.1",
		" 192.0.2.1 ":             "192.0.2.1", //nolint:gocritic // the spaces are what is tested
		"192.0.2.1:8080":          "192.0.2.1",
		"2001:db8::1":             "2001:db8::1",
		"2001:DB8:0:0::1":         "2001:db8::1",
		"[2001:db8::1]":           "2001:db8::1",
		"[2001:db8::1]:8080":      "2001:db8::1",
		"::1":                     "::1",
		"fe80::1%eth0":            "fe80::1",
		"[fe80::1%eth0]:8080":     "fe80::1",
		"::ffff:127.0.0.1":        "127.0.0.1",
		"[::ffff:127.0.0.1]:8080": "127.0.0.1",
		"::ffff:7f00:1":           "127.0.0.1",
	} {
		addr, ok := parseAddress(s)
		require.True(t, ok, s)
		require.Equal(t, want, addr.String(), s)
	}
}

func TestParseAddressRefusesWhatIsNone(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"", " ", "[]", "localhost", "localhost:8080", "example.com", "/run/app.sock", "@", "unix", "unknown", "192.0.2",
		"192.0.2.256", "192.0.2.0/24", "192.0.2.1:port", "192.0.2.1:99999", "192.0.2.1, 192.0.2.2", "3232235777", ":8080",
		"192.0.2.1\x00",
	} {
		_, ok := parseAddress(s)
		require.False(t, ok, s)
	}
}
