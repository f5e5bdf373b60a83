package main

import (
	"context"
	"fmt"
	"runtime"
	"time"
)

const (
	replayName = "replay of stored lines by 1000"
	drainName  = "drain of the queue after an outage"
)

// replayCases returns the cases that write lines a second time, and those that drain a
// queue filled during an outage.
func (b *bench) replayCases() []benchCase {
	return []benchCase{
		{name: replayName, against: exporterName(1000, 0), run: b.replay},
		{name: drainName, against: floorName(10_000, 0), run: b.drain},
	}
}

func (b *bench) replay(ctx context.Context) (int, time.Duration, error) {
	w := newWorkload(b.lines, 0)
	// Both exporters say of these requests that an earlier one may have had spans of them.
	w.ended = w.ended.Add(-time.Minute)
	var took time.Duration
	for range 2 {
		e, err := b.startExporter(ctx, 1000)
		if err != nil {
			return 0, 0, err
		}
		start := time.Now()
		if err := consume(ctx, e, w); err != nil {
			return 0, 0, err
		}
		if err := e.Shutdown(ctx); err != nil {
			return 0, 0, fmt.Errorf("shut down: %w", err)
		}
		took = time.Since(start)
	}
	// The exporter's connections are closed, so their statistics are complete.
	var updated int
	if err := b.pool.QueryRow(ctx, `SELECT coalesce(sum(n_tup_upd), 0) FROM pg_stat_user_tables
		WHERE relname LIKE 'canonical_api_line%'`).Scan(&updated); err != nil {
		return 0, 0, fmt.Errorf("count updates: %w", err)
	}
	b.notes[replayName] = fmt.Sprintf("%d tuples updated", updated)
	return b.lines, took, b.stored(ctx, b.lines)
}

// drain fills the queue while the table is locked, and measures how long the queue takes
// to drain once it is unlocked.
func (b *bench) drain(ctx context.Context) (int, time.Duration, error) {
	e, err := b.startExporter(ctx, 10_000)
	if err != nil {
		return 0, 0, err
	}
	release, err := b.hold(ctx)
	if err != nil {
		return 0, 0, err
	}
	before := heap()
	if err := consume(ctx, e, newWorkload(b.queued, 0)); err != nil {
		return 0, 0, err
	}
	b.notes[drainName] = fmt.Sprintf("%.0f bytes a line in memory", float64(heap()-before)/float64(b.queued))
	start := time.Now()
	if err := release(); err != nil {
		return 0, 0, err
	}
	if err := e.Shutdown(ctx); err != nil {
		return 0, 0, fmt.Errorf("shut down: %w", err)
	}
	took := time.Since(start)
	return b.queued, took, b.stored(ctx, b.queued)
}

// hold locks the table against writes until release is called.
func (b *bench) hold(ctx context.Context) (release func() error, err error) {
	tx, err := b.pool.Begin(ctx)
	if err != nil {
		return nil, fmt.Errorf("begin: %w", err)
	}
	if _, err := tx.Exec(ctx, "LOCK TABLE "+b.table.String()+" IN SHARE MODE"); err != nil {
		return nil, fmt.Errorf("lock table: %w", err)
	}
	return func() error {
		if err := tx.Rollback(ctx); err != nil {
			return fmt.Errorf("unlock table: %w", err)
		}
		return nil
	}, nil
}

// heap is how many bytes are in use.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
