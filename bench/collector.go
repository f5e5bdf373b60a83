package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"

	"canonicallineexporter/internal/oteltest"
)

const (
	nopName         = "CPU of a collector with nop"
	canonicalName   = "CPU of a collector with canonical_line"
	canonicalBinary = "build/otelcol-canonical"
	nopBinary       = "build/nop/otelcol-nop"
	// sentDescendants is the number of descendants of each request.
	sentDescendants = 4
)

// collectorCases returns the cases that run a whole collector and send it OTLP/gRPC, with
// this exporter and with one that does nothing. They measure the CPU time of the process.
func (b *bench) collectorCases() []benchCase {
	return []benchCase{
		{name: nopName, run: func(ctx context.Context) (int, time.Duration, error) {
			return b.runCollector(ctx, nopName, nopBinary, "bench/collector-nop.yaml")
		}},
		{name: canonicalName, against: nopName, run: func(ctx context.Context) (int, time.Duration, error) {
			lines, took, err := b.runCollector(ctx, canonicalName, canonicalBinary, "bench/collector-canonical.yaml")
			if err != nil {
				return 0, 0, err
			}
			return lines, took, b.stored(ctx, lines)
		}},
	}
}

func (b *bench) runCollector(ctx context.Context, name, binary, config string) (int, time.Duration, error) {
	exports, err := marshaled(newWorkload(b.lines, sentDescendants))
	if err != nil {
		return 0, 0, err
	}
	// One export measures the CPU time of starting and stopping, which is subtracted.
	idle, _, err := b.underLoad(ctx, binary, config, exports[:1])
	if err != nil {
		return 0, 0, err
	}
	busy, wall, err := b.underLoad(ctx, binary, config, exports)
	if err != nil {
		return 0, 0, err
	}
	b.notes[name] = fmt.Sprintf("%.0f requests/s received", float64(b.lines)/wall.Seconds())
	return b.lines, busy - idle, nil
}

// underLoad runs a collector until it has received the exports. It returns the CPU time
// of the collector, including the flush at the end, and how long it received.
func (b *bench) underLoad(ctx context.Context, binary, config string, exports [][]byte) (cpu, wall time.Duration, err error) {
	c, err := b.startCollector(ctx, binary, config)
	if err != nil {
		return 0, 0, err
	}
	start := time.Now()
	loadErr := deliver(ctx, c.GRPC, exports, producers)
	wall = time.Since(start)
	if err := errors.Join(loadErr, c.Terminate()); err != nil {
		return 0, 0, err
	}
	return c.CPU(), wall, nil
}

// startCollector starts a collector with the configuration and, in addition to the
// database's URL, the variables of environment. It returns once the collector takes
// spans.
func (b *bench) startCollector(ctx context.Context, binary, config string, environment ...string) (*oteltest.Collector, error) {
	c, err := oteltest.Launch(ctx, binary, []string{"--config=" + config}, append(environment, "DATABASE_URL="+b.url)...)
	if err != nil {
		return nil, err
	}
	return c, c.AwaitReady()
}

// marshaled returns the exports of a workload as they go over the wire, so that
// marshaling takes no time while they are sent.
func marshaled(w workload) (exports [][]byte, err error) {
	td := w.export()
	for first := 0; first < w.lines; first += w.requests {
		w.number(td, first)
		export, err := ptraceotlp.NewExportRequestFromTraces(td).MarshalProto()
		if err != nil {
			return nil, fmt.Errorf("marshal export: %w", err)
		}
		exports = append(exports, export)
	}
	return exports, nil
}
