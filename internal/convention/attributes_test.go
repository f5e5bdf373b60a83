package convention

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAttributes_AreUniqueAndWhole(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, a := range Attributes {
		require.False(t, seen[a.Name], a.Name)
		seen[a.Name] = true
		require.NotEmpty(t, a.Means, a.Name)
		require.NotEmpty(t, a.By, a.Name)
		got, ok := Of(a.Name)
		require.True(t, ok)
		require.Equal(t, a, got)
		_, ok = Of(a.Means)
		require.False(t, ok, "%s leads on", a.Means)
	}
}

func TestAttribute_Says_KnowsPlaceholders(t *testing.T) {
	t.Parallel()
	uri, _ := Of("uri")
	for _, value := range []string{"UNKNOWN", "NOT_FOUND", "REDIRECTION", "root", "none", ""} {
		require.False(t, uri.Says(value), value)
	}
	require.True(t, uri.Says("/accounts/{id}"))
	path, _ := Of("http.path")
	require.True(t, path.Says("root"))
}

func TestReadError_ReadsFlagsAndMessages(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]struct {
		failed  bool
		message string
	}{
		"true": {true, ""}, "True": {true, ""}, "1": {true, ""}, "false": {false, ""}, "0": {false, ""},
		"connection refused": {true, "connection refused"}, "": {false, ""},
	} {
		failed, message := ReadError(value)
		require.Equal(t, want.failed, failed, value)
		require.Equal(t, want.message, message, value)
	}
}
