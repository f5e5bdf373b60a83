package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"canonicallineexporter/internal/database"
)

// batchSizes lists the sizes of a batch, in lines, and descendantCounts the numbers of
// descendants of a request that are compared.
var (
	batchSizes       = []int{100, 1000, 10_000}
	descendantCounts = []int{0, 4, 20}
)

func floorName(size, descendants int) string {
	return fmt.Sprintf("COPY of encoded rows by %d, %d descendants", size, descendants)
}

// floorCases returns the cases that show what Postgres itself can take: binary COPY of
// encoded rows over one connection, one transaction a batch.
func (b *bench) floorCases() (cases []benchCase) {
	for _, descendants := range descendantCounts {
		for _, size := range batchSizes {
			cases = append(cases, benchCase{
				name: floorName(size, descendants),
				run: func(ctx context.Context) (int, time.Duration, error) {
					return b.copyEncoded(ctx, newWorkload(b.linesWith(descendants), descendants), size)
				},
			})
		}
	}
	return cases
}

// linesWith returns how many lines a case writes, fewer the more descendants each has,
// so that every case takes about as long.
func (b *bench) linesWith(descendants int) int { return b.lines / (1 + descendants/4) }

func (b *bench) copyEncoded(ctx context.Context, w workload, size int) (int, time.Duration, error) {
	batches := b.batches(w, size)
	conn, err := pgx.Connect(ctx, b.url)
	if err != nil {
		return 0, 0, fmt.Errorf("connect: %w", err)
	}
	defer conn.Close(ctx)
	copyIn := "COPY " + b.table.String() + " (" + b.columnList() + ") FROM STDIN (FORMAT binary)"
	start := time.Now()
	for _, batch := range batches {
		if _, err := conn.PgConn().CopyFrom(ctx, batch.Stream(), copyIn); err != nil {
			return 0, 0, fmt.Errorf("copy: %w", err)
		}
	}
	took := time.Since(start)
	return w.lines, took, b.stored(ctx, w.lines)
}

// columnList returns the quoted column names of a line, separated by commas.
func (b *bench) columnList() string {
	layout := b.mapper.Layout()
	names := make([]string, len(layout))
	for i, c := range layout {
		names[i] = database.QuoteIdentifier(c.Name)
	}
	return strings.Join(names, ", ")
}
