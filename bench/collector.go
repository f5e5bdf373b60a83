package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
)

const (
	nopName       = "CPU of a collector with nop"
	canonicalName = "CPU of a collector with canonical_line"
	// sentDescendants is how many spans each request has beside its SERVER span.
	sentDescendants = 4
)

// collectorCases are whole collectors under OTLP/gRPC, with this exporter and with
// one that does nothing. Their time is that of the process's CPU.
func (b *bench) collectorCases() []benchCase {
	return []benchCase{
		{name: nopName, run: func(ctx context.Context) (int, time.Duration, error) {
			return b.runCollector(ctx, nopName, "build/nop/otelcol-nop", "bench/collector-nop.yaml")
		}},
		{name: canonicalName, against: nopName, run: func(ctx context.Context) (int, time.Duration, error) {
			lines, took, err := b.runCollector(ctx, canonicalName, "build/otelcol-canonical", "bench/collector-canonical.yaml")
			if err != nil {
				return 0, 0, err
			}
			return lines, took, b.stored(ctx, lines)
		}},
	}
}

func (b *bench) runCollector(ctx context.Context, name, binary, config string) (int, time.Duration, error) {
	exports, err := marshaled(newWorkload(b.lines, sentDescendants))
	if err != nil {
		return 0, 0, err
	}
	// Starting and stopping take CPU as well, which the lines are not to blame for.
	idle, err := b.underLoad(ctx, binary, config, func(endpoint string) error { return deliver(ctx, endpoint, exports[:1]) })
	if err != nil {
		return 0, 0, err
	}
	var wall time.Duration
	busy, err := b.underLoad(ctx, binary, config, func(endpoint string) error {
		start := time.Now()
		err := deliver(ctx, endpoint, exports)
		wall = time.Since(start)
		return err
	})
	if err != nil {
		return 0, 0, err
	}
	b.notes[name] = fmt.Sprintf("%.0f requests/s received", float64(b.lines)/wall.Seconds())
	return b.lines, busy - idle, nil
}

// underLoad runs a collector while load lasts and returns the CPU time that it
// took, flushing what it holds at the end among it.
func (b *bench) underLoad(ctx context.Context, binary, config string, load func(endpoint string) error) (time.Duration, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a port: %w", err)
	}
	endpoint := listener.Addr().String()
	if err := listener.Close(); err != nil {
		return 0, fmt.Errorf("find a port: %w", err)
	}
	_, port, _ := strings.Cut(endpoint, ":")
	cmd := exec.CommandContext(ctx, binary, "--config="+config) //nolint:gosec // both are ours
	cmd.Env = append(os.Environ(), "OTLP_GRPC_PORT="+port, "DATABASE_URL="+b.url)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return 0, fmt.Errorf("start collector: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("start collector: %w", err)
	}
	ready := make(chan bool, 1)
	go func() {
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			if strings.Contains(lines.Text(), "Everything is ready") {
				ready <- true
			}
		}
		ready <- false
	}()
	if !<-ready {
		return 0, fmt.Errorf("start %s: %w", binary, cmd.Wait())
	}
	loadErr := load(endpoint)
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return 0, fmt.Errorf("stop collector: %w", err)
	}
	if err := cmd.Wait(); err != nil {
		return 0, fmt.Errorf("stop collector: %w", err)
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), loadErr
}

// marshaled are the exports of a workload as they go over the wire: making them
// must not hold up those who take them.
func marshaled(w workload) (exports [][]byte, err error) {
	td := w.export()
	for first := 0; first < w.lines; first += w.perExport() {
		w.number(td, first)
		export, err := ptraceotlp.NewExportRequestFromTraces(td).MarshalProto()
		if err != nil {
			return nil, fmt.Errorf("marshal export: %w", err)
		}
		exports = append(exports, export)
	}
	return exports, nil
}

// deliver sends exports over as many connections as there are producers.
func deliver(ctx context.Context, endpoint string, exports [][]byte) error {
	var group sync.WaitGroup
	errs := make([]error, producers)
	for p := range producers {
		group.Go(func() {
			var conn *grpc.ClientConn
			conn, errs[p] = grpc.NewClient(endpoint,
				grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultCallOptions(grpc.ForceCodecV2(raw{})))
			if errs[p] != nil {
				return
			}
			defer conn.Close()
			for i := p; i < len(exports) && errs[p] == nil; i += producers {
				var response []byte
				errs[p] = conn.Invoke(ctx, "/opentelemetry.proto.collector.trace.v1.TraceService/Export", exports[i], &response)
			}
		})
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return fmt.Errorf("deliver: %w", err)
		}
	}
	return nil
}

// raw is a codec for messages that are marshaled already.
type raw struct{}

var _ encoding.CodecV2 = raw{}

func (raw) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(v.([]byte))}, nil
}

func (raw) Unmarshal(data mem.BufferSlice, v any) error {
	*v.(*[]byte) = data.Materialize()
	return nil
}

func (raw) Name() string { return "proto" }
