package oteltest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
)

// given holds the ports that FreePort has returned.
var given sync.Map

// FreePort returns a port of 127.0.0.1 that nothing listens on. It returns each port
// once, and none of those that the system assigns to outgoing connections. It is
// safe for concurrent use.
func FreePort() (int, error) {
	var err error
	for range 100 {
		port := 10_000 + rand.IntN(20_000)
		if _, taken := given.LoadOrStore(port, true); taken {
			continue
		}
		var listener net.Listener
		if listener, err = net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
			return port, listener.Close()
		}
	}
	return 0, fmt.Errorf("find a free port: %w", err)
}
