package main

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exportertest"

	canonical "canonicallineexporter"
	"canonicallineexporter/internal/metadata"
)

// producers is the number of goroutines that send exports, like connections of SDKs.
const producers = 4

func exporterName(size, descendants int) string {
	return fmt.Sprintf("exporter by %d, %d descendants", size, descendants)
}

// exporterCases returns the cases that run the exporter, from ConsumeTraces to the last
// commit.
func (b *bench) exporterCases() (cases []benchCase) {
	for _, descendants := range descendantCounts {
		for _, size := range batchSizes {
			cases = append(cases, benchCase{
				name: exporterName(size, descendants), against: floorName(size, descendants),
				run: func(ctx context.Context) (int, time.Duration, error) {
					lines := b.linesWith(descendants)
					e, err := b.startExporter(ctx, size)
					if err != nil {
						return 0, 0, err
					}
					took, err := consumeAll(ctx, e, newWorkload(lines, descendants))
					if err != nil {
						return 0, 0, err
					}
					return lines, took, b.stored(ctx, lines)
				},
			})
		}
	}
	return cases
}

// consumeAll passes a workload to the exporter and returns how long that took up to the last
// commit.
func consumeAll(ctx context.Context, e exporter.Traces, w workload) (time.Duration, error) {
	start := time.Now()
	if err := consume(ctx, e, w); err != nil {
		return 0, err
	}
	if err := e.Shutdown(ctx); err != nil {
		return 0, fmt.Errorf("shut down: %w", err)
	}
	return time.Since(start), nil
}

// startExporter starts an exporter that writes batches of size lines.
func (b *bench) startExporter(ctx context.Context, size int) (exporter.Traces, error) {
	return b.startExporterWith(ctx, size, func(*canonical.Config) {})
}

// startExporterWith does the same with another configuration.
func (b *bench) startExporterWith(ctx context.Context, size int, change func(*canonical.Config)) (exporter.Traces, error) {
	factory := canonical.NewFactory()
	cfg := factory.CreateDefaultConfig().(*canonical.Config)
	cfg.Database.URL = configopaque.String(b.url)
	queue := cfg.QueueConfig.Get()
	queue.QueueSize = int64(10 * max(b.lines, b.queued))
	queue.Batch.Get().MinSize, queue.Batch.Get().MaxSize = int64(size), int64(max(size, 100))
	change(cfg)
	set := exportertest.NewNopSettings(metadata.Type)
	// An exporter takes over what one of its id left.
	b.exporters++
	set.ID = component.NewIDWithName(metadata.Type, strconv.Itoa(b.exporters))
	e, err := factory.CreateTraces(ctx, set, cfg)
	if err != nil {
		return nil, fmt.Errorf("create exporter: %w", err)
	}
	if err := e.Start(ctx, componenttest.NewNopHost()); err != nil {
		return nil, fmt.Errorf("start exporter: %w", err)
	}
	return e, nil
}

// consume passes a workload to the exporter.
func consume(ctx context.Context, e exporter.Traces, w workload) error {
	var group sync.WaitGroup
	errs := make([]error, producers)
	for p := range producers {
		group.Go(func() {
			td := w.export()
			step := w.requests
			for first := p * step; first < w.lines && errs[p] == nil; first += producers * step {
				w.number(td, first)
				errs[p] = e.ConsumeTraces(ctx, td)
			}
		})
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return fmt.Errorf("consume traces: %w", err)
		}
	}
	return nil
}
