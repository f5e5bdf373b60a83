// Command api is an instrumented HTTP API, modelled on that of a database provider. Its
// requests become the demo's canonical lines.
//
// It reads the database from DATABASE_URL and the OTLP endpoint from the standard OTEL_*
// variables.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// shutdownTimeout bounds the time for running requests to finish, and then the time to
// send the last spans.
const shutdownTimeout = 10 * time.Second

func main() {
	address := flag.String("address", "127.0.0.1:8080", "address to listen on")
	countsRoles := flag.Bool("count-roles", false, "count the roles of each cluster in the list, for enterprises")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *address, *countsRoles); err != nil {
		slog.Error("run api", "error", err)
		os.Exit(1)
	}
}

// run serves the API until ctx ends.
func run(ctx context.Context, address string, countsRoles bool) (err error) {
	stopTelemetry, err := startTelemetry(ctx)
	if err != nil {
		return fmt.Errorf("start telemetry: %w", err)
	}
	defer func() {
		flushCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
		defer cancel()
		if flushErr := stopTelemetry(flushCtx); flushErr != nil {
			err = errors.Join(err, fmt.Errorf("flush spans: %w", flushErr))
		}
	}()

	pool, err := openDatabase(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		return err
	}
	defer pool.Close()

	agent, err := startAgent(ctx)
	if err != nil {
		return err
	}
	defer agent.Close()

	var listening net.ListenConfig
	listener, err := listening.Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	slog.Info("listening", "address", listener.Addr().String())
	served := make(chan error, 1)
	api := newAPI(pool, newAgentClient(agent.Addr))
	api.countsRoles = countsRoles
	server := &http.Server{
		Handler:           api.handler(),
		ReadHeaderTimeout: 5 * time.Second,
	}
	go func() { served <- server.Serve(listener) }()

	select {
	case err := <-served:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	drainCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	if err := server.Shutdown(drainCtx); err != nil {
		return fmt.Errorf("finish requests: %w", err)
	}
	return nil
}
