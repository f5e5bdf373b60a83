package request

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRPCCode_ReadsNumbersAndNames(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"0": "OK", "5": "NOT_FOUND", "16": "UNAUTHENTICATED", "not_found": "NOT_FOUND", "CANCELED": "CANCELLED",
		"CANCELLED": "CANCELLED", "NotFound": "NOT_FOUND",
		"StatusCode.DEADLINE_EXCEEDED": "DEADLINE_EXCEEDED", "Canceled": "CANCELLED", "17": "", "-1": "", "": "", "java.io.IOException": "",
	} {
		require.Equal(t, want, RPCCode(s), s)
	}
}
