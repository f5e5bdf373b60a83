package store

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"regexp"
	"strconv"

	"github.com/jackc/pgx/v5/pgconn"
	"go.uber.org/zap"

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

// RefusedError says that Postgres refuses each of the rows that are left, though they may not
// be at fault. The same rows fail again until the table takes others.
type RefusedError struct{ err error }

func (e *RefusedError) Error() string { return e.err.Error() }

// Unwrap returns the error of one of the rows.
func (e *RefusedError) Unwrap() error { return e.err }

// attempt is one call of Write. What it has stored stays stored, whatever follows.
type attempt struct {
	*Store

	stored Outcomes
	// rest holds the rows to write again, and cause says why: fault if the reason lies outside
	// the rows, so that no other is worth an attempt.
	rest         copyrow.Batch
	cause, fault error
	// suspected holds the refused rows that may not be at fault.
	suspected []suspect
	// layout holds the columns that the table accepted last.
	layout []copyrow.Column
	// cuts counts the rows that COPY has named.
	cuts int
}

// suspect is one row and why Postgres refuses it.
type suspect struct {
	row   copyrow.Batch
	cause error
}

// maxCuts bounds how often a batch is sent again without the row that COPY names. Each time
// sends all that is left, which costs more than to isolate rows at the server.
const maxCuts = 4

// maxIsolated is the most rows that are isolated in one transaction, so that a batch of which
// many are refused keeps its progress when time is up.
const maxIsolated = 1000

// maxRepairs bounds how often one write repairs the table or changes how it writes before it
// gives up.
const maxRepairs = 3

// write stores what it can of a batch.
func (a *attempt) write(ctx context.Context, batch copyrow.Batch, how method) {
	if how == copying && a.repeated.Load() {
		how = upserting
		before := a.stored.Unchanged + a.stored.Updated
		defer func() { a.repeated.Store(a.stored.Unchanged+a.stored.Updated > before) }()
	}
	for repairs := 0; batch.Len() > 0; repairs++ {
		if a.fault != nil {
			a.rest.Append(batch)
			return
		}
		w, layout, err := a.run(ctx, batch, how)
		if layout != nil {
			a.layout = layout
		}
		if err == nil {
			a.accept(batch, w)
			return
		}
		policy := a.policyOf(err)
		if policy == database.Upsert && how == upserting && repairs > 1 && !database.Busy(err) {
			// It is another key than that of the lines which has the value already.
			policy = database.Suspect
		}
		if policy == database.Place {
			policy = a.placed(ctx, batch)
		}
		if policy == database.Isolate || policy == database.Suspect {
			a.isolate(ctx, batch, how, err)
			return
		}
		if repairs == maxRepairs {
			a.fail(batch, err)
			return
		}
		switch policy {
		case database.Upsert:
			if how == copying {
				how = upserting
				a.repeated.Store(true)
			}
		case database.CreatePartition:
			kept, err := a.createPartitions(ctx, batch, err)
			if err != nil {
				a.fail(batch, err)
				return
			}
			a.stored.Expired += batch.Len() - kept.Len()
			batch = kept
		case database.Reconcile:
			a.forget()
		default:
			a.fail(batch, err)
			return
		}
	}
}

// placed returns what to do about a batch of which a worker of Citus refuses a row, without a word
// whether that has no partition.
func (a *attempt) placed(ctx context.Context, batch copyrow.Batch) database.Policy {
	switch homeless, err := a.homeless(ctx, batch); {
	case err != nil:
		return database.Wait
	case homeless:
		return database.CreatePartition
	default:
		return database.Suspect
	}
}

// housed creates the partitions that the rows of a distributed table lack, and returns those that are
// not too late for one: what isolates rows cannot tell one without a partition from one that a CHECK
// refuses.
func (a *attempt) housed(ctx context.Context, batch copyrow.Batch) (copyrow.Batch, error) {
	homeless, err := a.homeless(ctx, batch)
	if err != nil || !homeless {
		return batch, err
	}
	kept, err := a.createPartitions(ctx, batch, errHomeless)
	if err != nil {
		return batch, err
	}
	a.stored.Expired += batch.Len() - kept.Len()
	return kept, nil
}

var errHomeless = errors.New("lines have no partition")

// homeless reports whether a row has no partition, as far as the catalogue has to tell.
func (a *attempt) homeless(ctx context.Context, batch copyrow.Batch) (bool, error) {
	target, err := a.currentTarget(ctx)
	if err != nil || !target.Distributed {
		return false, err
	}
	return a.partitions.Homeless(ctx, target.Name, timesOf(batch))
}

// policyOf returns what to do about an error of a write.
func (a *attempt) policyOf(err error) database.Policy {
	policy := database.PolicyOf(err, func(column string) bool { return copyrow.Index(a.layout, column) >= 0 })
	_, outside := errors.AsType[outsideError](err)
	if outside && policy != database.Reconcile {
		return database.Wait
	}
	return policy
}

// err returns why rows are left; nil if none are. It is safe to show.
func (a *attempt) err() error {
	if a.cause != nil && a.fault == nil {
		return &RefusedError{database.Redact(a.cause)}
	}
	return database.Redact(a.cause)
}

