package line

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// payloadConfig captures bodies of at most 100 bytes.
func payloadConfig() Config {
	cfg := config
	cfg.CapturePayload, cfg.MaxPayload = true, 100
	return cfg
}

func TestPayloadIsKeptOnlyWhereConfigured(t *testing.T) {
	t.Parallel()
	req := newRequest(t, attrs{"http.request.body.content": `{"a": 1}`})
	got := read(t, req)
	require.Nil(t, got["request_payload"])
	require.Equal(t, true, got["request_payload_capture_disabled"])

	row, _ := appendRow(NewMapper(payloadConfig()).Encoder(), nil, req)
	got = decode(t, row)
	require.Equal(t, attrs{"a": 1.0}, got["request_payload"])
	require.Equal(t, false, got["request_payload_capture_disabled"])
}
