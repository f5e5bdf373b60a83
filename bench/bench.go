package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"canonicallineexporter/internal/line"
	"canonicallineexporter/internal/table"
)

// bench runs cases and records their times.
type bench struct {
	options
	url    string
	pool   *pgxpool.Pool
	mapper *line.Mapper
	table  table.Name
	cases  []benchCase
	took   map[string][]time.Duration
	notes  map[string]string
	// exporters is how many have been started.
	exporters int
}

// benchCase is one case of the benchmark.
type benchCase struct {
	name string
	// against names the case that this one is compared with; empty is none.
	against string
	// run writes lines and returns how many, and how long that took.
	run func(ctx context.Context) (lines int, took time.Duration, err error)
}

func newBench(ctx context.Context, url string, o options) (*bench, error) {
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	b := &bench{
		options: o, url: url, pool: pool, table: table.Name{Schema: "public", Name: "canonical_api_line"},
		mapper: line.NewMapper(line.Config{AttributePrefix: attributePrefix, Horizon: 72 * time.Hour}),
		took:   map[string][]time.Duration{}, notes: map[string]string{},
	}
	if err := b.create(ctx, true); err != nil {
		return nil, err
	}
	b.cases = slices.Concat(b.floorCases(), b.exporterCases(), b.indexCases(), b.peerCases(), b.readerCases(), b.replayCases(), b.outageCases(), b.collectorCases())
	return b, nil
}

func (b *bench) close() { b.pool.Close() }

// run runs the cases in turn, so that other load on the machine affects all of them
// equally.
func (b *bench) run(ctx context.Context) error {
	for run := range b.runs {
		for _, c := range b.cases {
			if !strings.Contains(c.name, b.only) {
				continue
			}
			if err := b.empty(ctx); err != nil {
				return err
			}
			lines, took, err := c.run(ctx)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			perLine := took / time.Duration(lines)
			b.took[c.name] = append(b.took[c.name], perLine)
			fmt.Fprintf(os.Stderr, "%d/%d  %-40s %9d lines  %10s  %7.1f µs/line\n",
				run+1, b.runs, c.name, lines, took.Round(time.Millisecond), float64(perLine.Nanoseconds())/1000)
		}
	}
	return nil
}

// empty truncates the table and forces a checkpoint, as every case begins.
func (b *bench) empty(ctx context.Context) error {
	if _, err := b.pool.Exec(ctx, "TRUNCATE "+b.table.String()); err != nil {
		return fmt.Errorf("empty the table: %w", err)
	}
	if _, err := b.pool.Exec(ctx, "CHECKPOINT"); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return nil
}

// stored returns an error unless the table holds exactly want lines.
func (b *bench) stored(ctx context.Context, want int) error {
	var got int
	if err := b.pool.QueryRow(ctx, "SELECT count(*) FROM "+b.table.String()).Scan(&got); err != nil {
		return fmt.Errorf("count lines: %w", err)
	}
	if got != want {
		return fmt.Errorf("stored %d of %d lines", got, want)
	}
	return nil
}

// median returns the median time that a case took for a line, 0 if it did not run.
func (b *bench) median(name string) time.Duration {
	took := slices.Sorted(slices.Values(b.took[name]))
	if len(took) == 0 {
		return 0
	}
	return took[len(took)/2]
}

// rows returns the results below a header row.
func (b *bench) rows() [][]string {
	rows := [][]string{{"case", "lines/s", "µs/line", "against", "ratio", "note"}}
	for _, c := range b.cases {
		own := b.median(c.name)
		if own == 0 {
			continue
		}
		row := []string{
			c.name, fmt.Sprintf("%.0f", float64(time.Second)/float64(own)), fmt.Sprintf("%.1f", float64(own.Nanoseconds())/1000),
			c.against, "", b.notes[c.name],
		}
		if other := b.median(c.against); other > 0 {
			// How many lines this case writes while the other writes one.
			row[4] = fmt.Sprintf("%.2f", float64(other)/float64(own))
		}
		rows = append(rows, row)
	}
	return rows
}
