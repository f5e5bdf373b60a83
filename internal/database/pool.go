// Package database is shared by the packages that talk to Postgres. It provides the
// connection pool's configuration, SQL templates, errors that are safe to show and the
// meaning of each SQLSTATE.
package database

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// connectTimeout bounds each attempt to connect to one host if nobody else does.
const connectTimeout = 5 * time.Second

// pingTimeout bounds how long an idle connection that is dead holds up a write.
const pingTimeout = 5 * time.Second

// ParsePoolConfig is PoolConfig of a connection that a libpq URL or keyword/value string says
// alone.
func ParsePoolConfig(connectionString string, maxConnections int32) (*pgxpool.Config, error) {
	return Connection{URL: connectionString}.PoolConfig(maxConnections)
}

// PoolConfig returns the configuration of a pool of at most so many connections. As in libpq,
// PG* variables and files supply what is left out. Errors never quote a value.
//
// Unless sslmode is set, a host that is not local gets an encrypted connection: libpq's
// default would silently fall back to plain text. Of several hosts, the first that can be
// written to is taken, unless target_session_attrs is set.
//
// Each new connection reads passwords and certificates anew, because they rotate.
//
// Connections hold no session state and no named prepared statements, so PgBouncer can
// pool them by transaction. It keeps track of the settings that they begin with.
func (c Connection) PoolConfig(maxConnections int32) (*pgxpool.Config, error) {
	s, err := c.settings()
	if err != nil {
		return nil, err
	}
	cfg, err := pgxpool.ParseConfig(s.forDriver())
	if err != nil {
		return nil, fmt.Errorf("`database::url` %w", unusable(err))
	}
	if err := s.complete(cfg.ConnConfig); err != nil {
		return nil, fmt.Errorf("`database::url` %w", err)
	}
	cfg.MaxConns = maxConnections
	cfg.PingTimeout = pingTimeout
	cfg.BeforeConnect = func(_ context.Context, old *pgx.ConnConfig) error {
		s, err := c.settings()
		if err != nil {
			return err
		}
		latest, err := pgx.ParseConfig(s.forDriver())
		if err != nil {
			return fmt.Errorf("`database::url` %w", unusable(err))
		}
		if err := s.complete(latest); err != nil {
			return err
		}
		old.Host, old.Port, old.TLSConfig, old.Fallbacks = latest.Host, latest.Port, latest.TLSConfig, latest.Fallbacks
		old.Password = latest.Password
		return nil
	}
	asksForOff := Asynchronous(cfg)
	cfg.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		if err := checkEncoding(conn.PgConn()); err != nil || asksForOff {
			return err
		}
		return noteDurability(ctx, conn)
	}
	return cfg, nil
}

// checkEncoding returns an error if the database cannot hold every line. SQL_ASCII would
// count bytes where columns count characters.
func checkEncoding(conn *pgconn.PgConn) error {
	if encoding := conn.ParameterStatus("server_encoding"); encoding != "" && encoding != "UTF8" {
		return fmt.Errorf("the database has the encoding %s, and lines need UTF8: "+
			"create another one with ENCODING 'UTF8' TEMPLATE template0", encoding)
	}
	return nil
}

// unusable returns an error of pgx without the connection string, which pgx quotes.
func unusable(err error) error {
	if cause := errors.Unwrap(err); cause != nil {
		return fmt.Errorf("cannot be used: %w", cause)
	}
	return errors.New("cannot be used: hosts, ports and options do not fit together")
}

// complete sets what pgx does not know or has other defaults for.
func (s settings) complete(cfg *pgx.ConnConfig) error {
	cfg.DefaultQueryExecMode = pgx.QueryExecModeExec
	cfg.StatementCacheCapacity = 0
	cfg.DescriptionCacheCapacity = 0
	// A service file can hold keywords, too, and the string comes first.
	s = s.merged(cfg.RuntimeParams)
	for keyword, value := range cfg.RuntimeParams {
		if err := checkKeyword(keyword, value); err != nil {
			return err
		}
	}
	maps.DeleteFunc(cfg.RuntimeParams, func(keyword, _ string) bool {
		return keyword != "application_name" && keyword != "options" && !isServerSetting(keyword)
	})
	s.setParameters(cfg.RuntimeParams)
	if _, set := s["connect_timeout"]; !set && os.Getenv("PGCONNECT_TIMEOUT") == "" && cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = connectTimeout
	}
	cfg.DialFunc, cfg.LookupFunc = s.dial, s.lookup
	setTargets(&cfg.Config, s.targets(&cfg.Config))
	if severalHosts(&cfg.Config) && s["target_session_attrs"] == "" && os.Getenv("PGTARGETSESSIONATTRS") == "" &&
		cfg.ValidateConnect == nil {
		cfg.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	proceed := cfg.OnPgError
	cfg.OnPgError = func(conn *pgconn.PgConn, err *pgconn.PgError) bool {
		// The server or the role may be writable again, but not in this session.
		return err.Code != readOnlyTransaction && proceed(conn, err)
	}
	return nil
}

