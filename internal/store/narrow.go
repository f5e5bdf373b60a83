package store

import (
	"context"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/database"
)

// PartialError says that a part of a batch was stored and the rest was not.
type PartialError struct {
	// Stored counts the lines that need not be written again.
	Stored Outcomes
	// Rest holds the rows that have to be written again.
	Rest copyrow.Batch

	err error
}

func (e *PartialError) Error() string { return e.err.Error() }

// Unwrap returns the error of the last attempt.
func (e *PartialError) Unwrap() error { return e.err }

// maxFailures bounds the attempts that may fail while a batch is narrowed down: enough to
// find four rows among 10,000.
const maxFailures = 64

// narrow stores what it can of a batch that failed with cause. It halves parts that fail,
// until they are single rows or too many attempts have failed. It returns the rest with the
// latest error, and no error if there is no rest.
func (s *Store) narrow(ctx context.Context, batch copyrow.Batch, cause error) (stored Outcomes, rest copyrow.Batch, err error) {
	rest.Layout = batch.Layout
	failed := []copyrow.Batch{batch}
	for failures := 1; len(failed) > 0; {
		part := failed[0]
		failed = failed[1:]
		if part.Len() == 1 || failures >= maxFailures || !database.BlamesRows(cause) {
			rest.Append(part)
			continue
		}
		half := part.Len() / 2
		for _, part := range []copyrow.Batch{part.Slice(0, half), part.Slice(half, part.Len())} {
			outcomes, err := s.write(ctx, part, false)
			if err == nil {
				stored.add(outcomes)
				continue
			}
			failed = append(failed, part)
			failures++
			cause = err
		}
	}
	if rest.Len() == 0 {
		return stored, rest, nil
	}
	return stored, rest, cause
}
