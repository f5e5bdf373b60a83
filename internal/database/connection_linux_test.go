package database

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/pgtest"
)

func TestParsePoolConfig_HostThatHangs_GivesWayToTheNext(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer silent.Close()
	address := fmt.Sprintf("127.0.0.1:%d", pgtest.Shared(t).Port)
	pool := open(t, strings.Replace(d.URL, address, silent.Addr().String()+","+address, 1))
	began := time.Now()
	require.NoError(t, pool.Ping(t.Context()))
	require.Less(t, time.Since(began), 15*time.Second)
}

func TestParsePoolConfig_ConnectTimeout_IsTheOperators(t *testing.T) {
	t.Parallel()
	for connection, want := range map[string]time.Duration{
		"postgres://h/lines": 5 * time.Second, "postgres://h/lines?connect_timeout=9": 9 * time.Second,
		"postgres://h/lines?connect_timeout=0": 0,
	} {
		cfg, err := ParsePoolConfig(connection, 1)
		require.NoError(t, err)
		require.Equal(t, want, cfg.ConnConfig.ConnectTimeout, connection)
	}
}

func TestParsePoolConfig_Socket_NoticesASilentPeer(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	for parameters, want := range map[string][]int{
		"":                                      {1, 10, 5, 3, 30_000},
		"?keepalives=0&tcp_user_timeout=0":      {0, -1, -1, -1, 0},
		"?keepalives_idle=7&keepalives_count=9": {1, 7, 5, 9, 30_000},
		"?keepalives_interval=2&tcp_user_timeout=2500": {1, 10, 2, 3, 2500},
	} {
		conn, err := open(t, d.URL+parameters).Acquire(t.Context())
		require.NoError(t, err)
		raw, err := conn.Conn().PgConn().Conn().(*net.TCPConn).SyscallConn()
		require.NoError(t, err)
		require.NoError(t, raw.Control(func(fd uintptr) {
			for i, option := range [][2]int{
				{syscall.SOL_SOCKET, syscall.SO_KEEPALIVE},
				{syscall.IPPROTO_TCP, syscall.TCP_KEEPIDLE},
				{syscall.IPPROTO_TCP, syscall.TCP_KEEPINTVL},
				{syscall.IPPROTO_TCP, syscall.TCP_KEEPCNT},
				{syscall.IPPROTO_TCP, tcpUserTimeout},
			} {
				found, err := syscall.GetsockoptInt(int(fd), option[0], option[1])
				require.NoError(t, err)
				if want[i] >= 0 {
					require.Equal(t, want[i], found, "%s %d", parameters, i)
				}
			}
		}))
		conn.Release()
	}
}

func TestParsePoolConfig_SwallowedConnection_GivesWayToANewOne(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	upstream := fmt.Sprintf("127.0.0.1:%d", pgtest.Shared(t).Port)
	nat, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer nat.Close()
	var forgotten atomic.Bool
	go func() {
		for {
			client, err := nat.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", upstream)
			if err != nil {
				return
			}
			known := !forgotten.Load()
			go func() { _, _ = io.Copy(client, server) }()
			go func() {
				data := make([]byte, 4096)
				for n, err := client.Read(data); err == nil; n, err = client.Read(data) {
					if !known || !forgotten.Load() {
						_, _ = server.Write(data[:n])
					}
				}
				_ = server.Close()
			}()
		}
	}()
	// pgx gives the dead connection 15 seconds to close, in which it keeps its place in the pool.
	cfg, err := ParsePoolConfig(strings.Replace(d.URL, upstream, nat.Addr().String(), 1), 2)
	require.NoError(t, err)
	cfg.ShouldPing = func(context.Context, pgxpool.ShouldPingParams) bool { return true } // idle for long
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	require.NoError(t, pool.Ping(t.Context()))
	forgotten.Store(true)
	began := time.Now()
	_, err = pool.Exec(t.Context(), "SELECT 1")
	require.NoError(t, err)
	require.Less(t, time.Since(began), 15*time.Second)
}

func TestParsePoolConfig_ReadOnlySession_IsReplaced(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	d.Exec(t, "CREATE TABLE lines (id int)")
	d.Exec(t, "ALTER DATABASE "+d.Name+" SET default_transaction_read_only = on")
	pool := open(t, d.URL)
	_, err := pool.Exec(t.Context(), "INSERT INTO lines VALUES (1)")
	require.Equal(t, readOnlyTransaction, SQLSTATE(err))
	d.Exec(t, "ALTER DATABASE "+d.Name+" RESET default_transaction_read_only")
	_, err = pool.Exec(t.Context(), "INSERT INTO lines VALUES (1)")
	require.NoError(t, err)
}

func TestParsePoolConfig_SeveralHosts_TheWritableOneIsTaken(t *testing.T) {
	t.Parallel()
	standby, primary := pgtest.New(t), pgtest.Shared(t)
	standby.Exec(t, "ALTER DATABASE "+standby.Name+" SET default_transaction_read_only = on")
	hosts := fmt.Sprintf("127.0.0.1:%d,localhost:%[1]d", primary.Port)
	pool := open(t, fmt.Sprintf("postgres://postgres@%s/%s?sslmode=disable", hosts, standby.Name))
	require.ErrorContains(t, pool.Ping(t.Context()), "read only connection")
	standby.Exec(t, "ALTER DATABASE "+standby.Name+" RESET default_transaction_read_only")
	require.NoError(t, pool.Ping(t.Context()))
}
