package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

const (
	replayName = "replay of stored lines by 1000"
	drainName  = "drain of the queue after an outage"
	diskName   = "drain of the queue on disk after an outage"
)

// replayCases returns the cases that write lines a second time, and those that drain a
// queue filled during an outage.
func (b *bench) replayCases() []benchCase {
	return []benchCase{
		{name: replayName, against: exporterName(1000, 0), run: b.replay},
		{name: drainName, against: floorName(10_000, 0), run: b.drain},
		{name: diskName, against: floorName(10_000, 0), run: b.drainDisk},
	}
}

func (b *bench) replay(ctx context.Context) (int, time.Duration, error) {
	w := newWorkload(b.lines, 0)
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

// drainDisk does what drain does with a whole collector whose queue is on disk.
func (b *bench) drainDisk(ctx context.Context) (int, time.Duration, error) {
	directory, err := os.MkdirTemp("", "canonical-line-bench-")
	if err != nil {
		return 0, 0, fmt.Errorf("make a directory for the queue: %w", err)
	}
	defer os.RemoveAll(directory)
	w := newWorkload(b.queued, 0)
	exports, err := marshaled(w)
	if err != nil {
		return 0, 0, err
	}
	c, err := b.startCollector(ctx, canonicalBinary, "bench/collector-disk.yaml", "QUEUE_DIRECTORY="+directory)
	if err != nil {
		return 0, 0, err
	}
	release, err := b.hold(ctx)
	if err != nil {
		return 0, 0, err
	}
	received := time.Now()
	if err := deliver(ctx, c.GRPC, exports); err != nil {
		return 0, 0, err
	}
	rate := float64(b.queued) / time.Since(received).Seconds()
	bytes, err := occupied(directory)
	if err != nil {
		return 0, 0, err
	}
	b.notes[diskName] = fmt.Sprintf("%.0f bytes a line on disk, %.0f requests/s received", float64(bytes)/float64(b.queued), rate)
	start := time.Now()
	if err := release(); err != nil {
		return 0, 0, err
	}
	if err := b.awaitLast(ctx, w); err != nil {
		return 0, 0, err
	}
	took := time.Since(start)
	if err := c.Terminate(); err != nil {
		return 0, 0, fmt.Errorf("stop collector: %w", err)
	}
	return b.queued, took, b.stored(ctx, b.queued)
}

// awaitLast waits until the last lines of a workload are stored. They leave the queue
// last, and counting only them is cheap.
func (b *bench) awaitLast(ctx context.Context, w workload) error {
	last := min(w.lines, 50_000)
	for stored := 0; stored < last; {
		select {
		case <-ctx.Done():
			return fmt.Errorf("await the last lines: %w", ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
		err := b.pool.QueryRow(ctx, "SELECT count(*) FROM "+b.table.String()+" WHERE created_at >= $1", w.at(w.lines-last)).Scan(&stored)
		if err != nil {
			return fmt.Errorf("count lines: %w", err)
		}
	}
	return nil
}

// occupied returns how many bytes the files in a directory occupy on disk.
func occupied(directory string) (bytes int64, err error) {
	err = filepath.WalkDir(directory, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		var stat syscall.Stat_t
		if err := syscall.Stat(file, &stat); err != nil {
			return fmt.Errorf("stat: %w", err)
		}
		bytes += stat.Blocks * 512
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("measure the queue on disk: %w", err)
	}
	return bytes, nil
}

// heap returns the bytes of reachable heap memory.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
