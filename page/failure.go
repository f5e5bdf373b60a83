package page

import (
	"context"
	"errors"
	"time"

	"canonicallineexporter/internal/database"
)

// failure is why a question has no answer.
type failure struct {
	because cause
	err     error
}

type cause uint8

const (
	unknown cause = iota
	// away means that the database did not answer.
	away
	// cancelled means that the question took too long.
	cancelled
	// tooLate means that the reader would have waited too long for the question's turn.
	tooLate
	// noTable means that the exporter has not made the table yet.
	noTable
	// noFunction means that the table has no such question.
	noFunction
	// denied means that the role may not read.
	denied
)

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// errNoTable says that the exporter has not created the table yet.
var errNoTable = errors.New("there is no table yet")

// newFailure tells why a question failed, and removes values from the error.
func newFailure(err error) *failure {
	f := &failure{err: database.Redact(err)}
	switch {
	case errors.Is(err, errNoTable):
		f.because, f.err = noTable, err
	case database.Cancelled(err):
		f.because = cancelled
	case database.Undefined(err):
		f.because = noFunction
	case database.Denied(err):
		f.because = denied
	case database.Unreachable(err):
		f.because = away
	}
	return f
}

func causeOf(err error) cause {
	if f, ok := errors.AsType[*failure](err); ok {
		return f.because
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return tooLate
	}
	return unknown
}

// patience returns how long a question could take before it was given up.
func (r *reading) patience(because cause) time.Duration {
	if because == tooLate {
		return r.page.patience()
	}
	return r.cfg.Timeout
}

// problem returns a sentence for a reader: what is wrong, and what helps.
func (r *reading) problem(err error) string {
	switch causeOf(err) {
	case away:
		text := "The database does not answer"
		if since := r.store.away(); !since.IsZero() {
			text += ", and has not for " + formatLength(max(time.Since(since), time.Second))
		}
		return text + ". Lines wait in the collector's queue meanwhile; this page asks again when it is loaded again."
	case cancelled, tooLate:
		return "This took longer than " + formatLength(r.patience(causeOf(err))) +
			" and was cancelled. A shorter window, or a filter by service or route, asks less."
	case noTable:
		return "There is no table " + r.cfg.Table + " yet. The exporter creates it when it starts, unless create_schema is false; then schema/table.sql does."
	case noFunction:
		return "The database lacks the function that answers this. The exporter creates it when it starts, unless create_schema is false; then schema/questions.sql does."
	case denied:
		return "The page's role may not read this. schema/roles.sql makes one that may."
	}
	return "The database refused the question: " + err.Error() + "."
}
