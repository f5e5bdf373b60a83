package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	canonical "canonicallineexporter"
	"canonicallineexporter/internal/index"
	"canonicallineexporter/internal/partition"
	"canonicallineexporter/internal/table"
)

// newIndexes returns a maintainer of the indexes of the default configuration.
func (b *bench) newIndexes() *index.Maintainer {
	var columns []index.Column
	for _, x := range canonical.NewFactory().CreateDefaultConfig().(*canonical.Config).Indexes {
		columns = append(columns, index.Column{Name: x.Column})
	}
	return index.New(columns, b.pool, zap.NewNop())
}

// create creates the table and its partitions anew, with or without indexes.
func (b *bench) create(ctx context.Context, indexed bool) error {
	if _, err := b.pool.Exec(ctx, "DROP TABLE IF EXISTS "+b.table.String()); err != nil {
		return fmt.Errorf("drop table: %w", err)
	}
	if err := table.Apply(ctx, b.pool, b.table, b.mapper.Columns()); err != nil {
		return err
	}
	cfg := partition.Config{Interval: partition.Day, CreateAhead: 72 * time.Hour}
	if indexed {
		cfg.Equip = b.newIndexes().Equip
	}
	return partition.New(cfg, b.pool, zap.NewNop()).EnsureAhead(ctx, b.table)
}

// indexCases returns the cases that show what the default indexes cost those who write. What
// the summaries cost, which are made later, is in the notes.
func (b *bench) indexCases() (cases []benchCase) {
	for _, size := range batchSizes {
		without := fmt.Sprintf("exporter by %d, without indexes", size)
		with := fmt.Sprintf("exporter by %d, with indexes", size)
		cases = append(cases,
			benchCase{name: without, run: func(ctx context.Context) (int, time.Duration, error) { return b.runIndexed(ctx, without, size, false) }},
			benchCase{name: with, against: without, run: func(ctx context.Context) (int, time.Duration, error) { return b.runIndexed(ctx, with, size, true) }},
		)
	}
	return cases
}

func (b *bench) runIndexed(ctx context.Context, name string, size int, indexed bool) (int, time.Duration, error) {
	if err := b.create(ctx, indexed); err != nil {
		return 0, 0, err
	}
	if _, err := b.pool.Exec(ctx, "CHECKPOINT"); err != nil {
		return 0, 0, fmt.Errorf("checkpoint: %w", err)
	}
	before, err := b.walBytes(ctx)
	if err != nil {
		return 0, 0, err
	}
	e, err := b.startExporterWith(ctx, size, func(cfg *canonical.Config) {
		if !indexed {
			cfg.Indexes = nil
		}
	})
	if err != nil {
		return 0, 0, err
	}
	took, err := consumeAll(ctx, e, newWorkload(b.lines, 0))
	if err != nil {
		return 0, 0, err
	}
	written, err := b.walBytes(ctx)
	if err != nil {
		return 0, 0, err
	}
	note := ""
	if indexed {
		if note, err = b.summarize(ctx); err != nil {
			return 0, 0, err
		}
	}
	after, err := b.walBytes(ctx)
	if err != nil {
		return 0, 0, err
	}
	perLine := func(bytes int64) float64 { return float64(bytes) / float64(b.lines) }
	b.notes[name] = fmt.Sprintf("%.1f bytes of WAL a line, %.1f for summaries%s", perLine(after-before), perLine(after-written), note)
	if err := b.stored(ctx, b.lines); err != nil {
		return 0, 0, err
	}
	return b.lines, took, b.create(ctx, true)
}

// summarize summarises what has been written, and says how long that took and how large it is.
func (b *bench) summarize(ctx context.Context) (note string, err error) {
	var root index.Root
	var bytes int64
	err = b.pool.QueryRow(ctx, "SELECT inhrelid, pg_relation_size(inhrelid) FROM pg_inherits WHERE inhparent = $1::regclass ORDER BY 2 DESC LIMIT 1", b.table.String()).
		Scan(&root.OID, &bytes)
	if err != nil {
		return "", fmt.Errorf("find partition: %w", err)
	}
	// As if its time were over, so that no tail is left.
	root.Until = time.Now().Add(-24 * time.Hour)
	indexes, start := b.newIndexes(), time.Now()
	if _, err := indexes.Maintain(ctx, b.table, []index.Root{root}, false); err != nil {
		return "", err
	}
	took := time.Since(start)
	note = fmt.Sprintf(", summaries %.2f µs a line, of the table ", float64(took.Microseconds())/float64(b.lines))
	if _, err := indexes.Maintain(ctx, b.table, []index.Root{root}, false); err != nil {
		return "", err
	}
	var sizes []string
	for column, status := range indexes.Status() {
		sizes = append(sizes, fmt.Sprintf("%s %.2f%%", column, 100*float64(status.Bytes)/float64(bytes)))
	}
	slices.Sort(sizes)
	return note + strings.Join(sizes, ", "), nil
}

// walBytes returns how much WAL has been written.
func (b *bench) walBytes(ctx context.Context) (bytes int64, err error) {
	if err := b.pool.QueryRow(ctx, "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn").Scan(&bytes); err != nil {
		return 0, fmt.Errorf("read WAL position: %w", err)
	}
	return bytes, nil
}
