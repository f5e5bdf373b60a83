// Command traffic sends a demo API the requests of its customers, in realistic shares, and
// prints how many requests the API has seen.
//
// It sends only to this machine.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const (
	// maxRequests bounds a run whatever its duration and rate.
	maxRequests = 1_000_000
	// concurrency limits the requests in flight at once.
	concurrency = 32
	// progressInterval is the time between two lines of progress.
	progressInterval = 10 * time.Second
)

func main() {
	target := flag.String("url", "http://127.0.0.1:8080", "the API, on this machine")
	duration := flag.Duration("duration", 90*time.Second, "how long to send requests")
	rate := flag.Float64("rate", 50, "requests a second")
	seed := flag.Uint64("seed", 1, "seed of the requests; the same seed makes the same requests")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *target, *duration, *rate, *seed); err != nil {
		slog.Error("generate traffic", "error", err)
		os.Exit(1)
	}
}

// run sends requests until the duration or ctx ends, and prints their outcome.
func run(ctx context.Context, target string, duration time.Duration, rate float64, seed uint64) error {
	if err := checkLoopback(target); err != nil {
		return err
	}
	count := int(rate * duration.Seconds())
	if count < 1 || count > maxRequests {
		return fmt.Errorf("check duration and rate: %d requests are not between 1 and %d", count, maxRequests)
	}

	c := newClient(target, concurrency)
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		c.serve()
	}()
	m := newMix(rand.New(rand.NewPCG(seed, seed)))
	pace := time.NewTicker(time.Duration(float64(time.Second) / rate))
	defer pace.Stop()
	progress := time.NewTicker(progressInterval)
	defer progress.Stop()
	for sent := 0; sent < count; {
		select {
		case <-ctx.Done():
			count = sent
		case <-progress.C:
			fmt.Fprintf(os.Stderr, "  %d of %d requests\n", sent, count)
		case <-pace.C:
			c.calls <- m.next()
			sent++
		}
	}
	close(c.calls)
	<-finished

	fmt.Print(c.outcome.String())
	if c.outcome.failed > 0 {
		return fmt.Errorf("send requests: %d of %d failed, the last: %w", c.outcome.failed, count, c.outcome.lastError)
	}
	return nil
}

// checkLoopback refuses every host but this one.
func checkLoopback(target string) error {
	parsed, err := url.Parse(target)
	if err != nil {
		return fmt.Errorf("read url: %w", err)
	}
	if ip := net.ParseIP(parsed.Hostname()); parsed.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return errors.New("check url: the host is not this machine")
	}
	return nil
}
