package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// answerTimeout is far longer than the slowest answer takes.
const answerTimeout = 30 * time.Second

// call describes a request to send.
type call struct {
	method, path, body string
	header             http.Header
	// patience is how long the client waits before it hangs up; 0 waits until the
	// answer.
	patience time.Duration
}

// outcome counts calls by how they ended.
type outcome struct {
	byStatus map[int]int
	// hungUp counts calls that were sent and then abandoned.
	hungUp int
	// failed counts calls that the API may or may not have seen.
	failed    int
	lastError error
}

// String returns a table; its first line is the number of requests that the API must
// have seen.
func (o *outcome) String() string {
	seen := o.hungUp
	var rows strings.Builder
	for _, status := range slices.Sorted(maps.Keys(o.byStatus)) {
		seen += o.byStatus[status]
		fmt.Fprintf(&rows, "%-8d %6d\n", status, o.byStatus[status])
	}
	return fmt.Sprintf("requests %6d\n%shung_up  %6d\n", seen, &rows, o.hungUp)
}

// client makes calls, a bounded number of them at once.
type client struct {
	calls chan call

	target      string
	concurrency int
	http        *http.Client
	mu          sync.Mutex
	outcome     outcome
}

func newClient(target string, concurrency int) *client {
	return &client{
		calls:       make(chan call),
		target:      target,
		concurrency: concurrency,
		http: &http.Client{
			Transport: &http.Transport{MaxIdleConnsPerHost: concurrency},
			// Following a redirect would send a request that is not counted.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		outcome: outcome{byStatus: map[int]int{}},
	}
}

// serve makes the calls from the channel until it is closed, and returns when all have
// ended.
func (c *client) serve() {
	var workers sync.WaitGroup
	for range c.concurrency {
		workers.Go(func() {
			for next := range c.calls {
				c.make(next)
			}
		})
	}
	workers.Wait()
}

func (c *client) make(next call) {
	status, sent, err := c.send(next)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case err == nil:
		c.outcome.byStatus[status]++
	case sent && next.patience > 0 && errors.Is(err, context.DeadlineExceeded):
		c.outcome.hungUp++
	default:
		c.outcome.failed++
		c.outcome.lastError = err
	}
}

// send makes one call; sent says whether the whole request went out.
func (c *client) send(next call) (status int, sent bool, err error) {
	timeout := answerTimeout
	if next.patience > 0 {
		timeout = next.patience
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	// The transport writes in a goroutine of its own.
	var wrote atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteRequest: func(info httptrace.WroteRequestInfo) { wrote.Store(info.Err == nil) },
	})
	request, err := http.NewRequestWithContext(ctx, next.method, c.target+next.path, strings.NewReader(next.body))
	if err != nil {
		return 0, false, fmt.Errorf("make request: %w", err)
	}
	request.Header = next.header
	response, err := c.http.Do(request)
	if err != nil {
		return 0, wrote.Load(), fmt.Errorf("call api: %w", err)
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return 0, wrote.Load(), fmt.Errorf("read answer: %w", err)
	}
	return response.StatusCode, true, nil
}
