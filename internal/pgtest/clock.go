package pgtest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// ErrNoFaketime says that no clock can be set here.
var ErrNoFaketime = errors.New("libfaketime is missing: install the package faketime")

// libfaketime are the places where distributions keep libfaketime.
var libfaketime = []string{"/usr/lib/*/faketime/libfaketime.so.1", "/usr/lib64/faketime/libfaketime.so.1", "/usr/lib/faketime/libfaketime.so.1"}

// FakeClock restarts the server with a clock of its own, which SetClock sets. It returns
// ErrNoFaketime if that takes what is not installed.
func (s *Server) FakeClock() error {
	for _, place := range libfaketime {
		found, err := filepath.Glob(place)
		if err != nil {
			return err
		}
		if len(found) > 0 {
			s.preload = found[0]
			if err := s.SetClock(0); err != nil {
				return err
			}
			return s.Restart()
		}
	}
	return ErrNoFaketime
}

// SetClock sets the server's clock this far ahead of the host's, or behind it. Within a
// second each of the server's processes shows it, like the rest of Postgres at its own pace.
func (s *Server) SetClock(ahead time.Duration) error {
	// A process that reads the file meanwhile finds either time.
	next := s.clock() + ".next"
	if err := os.WriteFile(next, fmt.Appendf(nil, "%+d\n", int64(ahead/time.Second)), 0o644); err != nil {
		return fmt.Errorf("set clock: %w", err)
	}
	if err := os.Rename(next, s.clock()); err != nil {
		return fmt.Errorf("set clock: %w", err)
	}
	return nil
}

func (s *Server) clock() string { return filepath.Join(s.dir, "clock") }

// environment returns what the server's environment has beyond that of the tests.
func (s *Server) environment() []string {
	if s.preload == "" {
		return nil
	}
	return []string{
		"LD_PRELOAD=" + s.preload, "FAKETIME_TIMESTAMP_FILE=" + s.clock(),
		// How often each process looks at the file, in seconds.
		"FAKETIME_CACHE_DURATION=1",
		// What measures durations goes on.
		"FAKETIME_DONT_FAKE_MONOTONIC=1",
	}
}
