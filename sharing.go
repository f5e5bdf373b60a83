package canonicallineexporter

import (
	"sync"

	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/pipeline"
)

// Pipelines of traces and of logs that name the same exporter share it, since the exceptions
// of one belong to the spans of the other. The collector creates one component for each
// signal, with the same configuration, and starts and shuts down both.

// sharing holds the exporters that can be shared, by their configuration. It is safe for
// concurrent use.
type sharing struct {
	mu        sync.Mutex
	exporters map[*Config]*lineExporter
}

var shared = sharing{exporters: map[*Config]*lineExporter{}}

// join returns the exporter of a configuration that does not serve the signal yet, or a new
// one.
func (s *sharing) join(cfg *Config, signal pipeline.Signal, create func() (*lineExporter, error)) (*lineExporter, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.exporters[cfg]
	if e == nil || e.signals[signal] {
		var err error
		if e, err = create(); err != nil {
			return nil, err
		}
		s.exporters[cfg] = e
	}
	e.signals[signal] = true
	return e, nil
}

// serves reports whether pipelines of a signal feed the exporter.
func (s *sharing) serves(e *lineExporter, signal pipeline.Signal) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return e.signals[signal]
}

// leave reports whether it was the last of an exporter's signals that left.
func (s *sharing) leave(e *lineExporter) (last bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.left++; e.left < len(e.signals) {
		return false
	}
	if s.exporters[e.cfg] == e {
		delete(s.exporters, e.cfg)
	}
	return true
}

// Both components are the same exporter.
var (
	_ exporter.Traces = (*lineExporter)(nil)
	_ exporter.Logs   = (*lineExporter)(nil)
)