// merged returns the settings with those of other that are not set.
func (s settings) merged(other map[string]string) settings {
	merged := maps.Clone(other)
	if merged == nil {
		merged = map[string]string{}
	}
	maps.Copy(merged, s)
	return merged
}

// setParameters sets what a session begins with. What a role or a database has set would
// change the meaning of text that is sent or read. PgBouncer keeps track of these.
func (s settings) setParameters(parameters map[string]string) {
	maps.DeleteFunc(parameters, func(keyword, _ string) bool {
		return slices.Contains([]string{"datestyle", "standard_conforming_strings"}, strings.ToLower(keyword))
	})
	parameters["client_encoding"] = "UTF8"
	parameters["datestyle"] = "ISO"
	parameters["standard_conforming_strings"] = "on"
	if parameters["application_name"] == "" {
		parameters["application_name"] = cmp.Or(s["fallback_application_name"], "canonical_line")
	}
}

// targets returns the servers to try, in this order.
func (s settings) targets(cfg *pgconn.Config) []*pgconn.FallbackConfig {
	all := append([]*pgconn.FallbackConfig{{Host: cfg.Host, Port: cfg.Port, TLSConfig: cfg.TLSConfig}}, cfg.Fallbacks...)
	// A socket takes no TLS; pgx does not know abstract ones.
	for _, target := range all {
		if strings.HasPrefix(target.Host, "@") {
			target.TLSConfig = nil
		}
	}
	// The default begins with TLS; without, a service file has chosen.
	if s["sslmode"] == "" && os.Getenv("PGSSLMODE") == "" && (all[0].TLSConfig != nil || local(all[0].Host)) {
		all = requireTLS(all)
	}
	for _, target := range all {
		setVersions(target.TLSConfig, s["ssl_min_protocol_version"], s["ssl_max_protocol_version"])
	}
	if s["load_balance_hosts"] == "random" {
		shuffle(all)
	}
	return all
}

func setTargets(cfg *pgconn.Config, targets []*pgconn.FallbackConfig) {
	cfg.Host, cfg.Port, cfg.TLSConfig, cfg.Fallbacks = targets[0].Host, targets[0].Port, targets[0].TLSConfig, targets[1:]
}

// shuffle changes the order of servers, and keeps that of the ways to talk to each.
func shuffle(targets []*pgconn.FallbackConfig) {
	type address struct {
		host string
		port uint16
	}
	order := map[address]uint64{}
	for _, target := range targets {
		order[address{target.Host, target.Port}] = rand.Uint64() //nolint:gosec // no secret
	}
	slices.SortStableFunc(targets, func(a, b *pgconn.FallbackConfig) int {
		return cmp.Compare(order[address{a.Host, a.Port}], order[address{b.Host, b.Port}])
	})
}

func severalHosts(cfg *pgconn.Config) bool {
	return slices.ContainsFunc(cfg.Fallbacks, func(target *pgconn.FallbackConfig) bool {
		return target.Host != cfg.Host || target.Port != cfg.Port
	})
}

// versions are those of TLS as libpq names them.
var versions = map[string]uint16{
	"TLSv1": tls.VersionTLS10, "TLSv1.1": tls.VersionTLS11, "TLSv1.2": tls.VersionTLS12, "TLSv1.3": tls.VersionTLS13,
}

// setVersions bounds the version of TLS; 0 leaves Go's own bound.
func setVersions(cfg *tls.Config, lowest, highest string) {
	if cfg != nil {
		cfg.MinVersion, cfg.MaxVersion = versions[lowest], versions[highest]
	}
}

// requireTLS removes the plain text from hosts that are not local.
func requireTLS(targets []*pgconn.FallbackConfig) []*pgconn.FallbackConfig {
	return slices.DeleteFunc(targets, func(target *pgconn.FallbackConfig) bool {
		return target.TLSConfig == nil && !local(target.Host)
	})
}

// local reports whether the host is this machine: a socket, a loopback address or
// localhost.
func local(host string) bool {
	if strings.HasPrefix(host, "/") || strings.HasPrefix(host, "@") || host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
