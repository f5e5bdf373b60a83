package deploy

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// in runs a program in a directory and returns what it prints.
func in(t *testing.T, directory, program string, arguments ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), program, arguments...)
	command.Dir = directory
	var errors bytes.Buffer
	command.Stderr = &errors
	out, err := command.Output()
	require.NoError(t, err, "%s: %s%s", program, out, &errors)
	return string(out)
}

// copied returns a copy of the repository's files, as a repository of its own.
func copied(t *testing.T) string {
	t.Helper()
	directory := t.TempDir()
	for name := range strings.SplitSeq(in(t, "..", "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"), "\x00") {
		source := filepath.Join("..", name)
		info, err := os.Stat(source)
		if os.IsNotExist(err) || name == "" {
			continue
		}
		require.NoError(t, err)
		content, err := os.ReadFile(source)
		require.NoError(t, err)
		target := filepath.Join(directory, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(target), 0o755))
		require.NoError(t, os.WriteFile(target, content, info.Mode().Perm()))
	}
	in(t, directory, "git", "init", "--quiet")
	in(t, directory, "git", "add", "--all")
	return directory
}

func TestModule_AnotherPath_Builds(t *testing.T) {
	t.Parallel()
	fork := copied(t)
	in(t, fork, "internal/tools/module.sh", "example.org/you/lines")
	require.Equal(t, "example.org/you/lines", strings.TrimSpace(in(t, fork, "go", "list", "-m")))
	in(t, fork, "go", "build", "./...")
	in(t, fork, "go", "vet", ".", "./e2e")
	in(t, filepath.Join(fork, "demo"), "go", "vet", "./ask")
	manifest, err := os.ReadFile(filepath.Join(fork, "builder-config.yaml"))
	require.NoError(t, err)
	require.Contains(t, string(manifest), "gomod: example.org/you/lines v0.0.0")
	require.Empty(t, in(t, fork, "gofmt", "-l", "."))
	// A second path replaces the first.
	in(t, fork, "internal/tools/module.sh", "example.com/other")
	require.Contains(t, in(t, fork, "go", "list", "-deps", "."), "example.com/other/internal/store\n")

	refused := exec.CommandContext(t.Context(), "internal/tools/module.sh", "no path")
	refused.Dir = fork
	out, err := refused.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "is no import path")
}
