package database

import (
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Error is an error of the database that is safe to show. It leaves out the connection
// string and the values of rows, which stand in every detail and in the messages of
// data exceptions.
type Error struct {
	// SQLSTATE is empty if the server did not answer.
	SQLSTATE string
	// Column and Constraint are empty where the server names none.
	Column, Constraint string
	text               string
	err                error
}

// Error returns the SQLSTATE and, where it cannot hold a value, the message.
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

// Is lets errors.Is find a deadline or a cancellation. The cause is not unwrapped, so
// that nobody prints it.
func (e *Error) Is(target error) bool { return errors.Is(e.err, target) }

// Redact turns an error of the driver into an Error; nil stays nil. Every error that
// goes to a log or a status goes through it.
func Redact(err error) error {
	if err == nil {
		return nil
	}
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok {
		text := pgErr.Message
		if class := pgErr.Code[:2]; class == dataException || class == integrityConstraint {
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

// innermost returns the cause at the end of the chain, the first one where it forks. If
// a connection failed, that is what the network or the server said, without user, host
// and database.
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

// Reason tells failures apart. It returns the SQLSTATE, which is empty if the server did
// not answer, since an outage shows itself in many words, and the text of an error that
// is not the database's.
func Reason(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.SQLSTATE
	}
	return err.Error()
}
