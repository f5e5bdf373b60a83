package store

import (
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Error is an error of the database without anything that must not be logged:
// the values of a row, which stand in the message of data exceptions and in
// every detail, and the connection string.
type Error struct {
	// SQLSTATE is empty when the server did not answer.
	SQLSTATE string
	// Column and Constraint are empty where the server names none.
	Column, Constraint string
	text               string
	err                error
}

// Error names the SQLSTATE and, where it cannot hold a value, the message.
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

// Is lets errors.Is find what does not show: a deadline, a cancellation. The
// cause itself is not unwrapped, so that no one prints it.
func (e *Error) Is(target error) bool { return errors.Is(e.err, target) }

// Redact turns any error of the driver into an Error; nil stays nil. It is the
// one seam through which errors leave towards logs and statuses.
func Redact(err error) error {
	if err == nil {
		return nil
	}
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok {
		text := pgErr.Message
		if class := pgErr.Code[:2]; class == "22" || class == "23" { // data exception, integrity constraint violation
			text = "row refused"
		}
		// What was attempted comes before what the server says of it.
		if attempt, ok := strings.CutSuffix(err.Error(), pgErr.Error()); ok {
			text = attempt + text
		}
		return &Error{SQLSTATE: pgErr.Code, Column: pgErr.ColumnName, Constraint: pgErr.ConstraintName, text: text, err: err}
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return &Error{text: "cannot connect to the database: " + innermost(err).Error(), err: err}
	}
	return &Error{text: err.Error(), err: err}
}

// innermost is the cause at the end of the chain, the first where it forks: of
// a connection that failed, what the network or the server said, without user,
// host and database.
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

// Reason tells failures apart: the SQLSTATE, empty when the server did not answer,
// or what the error says when it is none of the database's. An outage shows
// itself in many words.
func Reason(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.SQLSTATE
	}
	return err.Error()
}
