package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"strconv"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
)

const (
	// soakInterval is the time between two measurements of the collector's memory.
	soakInterval = 10 * time.Second
	// orphanedExports says that one in this many exports lacks its SERVER spans, so that
	// its descendants are pending until they are evicted.
	orphanedExports = 50
)

// soak sends requests with sentDescendants at a steady rate, to a collector with nop and to
// one with this exporter, whose memory over time it writes to the CSV file. It returns an
// error unless every line is stored once.
func (b *bench) soak(ctx context.Context) error {
	nop, err := b.steadily(ctx, nopBinary, "bench/collector-nop.yaml")
	if err != nil {
		return err
	}
	canonical, err := b.steadily(ctx, canonicalBinary, "bench/collector-canonical.yaml")
	if err != nil {
		return err
	}
	if err := b.stored(ctx, canonical.requests-canonical.orphaned); err != nil {
		return err
	}
	fmt.Printf("%d requests in %s, %.1f%% of a core, %.2f times as much as with nop; %d without a SERVER span, all others are stored\n",
		canonical.requests, b.soakFor, 100*canonical.cpu.Seconds()/b.soakFor.Seconds(), float64(canonical.cpu)/float64(nop.cpu), canonical.orphaned)
	return writeCSV(b.csv, canonical.memory)
}

// soaked is what came of a steady load.
type soaked struct {
	requests, orphaned int
	cpu                time.Duration
	// memory is a table of the resident memory over time.
	memory [][]string
}

// steadily sends requests to a collector for as long as a soak takes.
func (b *bench) steadily(ctx context.Context, binary, config string) (s soaked, err error) {
	collector, err := b.startCollector(ctx, binary, config)
	if err != nil {
		return s, err
	}
	c, err := dial(collector.GRPC)
	if err != nil {
		return s, err
	}
	defer c.conn.Close()
	s.memory = [][]string{{"seconds", "MiB"}}
	w := newWorkload(int(b.soakFor.Seconds()*float64(b.rate)), sentDescendants)
	td := w.export()
	perExport := w.requests
	start, measured := time.Now(), time.Duration(0)
	for first := 0; first < w.lines; first += perExport {
		due := time.Duration(float64(first) / float64(b.rate) * float64(time.Second))
		select {
		case <-ctx.Done():
			return s, fmt.Errorf("soak: %w", ctx.Err())
		case <-time.After(time.Until(start.Add(due))):
		}
		if due >= measured {
			resident, err := collector.ResidentMemory()
			if err != nil {
				return s, err
			}
			s.memory = append(s.memory, []string{strconv.Itoa(int(measured.Seconds())), strconv.Itoa(resident >> 20)})
			measured += soakInterval
		}
		// The first request of the export ends now.
		w.ended = time.Now().Add(-time.Duration(first) * time.Microsecond)
		w.number(td, first)
		sent := td
		if first/perExport%orphanedExports == orphanedExports-1 {
			s.orphaned += min(perExport, w.lines-first)
			sent = withoutServers(td)
		}
		export, err := ptraceotlp.NewExportRequestFromTraces(sent).MarshalProto()
		if err != nil {
			return s, fmt.Errorf("marshal export: %w", err)
		}
		if err := c.send(ctx, export); err != nil {
			return s, err
		}
	}
	if err := collector.Terminate(); err != nil {
		return s, fmt.Errorf("stop collector: %w", err)
	}
	s.requests, s.cpu = w.lines, collector.CPU()
	return s, nil
}

// withoutServers returns a copy of the export without its SERVER spans.
func withoutServers(td ptrace.Traces) ptrace.Traces {
	descendants := ptrace.NewTraces()
	td.CopyTo(descendants)
	descendants.ResourceSpans().At(0).ScopeSpans().At(0).Spans().RemoveIf(func(s ptrace.Span) bool {
		return s.Kind() == ptrace.SpanKindServer
	})
	return descendants
}

// writeCSV writes records to the named file; it does nothing without a name.
func writeCSV(name string, records [][]string) error {
	if name == "" {
		return nil
	}
	file, err := os.Create(name) //nolint:gosec // the user names it
	if err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	if err := csv.NewWriter(file).WriteAll(records); err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	return file.Close()
}
