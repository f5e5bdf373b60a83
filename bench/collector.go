package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
)

const (
	nopName         = "CPU of a collector with nop"
	canonicalName   = "CPU of a collector with canonical_line"
	canonicalBinary = "build/otelcol-canonical"
	// sentDescendants is how many spans each request has beside its SERVER span.
	sentDescendants = 4
)

// collectorCases are whole collectors under OTLP/gRPC, with this exporter and with
// one that does nothing. Their time is that of the process's CPU.
func (b *bench) collectorCases() []benchCase {
	return []benchCase{
		{name: nopName, run: func(ctx context.Context) (int, time.Duration, error) {
			return b.runCollector(ctx, nopName, "build/nop/otelcol-nop", "bench/collector-nop.yaml")
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
	// Starting and stopping take CPU as well, which the lines are not to blame for.
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

// underLoad runs a collector until it has taken the exports and returns the CPU
// time it took, flushing what it holds at the end among it, and how long it
// received.
func (b *bench) underLoad(ctx context.Context, binary, config string, exports [][]byte) (cpu, wall time.Duration, err error) {
	p, err := b.startProcess(ctx, binary, config)
	if err != nil {
		return 0, 0, err
	}
	start := time.Now()
	loadErr := deliver(ctx, p.endpoint, exports, producers)
	wall = time.Since(start)
	cpu, err = p.stop()
	return cpu, wall, errors.Join(loadErr, err)
}

// marshaled are the exports of a workload as they go over the wire: making them
// must not hold up those who take them.
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
