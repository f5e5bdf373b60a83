package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// process is a running collector that is ready for exports.
type process struct {
	cmd *exec.Cmd
	// endpoint is the address on which it receives OTLP/gRPC.
	endpoint string
}

// startProcess starts a collector with the configuration. It sets the variables for the
// port and the database, and those of environment.
func (b *bench) startProcess(ctx context.Context, binary, config string, environment ...string) (*process, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("find a port: %w", err)
	}
	endpoint := listener.Addr().String()
	if err := listener.Close(); err != nil {
		return nil, fmt.Errorf("find a port: %w", err)
	}
	_, port, _ := strings.Cut(endpoint, ":")
	cmd := exec.CommandContext(ctx, binary, "--config="+config) //nolint:gosec // both are ours
	cmd.Env = append(append(os.Environ(), "OTLP_GRPC_PORT="+port, "DATABASE_URL="+b.url), environment...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return nil, fmt.Errorf("start collector: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start collector: %w", err)
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
		return nil, fmt.Errorf("start %s: %w", binary, cmd.Wait())
	}
	return &process{cmd, endpoint}, nil
}

// stop makes the collector write what it holds and end. It returns the total CPU time
// of the collector.
func (p *process) stop() (time.Duration, error) {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return 0, fmt.Errorf("stop collector: %w", err)
	}
	if err := p.cmd.Wait(); err != nil {
		return 0, fmt.Errorf("stop collector: %w", err)
	}
	return p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime(), nil
}

// resident returns the resident memory of the collector in bytes.
func (p *process) resident() (int, error) {
	file := fmt.Sprintf("/proc/%d/statm", p.cmd.Process.Pid)
	text, err := os.ReadFile(file) //nolint:gosec // of our own process
	if err != nil {
		return 0, fmt.Errorf("read resident memory: %w", err)
	}
	var size, resident int
	if _, err := fmt.Sscan(string(text), &size, &resident); err != nil {
		return 0, fmt.Errorf("read resident memory: %w", err)
	}
	return resident * os.Getpagesize(), nil
}
