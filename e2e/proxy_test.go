package e2e

import (
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// proxy stands between the collector and Postgres and can spoil what passes.
type proxy struct {
	// latency holds up every piece of data, in nanoseconds.
	latency atomic.Int64
	// cutAfter is how many more bytes may go to Postgres before all connections
	// are cut; negative: any number.
	cutAfter atomic.Int64
	// deaf has Postgres hear what is sent, but nobody its answers.
	deaf atomic.Bool
	mu   sync.Mutex
	open map[net.Conn]struct{}
}

func newProxy() *proxy {
	p := &proxy{open: map[net.Conn]struct{}{}}
	p.cutAfter.Store(-1)
	return p
}

// host is an address at which a server can be reached through the proxy.
type host struct {
	listener net.Listener
	// port is that of the server on 127.0.0.1; 0 if there is none.
	port atomic.Int64
}

func (h *host) address() string { return h.listener.Addr().String() }

// listen returns a host without a server.
func (p *proxy) listen(t *testing.T) *host {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	h := &host{listener: listener}
	go p.accept(h)
	t.Cleanup(func() {
		_ = listener.Close()
		p.cut()
	})
	return h
}

func (p *proxy) accept(h *host) {
	for {
		client, err := h.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", h.port.Load()))
		if err != nil {
			_ = client.Close()
			continue
		}
		p.mu.Lock()
		p.open[client], p.open[server] = struct{}{}, struct{}{}
		p.mu.Unlock()
		var sent atomic.Int64
		go p.pass(client, server, func(n int) bool {
			sent.Add(int64(n))
			if left := p.cutAfter.Load(); left >= 0 {
				return p.cutAfter.Add(-int64(n)) >= 0
			}
			return true
		})
		go p.pass(server, client, func(int) bool {
			// Handshakes and short statements are still answered, so that it is the
			// answer to rows that gets lost.
			const rows = 500
			if !p.deaf.Load() {
				sent.Store(0)
				return true
			}
			return sent.Load() < rows
		})
	}
}

// pass forwards data as long as allowed says, then cuts the connection.
func (p *proxy) pass(from, to net.Conn, allowed func(n int) bool) {
	defer func() {
		_ = from.Close()
		_ = to.Close()
		p.mu.Lock()
		delete(p.open, from)
		delete(p.open, to)
		p.mu.Unlock()
	}()
	buf := make([]byte, 8<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			if latency := p.latency.Load(); latency > 0 {
				<-time.After(time.Duration(latency))
			}
			if !allowed(n) {
				return
			}
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// cut ends all connections.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.open {
		_ = conn.Close()
	}
}

// heal lets everything pass again.
func (p *proxy) heal() {
	p.latency.Store(0)
	p.cutAfter.Store(-1)
	p.deaf.Store(false)
}
