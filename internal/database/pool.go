// Package database is shared by the packages that talk to Postgres. It provides the
// connection pool's configuration, SQL templates, errors that are safe to show and the
// meaning of each SQLSTATE.
package database

import (
	"errors"
	"net"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// errConnectionString leaves out the message of pgx, which can quote the password.
var errConnectionString = errors.New(
	"is neither a libpq URL nor keyword/value pairs (reserved characters in user and password must be percent-encoded in a URL)")

// sslmodeKeyword matches sslmode among keyword/value pairs.
var sslmodeKeyword = regexp.MustCompile(`(?:^|\s)sslmode\s*=`)

// ParsePoolConfig reads a libpq URL or keyword/value string. As in libpq, PG* variables and
// files supply what it leaves out. Errors never quote the string.
//
// Unless sslmode is set, a host that is not local gets an encrypted connection: libpq's
// default would silently fall back to plain text.
//
// Connections hold no session state and no named prepared statements, so PgBouncer can
// pool them by transaction.
func ParsePoolConfig(connectionString string, maxConnections int32) (*pgxpool.Config, error) {
	cfg, err := pgxpool.ParseConfig(connectionString)
	if err != nil {
		return nil, errConnectionString
	}
	cfg.MaxConns = maxConnections
	cfg.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec
	cfg.ConnConfig.StatementCacheCapacity = 0
	cfg.ConnConfig.DescriptionCacheCapacity = 0
	if cfg.ConnConfig.RuntimeParams["application_name"] == "" {
		cfg.ConnConfig.RuntimeParams["application_name"] = "canonical_line"
	}
	if !choosesSSLMode(connectionString) {
		requireTLS(&cfg.ConnConfig.Config)
	}
	return cfg, nil
}

// CheckConnectionString returns an error for faults that can be found without reading the
// environment or files. The error never quotes the string.
func CheckConnectionString(connectionString string) error {
	if !strings.HasPrefix(connectionString, "postgres://") && !strings.HasPrefix(connectionString, "postgresql://") {
		if !strings.Contains(connectionString, "=") {
			return errConnectionString
		}
		return nil
	}
	u, err := url.Parse(connectionString)
	if err != nil {
		return errConnectionString
	}
	for host := range strings.SplitSeq(u.Host, ",") {
		if _, port, err := net.SplitHostPort(host); err == nil && port != "" {
			if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
				return errors.New("has a port that is not between 1 and 65535")
			}
		}
	}
	return nil
}

// choosesSSLMode reports whether the operator set sslmode.
func choosesSSLMode(connectionString string) bool {
	if os.Getenv("PGSSLMODE") != "" || sslmodeKeyword.MatchString(connectionString) {
		return true
	}
	u, err := url.Parse(connectionString)
	return err == nil && u.Query().Has("sslmode")
}

// requireTLS removes the fallbacks to plain text for hosts that are not local.
func requireTLS(cfg *pgconn.Config) {
	encrypted := cfg.Fallbacks[:0]
	for _, fallback := range cfg.Fallbacks {
		if fallback.TLSConfig != nil || local(fallback.Host) {
			encrypted = append(encrypted, fallback)
		}
	}
	cfg.Fallbacks = encrypted
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
