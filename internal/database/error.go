package database

import (
	"cmp"
	"crypto/x509"
	"errors"
	"net"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Error is a database error that is safe to show. It leaves out the connection string and
// the values of rows, which appear in error details, in the messages of data exceptions and
// in those of functions.
type Error struct {
	// SQLSTATE is empty if the server did not answer.
	SQLSTATE string
	// Column and Constraint are empty where the server names none.
	Column, Constraint string
	text               string
	err                error
}

// Error returns the message, unless that can hold a value, with SQLSTATE, column and
// constraint.
func (e *Error) Error() string {
	parts := []string{e.text}
	if e.SQLSTATE != "" {
		parts = append(parts, "SQLSTATE "+e.SQLSTATE)
	}
	if e.Column != "" {
		parts = append(parts, "column "+e.Column)
	}
	if e.Constraint != "" {
		parts = append(parts, "constraint "+e.Constraint)
	}
	return strings.Join(parts, ", ")
}

// Is lets errors.Is find a deadline or a cancellation. There is no Unwrap, so that nobody
// prints the cause.
func (e *Error) Is(target error) bool { return errors.Is(e.err, target) }

const cannotConnect = "cannot connect to the database: "

// Redact turns a driver error into an Error; nil stays nil. Every error that reaches a log
// or a status passes through it.
func Redact(err error) error {
	if err == nil {
		return nil
	}
	redacted := &Error{text: textOf(err), err: err}
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok {
		redacted.SQLSTATE, redacted.Column, redacted.Constraint = pgErr.Code, pgErr.ColumnName, pgErr.ConstraintName
	}
	return redacted
}

// textOf returns the message of an error, and of each of those that are joined in it,
// without values.
func textOf(err error) string {
	switch e := err.(type) { //nolint:errorlint // this is the unwrapping
	case *pgconn.PgError:
		return message(e)
	case *pgconn.ConnectError:
		return cannotConnect + connectMessage(e)
	case interface{ Unwrap() []error }:
		var texts []string
		for _, inner := range e.Unwrap() {
			texts = append(texts, textOf(inner))
		}
		return strings.Join(texts, "; ")
	case interface{ Unwrap() error }:
		inner := e.Unwrap()
		if inner == nil {
			return err.Error()
		}
		// The wrapping text, such as "copy rows: ", comes before the server's message.
		if wrapping, wrapped := strings.CutSuffix(err.Error(), inner.Error()); wrapped {
			return wrapping + textOf(inner)
		}
		if fromServer(inner) {
			return textOf(inner)
		}
	}
	return err.Error()
}

// fromServer reports whether an error comes from the server or from the way to it.
func fromServer(err error) bool {
	_, answered := errors.AsType[*pgconn.PgError](err)
	_, connecting := errors.AsType[*pgconn.ConnectError](err)
	return answered || connecting
}

// message returns the server's message, unless it can hold a value of a row: in data
// exceptions, and in whatever a function of the database says in its own words. Violations
// of constraints have values in their details only.
func message(err *pgconn.PgError) string {
	switch {
	case class(err.Code) == dataException:
		return "row refused"
	case raised(err):
		return "refused by a function of the database"
	}
	return err.Message
}

// raised reports whether a function of the database chose the words of an error.
func raised(err *pgconn.PgError) bool {
	return class(err.Code) == raisedByFunction || class(err.Code) == externalRoutine ||
		err.Routine == "exec_stmt_raise" || slices.Contains([]string{"plperl.c", "plpy_elog.c", "pltcl.c"}, err.File)
}

// quoted matches what a message quotes: names of users, hosts, databases, and values.
var quoted = regexp.MustCompile(`"[^"]*"|«[^»]*»|„[^“]*“`)

// setting matches the setting that a message is about.
var setting = regexp.MustCompile(`parameter "[A-Za-z0-9_.]*"`)

// connectMessage says why a connection could not be made, without user, host and database.
func connectMessage(err error) string {
	pgErr, answered := errors.AsType[*pgconn.PgError](err)
	if !answered {
		return networkMessage(err)
	}
	switch class(pgErr.Code) {
	case invalidAuthorization:
		return "the login is refused"
	case invalidCatalogName:
		return "the database does not exist"
	}
	if pgErr.Code == insufficientPrivilege {
		return "the role may not connect to the database"
	}
	if name := setting.FindString(pgErr.Message); name != "" {
		return "the server refuses the " + name
	}
	return quoted.ReplaceAllString(pgErr.Message, `"…"`)
}

// networkMessage returns the innermost cause of a failed connection, without the name of the
// host.
func networkMessage(err error) string {
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return dns.Err
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "the certificate of the server is for another host"
	}
	return innermost(err).Error()
}

// innermost returns the last cause of the chain, following the first branch where it
// forks.
func innermost(err error) error {
	for {
		var inner error
		switch e := err.(type) { //nolint:errorlint // this is the unwrapping
		case interface{ Unwrap() error }:
			inner = e.Unwrap()
		case interface{ Unwrap() []error }:
			if all := e.Unwrap(); len(all) > 0 {
				inner = all[0]
			}
		}
		if inner == nil {
			return err
		}
		err = inner
	}
}

// Reason returns a text that tells failures apart: the SQLSTATE of a database error, and the
// message of any other without what wraps it, which may name lines.
func Reason(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return cmp.Or(e.SQLSTATE, e.Error())
	}
	return err.Error()
}