// fail leaves a batch for the next attempt.
func (a *attempt) fail(batch copyrow.Batch, err error) {
	a.rest.Append(batch)
	a.cause, a.fault = err, err
	if len(a.layout) < len(batch.Layout) {
		// The fault may be a column that was left out, and may be mended by the next attempt.
		a.forget()
	}
}

// isolate stores a batch that contains refused rows without them.
func (a *attempt) isolate(ctx context.Context, batch copyrow.Batch, how method, cause error) {
	row, named := refusedRow(cause)
	named = named && row < batch.Len()
	switch {
	case batch.Len() == 1 && (how == isolating || a.policyOf(cause) == database.Suspect):
		// A column may have become narrower, which is no fault of the row. Only isolating
		// makes sure that it has not.
		a.refuse(batch, cause)
		return
	case named && a.cuts < maxCuts && batch.Len() > 1:
		a.cuts++
		a.write(ctx, batch.Slice(0, row), how)
		a.write(ctx, batch.Slice(row, row+1), how)
		a.write(ctx, batch.Slice(row+1, batch.Len()), how)
		return
	case how != isolating:
		batch, err := a.housed(ctx, batch)
		if err != nil {
			a.fail(batch, err)
			return
		}
		for start := 0; start < batch.Len(); start += maxIsolated {
			a.write(ctx, batch.Slice(start, min(start+maxIsolated, batch.Len())), isolating)
		}
		return
	}
	// Not even the staging table takes the row. What follows it is sent in halves, so that
	// many such rows do not each send all of it.
	start := 0
	if named {
		a.write(ctx, batch.Slice(0, row), how)
		a.write(ctx, batch.Slice(row, row+1), how)
		start = row + 1
	}
	half := start + (batch.Len()-start+1)/2
	a.write(ctx, batch.Slice(start, half), how)
	a.write(ctx, batch.Slice(half, batch.Len()), how)
}

// accept counts what became of a batch, and refuses what the table did not take.
func (a *attempt) accept(batch copyrow.Batch, w written) {
	a.stored.add(w.Outcomes)
	if len(w.refused) == 0 {
		return
	}
	id := copyrow.Index(batch.Layout, "id")
	for i := range batch.Len() {
		if err, ok := w.refused[[16]byte(batch.Value(i, id))]; ok {
			a.refuse(batch.Slice(i, i+1), err)
		}
	}
}

// refuse drops a row that Postgres refuses for its own values. Judge decides about one that
// may not be at fault.
func (a *attempt) refuse(row copyrow.Batch, cause error) {
	if a.policyOf(cause) == database.Isolate {
		a.drop(row, cause)
		return
	}
	a.suspected = append(a.suspected, suspect{row, cause})
}

// mark has stored lines say that they are incomplete. It passes over those that Postgres
// refuses to change: a mark is no line.
func (a *attempt) mark(ctx context.Context, marks copyrow.Batch) {
	if a.cause != nil {
		a.rest.Append(marks)
		return
	}
	err := a.markStored(ctx, marks)
	if err == nil {
		return
	}
	policy := a.policyOf(err)
	switch refused := policy == database.Isolate || policy == database.Suspect; {
	case !refused:
		a.fail(marks, err)
	case marks.Len() > 1:
		half := marks.Len() / 2
		a.mark(ctx, marks.Slice(0, half))
		a.mark(ctx, marks.Slice(half, marks.Len()))
	default:
		id := lineID(marks)
		a.logger.Warn("left a line as it is: Postgres refuses to mark it as incomplete",
			zap.Error(database.Redact(err)), zap.String("line_id", hex.EncodeToString(id[:])))
	}
}

// judge drops the rows that Postgres has refused before while it took others, and leaves the
// other suspects for the next attempt.
func (a *attempt) judge() {
	a.suspects.took(a.stored)
	for _, s := range a.suspected {
		if a.suspects.convicts(lineID(s.row)) {
			a.drop(s.row, s.cause)
			continue
		}
		a.rest.Append(s.row)
		a.cause = cmp.Or(a.cause, s.cause)
	}
}

// drop counts a refused row and has the log name it.
func (a *attempt) drop(row copyrow.Batch, cause error) {
	a.stored.Rejected++
	a.refusals.note(cause, lineID(row))
}

// lineID returns the id of the only row of a batch.
func lineID(row copyrow.Batch) [16]byte {
	return [16]byte(row.Value(0, copyrow.Index(row.Layout, "id")))
}

// copyLine matches the place where COPY failed, if the server's messages are in English.
// A trigger's comes before it. Lines count from 1.
var copyLine = regexp.MustCompile(`(?m)^COPY .*, line ([0-9]+)`)

// refusedRow returns the index of the row that an error of COPY is about.
func refusedRow(err error) (row int, ok bool) {
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return 0, false
	}
	match := copyLine.FindStringSubmatch(pgErr.Where)
	if match == nil {
		return 0, false
	}
	line, err := strconv.Atoi(match[1])
	return line - 1, err == nil && line > 0
}
