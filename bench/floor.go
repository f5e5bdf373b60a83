package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"canonicallineexporter/internal/database"
)

// batchSizes are the lines of a batch that are compared, descendantCounts the
// spans that a request has beside its SERVER span.
var (
	batchSizes       = []int{100, 1000, 10_000}
	descendantCounts = []int{0, 4, 20}
)

func floorName(size, descendants int) string {
	return fmt.Sprintf("COPY of encoded rows by %d, %d descendants", size, descendants)
}

// floorCases are what Postgres can take at most: binary COPY of rows that are
// encoded already, over one connection, a transaction a batch.
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

// linesWith is how many lines of so many descendants a case writes: enough for a
// second or so.
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

// columnList is the quoted columns of a line.
func (b *bench) columnList() string {
	layout := b.mapper.Layout()
	names := make([]string, len(layout))
	for i, c := range layout {
		names[i] = database.QuoteIdentifier(c.Name)
	}
	return strings.Join(names, ", ")
}
