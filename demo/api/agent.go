package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
)

const (
	// medianDelay and maxDelay bound the heavy-tailed response times of the agent.
	medianDelay = 120 * time.Millisecond
	maxDelay    = 4 * time.Second
	// One call in failureRatio fails.
	failureRatio = 40
)

// startAgent starts a server that stands in for the clusters' remote machines. Like many
// such machines it is not instrumented: a trace ends at the CLIENT span of the call, and
// every line belongs to the API.
func startAgent(ctx context.Context) (*http.Server, error) {
	var listening net.ListenConfig
	listener, err := listening.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for agent: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /databases", answerSlowly([]string{"postgres", "app", "analytics"}))
	mux.HandleFunc("POST /queries", answerSlowly([]int{1, 2, 3, 5, 8, 13}))
	server := &http.Server{Addr: listener.Addr().String(), Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			slog.Error("serve agent", "error", err)
		}
	}()
	return server, nil
}

// answerSlowly returns a handler that sends the same answer after a delay, or sometimes
// an error.
func answerSlowly(answer any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(delay()):
		case <-r.Context().Done():
			return
		}
		if rand.N(failureRatio) == 0 {
			render(w, http.StatusBadGateway, map[string]string{"message": "connection refused"})
			return
		}
		render(w, http.StatusOK, answer)
	}
}

// delay returns a log-normally distributed delay of at most maxDelay.
func delay() time.Duration {
	factor := math.Exp(1.2 * rand.NormFloat64())
	return min(time.Duration(float64(medianDelay)*factor), maxDelay)
}

// agentClient calls the agent of a cluster. It is safe for concurrent use.
type agentClient struct {
	base   url.URL
	client *http.Client
}

func newAgentClient(address string) *agentClient {
	return &agentClient{
		base:   url.URL{Scheme: "http", Host: address},
		client: &http.Client{Transport: otelhttp.NewTransport(http.DefaultTransport)},
	}
}

// databases returns the names of a cluster's databases.
func (c *agentClient) databases(ctx context.Context, cluster string) (databases []string, err error) {
	target := c.base.JoinPath("databases")
	target.RawQuery = url.Values{"cluster": {cluster}}.Encode()
	err = c.call(ctx, http.MethodGet, target, nil, &databases)
	return databases, err
}

// query runs a query on a cluster.
func (c *agentClient) query(ctx context.Context, cluster uuid.UUID, sql string) (rows []int, err error) {
	body, err := json.Marshal(map[string]any{"cluster_id": cluster, "sql": sql})
	if err != nil {
		return nil, fmt.Errorf("encode query: %w", err)
	}
	err = c.call(ctx, http.MethodPost, c.base.JoinPath("queries"), body, &rows)
	return rows, err
}

func (c *agentClient) call(ctx context.Context, method string, target *url.URL, body []byte, into any) error {
	request, err := http.NewRequestWithContext(ctx, method, target.String(), bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("make request to agent: %w", err)
	}
	response, err := c.client.Do(request)
	if err != nil {
		return fmt.Errorf("call agent: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("call agent: answered %s", response.Status)
	}
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		return fmt.Errorf("decode agent's answer: %w", err)
	}
	return nil
}
