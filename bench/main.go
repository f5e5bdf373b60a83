// Command bench compares the exporter with what Postgres itself can take, in one run on
// one throwaway Postgres with fsync and synchronous_commit on, and prints ratios.
// docs/benchmarks.md explains each figure.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"runtime/pprof"
	"strings"
	"text/tabwriter"
	"time"

	"canonicallineexporter/internal/pgtest"
)

func main() {
	options := options{}
	flag.IntVar(&options.runs, "runs", 5, "how often each case runs; the median counts")
	flag.IntVar(&options.lines, "lines", 100_000, "lines that a case writes")
	flag.IntVar(&options.queued, "queued", 1_000_000, "lines queued in the cases of an outage")
	flag.StringVar(&options.csv, "csv", "", "file for the results")
	flag.StringVar(&options.only, "only", "", "run only the cases whose name contains this")
	flag.StringVar(&options.profile, "cpuprofile", "", "file for a CPU profile of this program")
	flag.DurationVar(&options.soakFor, "soak", 0, "run no cases, but load a collector for this long and watch its memory")
	flag.IntVar(&options.rate, "rate", 5000, "requests a second that -soak sends")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, options); err != nil {
		log.Fatal(err)
	}
}

type options struct {
	runs, lines, queued int
	csv, only, profile  string
	soakFor             time.Duration
	rate                int
}

func run(ctx context.Context, o options) error {
	server, err := pgtest.Start("fsync=on", "synchronous_commit=on", "shared_buffers=512MB", "max_wal_size=8GB")
	if err != nil {
		return fmt.Errorf("start Postgres: %w", err)
	}
	defer server.Stop() //nolint:errcheck // nothing is left to do
	b, err := newBench(ctx, server.URL("postgres"), o)
	if err != nil {
		return err
	}
	defer b.close()
	if o.profile != "" {
		file, err := os.Create(o.profile)
		if err != nil {
			return fmt.Errorf("write profile: %w", err)
		}
		defer file.Close()
		if err := pprof.StartCPUProfile(file); err != nil {
			return fmt.Errorf("write profile: %w", err)
		}
		defer pprof.StopCPUProfile()
	}
	if o.soakFor > 0 {
		return b.soak(ctx)
	}
	if err := b.run(ctx); err != nil {
		return err
	}
	if err := b.print(); err != nil {
		return err
	}
	return writeCSV(o.csv, b.rows())
}

// print prints the results as a table.
func (b *bench) print() error {
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, row := range b.rows() {
		fmt.Fprintln(table, strings.Join(row, "\t"))
	}
	return table.Flush()
}
