package database

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Only this file decides what becomes of a keyword of a connection string
// (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS).

// check returns an error for a value of a keyword that is at fault, without the value.
type check func(value string) error

// driverKeywords are honoured by pgx.
var driverKeywords = map[string]check{
	"host":                 anything,
	"port":                 isPorts,
	"dbname":               anything,
	"user":                 anything,
	"password":             anything,
	"passfile":             anything,
	"service":              anything,
	"servicefile":          anything,
	"application_name":     anything,
	"options":              anything,
	"connect_timeout":      isInteger,
	"require_auth":         anything,
	"sslmode":              isOneOf("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
	"sslnegotiation":       isOneOf("postgres", "direct"),
	"sslcertmode":          isOneOf("disable", "allow", "require"),
	"sslsni":               isOneOf("0", "1"),
	"sslcert":              isFile,
	"sslkey":               isFile,
	"sslrootcert":          isFile,
	"sslpassword":          anything,
	"channel_binding":      isOneOf("disable", "prefer", "require"),
	"min_protocol_version": isOneOf("3.0", "3.2", "latest"),
	"max_protocol_version": isOneOf("3.0", "3.2", "latest"),
	// Lines cannot be written on a standby.
	"target_session_attrs": isOneOf("any", "read-write", "primary"),
}

// ownKeywords are honoured by this package.
var ownKeywords = map[string]check{
	"hostaddr":                  anything,
	"fallback_application_name": anything,
	"keepalives":                isInteger,
	"keepalives_idle":           isInteger,
	"keepalives_interval":       isInteger,
	"keepalives_count":          isInteger,
	"tcp_user_timeout":          isInteger,
	"load_balance_hosts":        isOneOf("disable", "random"),
	"ssl_min_protocol_version":  isOneOf("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"),
	"ssl_max_protocol_version":  isOneOf("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"),
}

// ignoredKeywords change nothing for the exporter, with the values that pass.
var ignoredKeywords = map[string]check{
	"client_encoding": isOneOf("auto", "UTF8", "utf8", "UTF-8", "utf-8", "unicode"), // it is always UTF8
	"gssencmode":      isOneOf("disable", "prefer"),
	"gssdelegation":   isOneOf("0"),
	"gsslib":          anything,
	"krbsrvname":      anything,
	"replication":     isOneOf("false", "off", "no", "0"),
	"sslcompression":  anything, // no TLS library compresses any more
	// Hints that services put into URLs.
	"pgbouncer": anything, // the exporter always suits PgBouncer
	"supa":      anything,
}

// refusedKeywords promise what the exporter cannot keep. The texts say what to do.
var refusedKeywords = map[string]string{ //nolint:gosec // no credentials, only their keywords
	"sslcrl":              "certificate revocation lists are not supported",
	"sslcrldir":           "certificate revocation lists are not supported",
	"sslkeylogfile":       "TLS keys are not logged",
	"requirepeer":         "the owner of the server is not checked",
	"requiressl":          "set sslmode=require",
	"scram_client_key":    "set password or passfile",
	"scram_server_key":    "set password or passfile",
	"oauth_issuer":        "OAuth is not supported",
	"oauth_client_id":     "OAuth is not supported",
	"oauth_client_secret": "OAuth is not supported",
	"oauth_scope":         "OAuth is not supported",
	"schema":              "set `table` to schema.name",
	"currentschema":       "set `table` to schema.name",
	"pool_max_conns":      "set `database::max_connections`",
	"connection_limit":    "set `database::max_connections`",
}

// serverSettings are sent to the server as settings of the session, as pgx does and libpq
// does not. Others go into options.
var serverSettings = []string{
	"backtrace_functions", "bytea_output", "client_min_messages", "commit_delay", "commit_siblings", "datestyle",
	"default_table_access_method", "default_tablespace", "default_toast_compression", "default_transaction_deferrable",
	"default_transaction_isolation", "default_transaction_read_only", "extra_float_digits",
	"idle_in_transaction_session_timeout", "idle_session_timeout", "intervalstyle", "jit", "lc_messages", "lock_timeout",
	"log_duration", "log_min_duration_statement", "log_min_messages", "log_statement", "maintenance_work_mem",
	"plan_cache_mode", "role", "row_security", "search_path", "session_replication_role", "standard_conforming_strings",
	"statement_timeout", "synchronous_commit", "tcp_keepalives_count", "tcp_keepalives_idle", "tcp_keepalives_interval",
	"temp_buffers", "temp_tablespaces", "timezone", "transaction_timeout", "work_mem",
}

// isServerSetting reports whether the keyword is a setting of the server. Those of
// extensions have a dot.
func isServerSetting(keyword string) bool {
	return strings.Contains(keyword, ".") || slices.Contains(serverSettings, strings.ToLower(keyword))
}

// checkKeyword returns an error if the keyword or its value is refused.
func checkKeyword(keyword, value string) error {
	for _, known := range []map[string]check{driverKeywords, ownKeywords, ignoredKeywords} {
		if check, ok := known[keyword]; ok {
			if err := check(value); err != nil {
				return fmt.Errorf("has a fault in %s: it %w", keyword, err)
			}
			return nil
		}
	}
	if reason, ok := refusedKeywords[strings.ToLower(keyword)]; ok {
		return fmt.Errorf("sets %s: %s", keyword, reason)
	}
	if isServerSetting(keyword) {
		return nil
	}
	if !plainKeyword.MatchString(keyword) {
		return errors.New("has an unknown keyword")
	}
	return fmt.Errorf("has the unknown keyword %s: a setting of the server goes into options, as options=-c name=value", keyword)
}

// plainKeyword matches what is a keyword rather than a piece of a password.
var plainKeyword = regexp.MustCompile(`^[A-Za-z][A-Za-z_]{0,40}$`)

func anything(string) error { return nil }

func isOneOf(values ...string) check {
	return func(value string) error {
		if !slices.Contains(values, value) {
			return errors.New("must be one of " + strings.Join(values, ", "))
		}
		return nil
	}
}

func isInteger(value string) error {
	if _, err := strconv.ParseInt(value, 10, 32); err != nil {
		return errors.New("must be a whole number, without a unit")
	}
	return nil
}

func isPorts(value string) error {
	for port := range strings.SplitSeq(value, ",") {
		if n, err := strconv.ParseUint(port, 10, 16); port != "" && (err != nil || n == 0) {
			return errors.New("has to be between 1 and 65535")
		}
	}
	return nil
}

func isFile(value string) error {
	if value == "system" {
		return nil
	}
	file, err := os.Open(value) //nolint:gosec // the operator names it
	if err != nil {
		if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
			err = pathErr.Err
		}
		return fmt.Errorf("names a file that cannot be read: %w", err)
	}
	return file.Close()
}
