package database

import (
	"context"
	"net"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A peer that is gone without a word, such as behind a NAT that has forgotten the
// connection, is noticed after at most these times. The last one also ends a COPY that
// Postgres does not read for so long, because it waits for a lock.
const (
	keepaliveIdle     = 10 * time.Second
	keepaliveInterval = 5 * time.Second
	keepaliveCount    = 3
	userTimeout       = 30 * time.Second
)

// dialer returns a dialer that looks after idle and stuck connections as keepalives* and
// tcp_user_timeout say.
func (s settings) dialer() *net.Dialer {
	number := func(keyword string, unit, otherwise time.Duration) time.Duration {
		if n, err := strconv.Atoi(s[keyword]); err == nil && n > 0 {
			return time.Duration(n) * unit
		}
		return otherwise
	}
	dialer := &net.Dialer{KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: number("keepalives_idle", time.Second, keepaliveIdle),
		Interval: number("keepalives_interval", time.Second, keepaliveInterval),
		Count:    int(number("keepalives_count", 1, keepaliveCount)),
	}}
	if s["keepalives"] == "0" {
		dialer.KeepAliveConfig, dialer.KeepAlive = net.KeepAliveConfig{}, -1
	}
	if timeout := number("tcp_user_timeout", time.Millisecond, userTimeout); s["tcp_user_timeout"] != "0" {
		dialer.Control = func(network, _ string, c syscall.RawConn) error {
			if strings.HasPrefix(network, "tcp") {
				return setUserTimeout(c, timeout)
			}
			return nil
		}
	}
	return dialer
}

// dial connects to an address of pgx, which takes an abstract socket for a host name.
func (s settings) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if strings.HasPrefix(network, "tcp") && strings.HasPrefix(address, "@") {
		colon := strings.LastIndex(address, ":")
		network, address = "unix", address[:colon]+"/.s.PGSQL."+address[colon+1:]
	}
	return s.dialer().DialContext(ctx, network, address)
}

// lookup returns the addresses of a host: those of hostaddr, if it is set.
func (s settings) lookup(ctx context.Context, host string) ([]string, error) {
	if strings.HasPrefix(host, "@") {
		return []string{host}, nil
	}
	if s["hostaddr"] == "" {
		return net.DefaultResolver.LookupHost(ctx, host)
	}
	addresses := strings.Split(s["hostaddr"], ",")
	if s["host"] == "" {
		return []string{host}, nil
	}
	var found []string
	for i, name := range strings.Split(s["host"], ",") {
		if name == host && i < len(addresses) && addresses[i] != "" {
			found = append(found, addresses[i])
		}
	}
	if len(found) == 0 {
		return net.DefaultResolver.LookupHost(ctx, host)
	}
	return found, nil
}
