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
	// soakInterval is how often the memory of the collector is looked at.
	soakInterval = 10 * time.Second
	// bereftExports is of how many exports one lacks its SERVER spans, so that
	// descendants wait in vain and have to be evicted.
	bereftExports = 50
)

// soak sends requests of sentDescendants each to a whole collector at a steady
// rate, and writes what memory that occupies to the CSV file. It fails unless
// every line is stored once.
func (b *bench) soak(ctx context.Context) error {
	p, err := b.startProcess(ctx, canonicalBinary, "bench/collector-canonical.yaml")
	if err != nil {
		return err
	}
	c, err := dial(p.endpoint)
	if err != nil {
		return err
	}
	defer c.conn.Close()
	memory := [][]string{{"seconds", "MiB"}}
	w := newWorkload(int(b.soakFor.Seconds()*float64(b.rate)), sentDescendants)
	td := w.export()
	perExport := w.requests
	start, looked, bereft := time.Now(), time.Duration(0), 0
	for first := 0; first < w.lines; first += perExport {
		due := time.Duration(float64(first) / float64(b.rate) * float64(time.Second))
		select {
		case <-ctx.Done():
			return fmt.Errorf("soak: %w", ctx.Err())
		case <-time.After(time.Until(start.Add(due))):
		}
		if due >= looked {
			resident, err := p.resident()
			if err != nil {
				return err
			}
			memory = append(memory, []string{strconv.Itoa(int(looked.Seconds())), strconv.Itoa(resident >> 20)})
			looked += soakInterval
		}
		// They end when they are sent.
		w.ended = time.Now().Add(-time.Duration(first) * time.Microsecond)
		w.number(td, first)
		sent := td
		if first/perExport%bereftExports == bereftExports-1 {
			bereft += min(perExport, w.lines-first)
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
	cpu, err := p.stop()
	if err != nil {
		return err
	}
	if err := b.stored(ctx, w.lines-bereft); err != nil {
		return err
	}
	fmt.Printf("%d requests in %s, %.1f%% of a core; %d without a SERVER span, all others are stored\n",
		w.lines, took.Round(time.Second), 100*cpu.Seconds()/took.Seconds(), bereft)
	return writeCSV(b.csv, memory)
}

// withoutServers is a copy of the export without its SERVER spans.
func withoutServers(td ptrace.Traces) ptrace.Traces {
	descendants := ptrace.NewTraces()
	td.CopyTo(descendants)
	descendants.ResourceSpans().At(0).ScopeSpans().At(0).Spans().RemoveIf(func(s ptrace.Span) bool {
		return s.Kind() == ptrace.SpanKindServer
	})
	return descendants
}

// writeCSV writes records to a file, if it has a name.
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
