package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSystemd_Unit_IsValid(t *testing.T) {
	t.Parallel()
	analyze, err := exec.LookPath("systemd-analyze")
	require.NoError(t, err)
	unit, err := os.ReadFile("systemd/otelcol-canonical.service")
	require.NoError(t, err)
	// It wants to see the program.
	program, err := os.Executable()
	require.NoError(t, err)
	installed := strings.ReplaceAll(string(unit), "/usr/local/bin/otelcol-canonical", program)
	require.NotEqual(t, string(unit), installed)
	// A faulty configuration is found before the collector reads it, which would end it.
	require.Regexp(t, `(?m)^ExecReload=/usr/local/bin/otelcol-canonical validate .*\nExecReload=kill -HUP \$MAINPID$`, string(unit))
	file := filepath.Join(t.TempDir(), "otelcol-canonical.service")
	require.NoError(t, os.WriteFile(file, []byte(installed), 0o600))

	said, err := exec.CommandContext(t.Context(), analyze, "verify", file).CombinedOutput()
	require.NoError(t, err, string(said))
	require.Empty(t, string(said))
	// 0 is no exposure, 10 that of a service that says nothing.
	said, err = exec.CommandContext(t.Context(), analyze, "security", "--offline=true", "--threshold=15", file).CombinedOutput()
	require.NoError(t, err, string(said))
}
