package request

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCalls_Add_CountsErrors(t *testing.T) {
	t.Parallel()
	var calls Calls
	calls.Add(time.Second, false)
	calls.Add(time.Minute, true)
	require.Equal(t, Calls{Count: 2, Errors: 1, Duration: 61 * time.Second}, calls)
}
