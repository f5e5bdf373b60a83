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

// soak sends requests with sentDescendants to a collector at a steady rate, and writes
// its memory over time to the CSV file. It returns an error unless every line is stored
// once.
func (b *bench) soak(ctx context.Context) error {
	collector, err := b.startCollector(ctx, canonicalBinary, "bench/collector-canonical.yaml")
	if err != nil {
		return err
	}
	c, err := dial(collector.GRPC)
	if err != nil {
		return err
	}
	defer c.conn.Close()
	memory := [][]string{{"seconds", "MiB"}}
	w := newWorkload(int(b.soakFor.Seconds()*float64(b.rate)), sentDescendants)
	td := w.export()
	perExport := w.requests
	start, measured, orphaned := time.Now(), time.Duration(0), 0
	for first := 0; first < w.lines; first += perExport {
		due := time.Duration(float64(first) / float64(b.rate) * float64(time.Second))
		select {
		case <-ctx.Done():
			return fmt.Errorf("soak: %w", ctx.Err())
		case <-time.After(time.Until(start.Add(due))):
		}
		if due >= measured {
			resident, err := collector.ResidentMemory()
			if err != nil {
				return err
			}
			memory = append(memory, []string{strconv.Itoa(int(measured.Seconds())), strconv.Itoa(resident >> 20)})
			measured += soakInterval
		}
		// The first request of the export ends now.
		w.ended = time.Now().Add(-time.Duration(first) * time.Microsecond)
		w.number(td, first)
		sent := td
		if first/perExport%orphanedExports == orphanedExports-1 {
			orphaned += min(perExport, w.lines-first)
			sent = withoutServers(td)
		}
		export, err := ptraceotlp.NewExportRequestFromTraces(sent).MarshalProto()
		if err != nil {
			return fmt.Errorf("marshal export: %w", err)
		}
		if err := c.send(ctx, export); err != nil {
			return err
		}
	}
	took := time.Since(start)
	if err := collector.Terminate(); err != nil {
		return fmt.Errorf("stop collector: %w", err)
	}
	if err := b.stored(ctx, w.lines-orphaned); err != nil {
		return err
	}
	fmt.Printf("%d requests in %s, %.1f%% of a core; %d without a SERVER span, all others are stored\n",
		w.lines, took.Round(time.Second), 100*collector.CPU().Seconds()/took.Seconds(), orphaned)
	return writeCSV(b.csv, memory)
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
