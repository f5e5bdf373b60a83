package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

const diskName = "drain of the queue on disk after an outage"

// outages are queues on disk that every export is synced to, by the size of the
// exports: how many lines they hold.
var outages = []struct{ requests, lines int }{{1, 20_000}, {5, 100_000}, {100, 500_000}}

func filledName(requests int) string {
	return fmt.Sprintf("filling of the queue on disk by %d, fsync", requests)
}

func drainedName(requests int) string {
	return fmt.Sprintf("drain of the queue on disk by %d, fsync", requests)
}

// outageCases are whole collectors whose queue on disk has filled up while nothing
// could be inserted. With fsync, a drain is compared with the filling before it.
func (b *bench) outageCases() []benchCase {
	cases := []benchCase{{name: diskName, against: floorName(10_000, 0), run: func(ctx context.Context) (int, time.Duration, error) {
		_, drained, err := b.outage(ctx, diskName, newWorkload(b.queued, 0), false)
		return b.queued, drained, err
	}}}
	for _, o := range outages {
		name := drainedName(o.requests)
		cases = append(cases, benchCase{name: name, against: filledName(o.requests), run: func(ctx context.Context) (int, time.Duration, error) {
			w := newWorkload(min(o.lines, b.queued), 0)
			w.requests = o.requests
			filled, drained, err := b.outage(ctx, name, w, true)
			b.took[filledName(o.requests)] = append(b.took[filledName(o.requests)], filled/time.Duration(w.lines))
			return w.lines, drained, err
		}})
	}
	return cases
}

// outage fills a queue while nothing can be inserted, and returns how long that took
// and how long the lines took to be stored from that being over.
func (b *bench) outage(ctx context.Context, name string, w workload, fsync bool) (filled, drained time.Duration, err error) {
	directory, err := os.MkdirTemp("", "canonical-line-bench-")
	if err != nil {
		return 0, 0, fmt.Errorf("make a directory for the queue: %w", err)
	}
	defer os.RemoveAll(directory)
	exports, err := marshaled(w)
	if err != nil {
		return 0, 0, err
	}
	c, err := b.startCollector(ctx, canonicalBinary, "bench/collector-disk.yaml",
		"QUEUE_DIRECTORY="+directory, "QUEUE_FSYNC="+strconv.FormatBool(fsync))
	if err != nil {
		return 0, 0, err
	}
	release, err := b.hold(ctx)
	if err != nil {
		return 0, 0, err
	}
	connections := producers
	if fsync {
		connections = 1 // as one service exports, which waits for each sync
	}
	start := time.Now()
	if err := deliver(ctx, c.GRPC, exports, connections); err != nil {
		return 0, 0, err
	}
	filled = time.Since(start)
	bytes, err := occupied(directory)
	if err != nil {
		return 0, 0, err
	}
	b.notes[name] = fmt.Sprintf("%.0f bytes a line on disk, %.0f requests/s received",
		float64(bytes)/float64(w.lines), float64(w.lines)/filled.Seconds())
	start = time.Now()
	if err := release(); err != nil {
		return 0, 0, err
	}
	if err := b.awaitLast(ctx, w); err != nil {
		return 0, 0, err
	}
	drained = time.Since(start)
	if err := c.Terminate(); err != nil {
		return 0, 0, fmt.Errorf("stop collector: %w", err)
	}
	return filled, drained, b.stored(ctx, w.lines)
}

// awaitLast waits for the last lines of a workload, which leave a queue last and
// are cheap to count.
func (b *bench) awaitLast(ctx context.Context, w workload) error {
	last := min(w.lines, 50_000)
	for stored := 0; stored < last; {
		select {
		case <-ctx.Done():
			return fmt.Errorf("await the last lines: %w", ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
		err := b.pool.QueryRow(ctx, "SELECT count(*) FROM "+b.table.String()+" WHERE created_at >= $1", w.at(w.lines-last)).Scan(&stored)
		if err != nil {
			return fmt.Errorf("count lines: %w", err)
		}
	}
	return nil
}

// occupied is how many bytes the files of a directory occupy.
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
