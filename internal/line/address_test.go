package line

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestColumns_IP_IsWhatTheOutermostTrustedProxySaw(t *testing.T) {
	t.Parallel()
	const header = "http.request.header."
	for name, tt := range map[string]struct {
		trusted    int
		attributes attrs
		want       string
	}{
		"none trusted":          {0, attrs{header + "x-forwarded-for": "203.0.113.9", "client.address": "10.0.0.1"}, "10.0.0.1"},
		"one":                   {1, attrs{header + "x-forwarded-for": "203.0.113.9", "client.address": "10.0.0.1"}, "203.0.113.9"},
		"forged":                {1, attrs{header + "x-forwarded-for": "1.1.1.1, 203.0.113.9"}, "203.0.113.9"},
		"two":                   {2, attrs{header + "x-forwarded-for": "1.1.1.1,203.0.113.9, 10.0.0.2"}, "203.0.113.9"},
		"shorter than trusted":  {3, attrs{header + "x-forwarded-for": "203.0.113.9, 10.0.0.2"}, "203.0.113.9"},
		"several headers":       {2, attrs{header + "x-forwarded-for": []any{"203.0.113.9", "10.0.0.2"}}, "203.0.113.9"},
		"underscores":           {1, attrs{header + "x_forwarded_for": []any{"203.0.113.9"}}, "203.0.113.9"},
		"metadata":              {1, attrs{"rpc.request.metadata.x-forwarded-for": []any{"203.0.113.9"}}, "203.0.113.9"},
		"port":                  {1, attrs{header + "x-forwarded-for": "203.0.113.9:4711"}, "203.0.113.9"},
		"quotes":                {1, attrs{header + "x-forwarded-for": `"[2001:db8::1]:4711"`}, "2001:db8::1"},
		"brackets":              {1, attrs{header + "x-forwarded-for": "[2001:db8::1]:4711"}, "2001:db8::1"},
		"mapped":                {1, attrs{header + "x-forwarded-for": "::ffff:203.0.113.9"}, "203.0.113.9"},
		"empty entries":         {1, attrs{header + "x-forwarded-for": "203.0.113.9, ,"}, "203.0.113.9"},
		"unknown":               {1, attrs{header + "x-forwarded-for": "1.1.1.1, unknown", "network.peer.address": "10.0.0.1"}, "10.0.0.1"},
		"unknown, then another": {1, attrs{header + "x-forwarded-for": "unknown", header + "x-real-ip": "203.0.113.9"}, "203.0.113.9"},
		"forwarded": {
			1,
			attrs{header + "forwarded": `for=1.1.1.1, For="[2001:db8::1]:4711";proto=https;by=10.0.0.2`, header + "x-forwarded-for": "1.1.1.2"},
			"2001:db8::1",
		},
		"forwarded, quote":      {1, attrs{header + "forwarded": `for="1.1.1.1, proto=http;for=203.0.113.9`}, "203.0.113.9"},
		"forwarded, obfuscated": {1, attrs{header + "forwarded": "for=_hidden"}, "0.0.0.0"},
		"forwarded, no for":     {1, attrs{header + "forwarded": "proto=https"}, "0.0.0.0"},
		"only commas":           {1, attrs{header + "x-forwarded-for": ",,,"}, "0.0.0.0"},
		"application":           {1, attrs{header + "x-forwarded-for": "1.1.1.1", "canonical.ip": "203.0.113.9"}, "203.0.113.9"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config
			cfg.TrustedProxies = tt.trusted
			require.Equal(t, tt.want, decode(t, encode(NewMapper(cfg), newRequest(t, tt.attributes)), 0)["ip"])
		})
	}
}
