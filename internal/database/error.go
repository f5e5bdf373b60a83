package database

import (
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Error is a database error that is safe to show. It leaves out the connection string and
// the values of rows, which appear in error details and in the messages of data
// exceptions.
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
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok {
		text := pgErr.Message
		if class := pgErr.Code[:2]; class == dataException || class == integrityConstraint {
			text = "row refused"
		}
		wrapping, wrapped := strings.CutSuffix(err.Error(), pgErr.Error())
		_, connecting := errors.AsType[*pgconn.ConnectError](err)
		switch {
		case connecting:
			// The wrapping text names the user and the database.
			text = cannotConnect + text
		case wrapped:
			// The wrapping text, such as "copy rows: ", comes before the server's message.
			text = wrapping + text
		}
		return &Error{SQLSTATE: pgErr.Code, Column: pgErr.ColumnName, Constraint: pgErr.ConstraintName, text: text, err: err}
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return &Error{text: cannotConnect + innermost(err).Error(), err: err}
	}
	return &Error{text: err.Error(), err: err}
}

// innermost returns the last cause of the chain, following the first branch where it
// forks. For a failed connection this is the error of the network or the server, without
// user, host and database.
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

// Reason returns a text that tells failures apart: the SQLSTATE of a database error and the
// message of any other. The SQLSTATE is empty if the server did not answer, because the
// messages of one outage vary.
func Reason(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.SQLSTATE
	}
	return err.Error()
}
