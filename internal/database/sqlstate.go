package database

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Only this file decides what a SQLSTATE means
// (https://www.postgresql.org/docs/current/errcodes-appendix.html).

const (
	protocolViolation         = "08P01"
	featureNotSupported       = "0A000"
	notNullViolation          = "23502"
	uniqueViolation           = "23505"
	checkViolation            = "23514"
	invalidSchemaName         = "3F000"
	readOnlyTransaction       = "25006"
	serializationFailure      = "40001"
	deadlockDetected          = "40P01"
	insufficientPrivilege     = "42501"
	undefinedColumn           = "42703"
	cannotCoerce              = "42846"
	invalidColumnReference    = "42P10"
	ambiguousFunction         = "42725"
	datatypeMismatch          = "42804"
	undefinedFunction         = "42883"
	undefinedTable            = "42P01"
	duplicateTable            = "42P07"
	invalidFunctionDefinition = "42P13"
	objectNotInPrerequisite   = "55000"
	lockNotAvailable          = "55P03"
	queryCanceled             = "57014"

	dataException        = "22" // a class
	integrityConstraint  = "23" // a class
	invalidAuthorization = "28" // a class
	operatorIntervention = "57" // a class
	externalRoutine      = "38" // a class
	invalidCatalogName   = "3D" // a class
	programLimit         = "54" // a class
	raisedByFunction     = "P0" // a class
)

// class returns the class of a SQLSTATE. A server that answers without one has none.
func class(code string) string { return code[:min(2, len(code))] }

// RowClasses are the classes of errors that the content of a row can cause, by way of a
// constraint, an index, a trigger or a view: a function that fails in its own code and one
// that raises an error are among them.
var RowClasses = []string{
	"09", dataException, integrityConstraint, "27", externalRoutine, "39", "44", programLimit, raisedByFunction,
}

// OwnClasses are the first characters of the classes that Postgres raises itself. A trigger
// raises others.
const OwnClasses = "023457FHPX"

// SQLSTATE returns the code of a server error, and an empty string for other errors.
func SQLSTATE(err error) string {
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pgErr.Code
	}
	return ""
}

// Policy says what to do about a write that failed.
type Policy uint8

const (
	// Wait means to write the same batch again, for as long as it takes: the fault lies
	// outside the rows.
	Wait Policy = iota
	// Upsert means to upsert the batch: some of its rows are already stored.
	Upsert
	// CreatePartition means to create the partitions that the rows need, then to write again.
	CreatePartition
	// Reconcile means to read the table again and add what it lacks, then to write again.
	Reconcile
	// Isolate means to find the rows that Postgres refuses and to store the others.
	Isolate
	// Suspect means the same, but the rows may not be at fault: a trigger, a foreign key or an
	// index may refuse any row.
	Suspect
	// Place means that a row has no partition, or that a CHECK refuses it: the catalogue tells.
	Place
)

// The functions of Citus that pass on an error of a worker. The one keeps its SQLSTATE, and neither
// what the error is about. The other, which COPY calls, keeps the text alone: only to store the rows
// in another way tells what is wrong.
const (
	passesOnSQLSTATE = "ReportResultError"
	passesOnText     = "ReportCopyError"
	// refusesCOPY raises what Citus cannot do in a COPY: the table has become distributed.
	refusesCOPY = "ProcessCopyStmt"
)

// PolicyOf returns what to do about an error of a write. hasColumn reports whether the
// written rows have a column.
func PolicyOf(err error, hasColumn func(name string) bool) Policy {
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	if _, connecting := errors.AsType[*pgconn.ConnectError](err); connecting || !ok {
		return Wait
	}
	switch pgErr.Routine {
	case passesOnText:
		return Upsert
	case refusesCOPY:
		return Reconcile
	}
	switch pgErr.Code {
	case insufficientPrivilege:
		// Of its two meanings, a policy that refuses a row is told by where it is raised: the
		// text is translated.
		if pgErr.Routine == "ExecWithCheckOptions" {
			return Suspect
		}
		return Wait
	case uniqueViolation, deadlockDetected:
		// COPY locks keys in the order of its rows, the upsert in key order.
		return Upsert
	case checkViolation:
		// A missing partition has the SQLSTATE of a CHECK, but no constraint; a trigger that
		// raises it names no table either.
		switch {
		case pgErr.ConstraintName != "":
			return Isolate
		case pgErr.TableName != "":
			return CreatePartition
		case pgErr.Routine == passesOnSQLSTATE:
			return Place
		default:
			return Suspect
		}
	case notNullViolation:
		// If the rows do not have the NOT NULL column, the table is at fault.
		if pgErr.Routine == passesOnSQLSTATE {
			return Suspect
		}
		if !hasColumn(pgErr.ColumnName) {
			return Wait
		}
		return Isolate
	case undefinedTable, invalidSchemaName, undefinedColumn, datatypeMismatch, cannotCoerce, undefinedFunction,
		invalidColumnReference, protocolViolation, featureNotSupported:
		// A value of another length than its type is a violation of the protocol. A reference
		// is invalid to a column that is generated, or to a key that is gone. COPY is not
		// supported once row level security applies.
		return Reconcile
	}
	switch {
	case class(pgErr.Code) == dataException:
		return Isolate
	case blamesRows(pgErr.Code):
		return Suspect
	}
	return Wait
}

// blamesRows reports whether an error with this code may be about some rows of a batch only.
func blamesRows(code string) bool {
	return len(code) == 5 && (slices.Contains(RowClasses, class(code)) || !strings.Contains(OwnClasses, code[:1]))
}

// Busy reports whether a change of the table failed only because others use it: it waited
// too long for a lock or a transaction, or in a circle, or another collector made the change
// first. CREATE INDEX and DETACH, both CONCURRENTLY, wait for each other on one partition.
func Busy(err error) bool {
	switch SQLSTATE(err) {
	case lockNotAvailable, queryCanceled, objectNotInPrerequisite, undefinedTable, duplicateTable, serializationFailure, deadlockDetected:
		return true
	}
	return errors.Is(err, context.DeadlineExceeded)
}

// Undefined reports whether a statement names a table or a function that does not exist.
func Undefined(err error) bool {
	code := SQLSTATE(err)
	return code == undefinedTable || code == undefinedFunction
}

// Cancelled reports whether a statement took longer than it may, or than its reader waited.
func Cancelled(err error) bool {
	return SQLSTATE(err) == queryCanceled || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// Denied reports whether the role lacks a privilege.
func Denied(err error) bool { return SQLSTATE(err) == insufficientPrivilege }

// Unreachable reports whether the database did not answer at all: it is away, refuses connections
// or has ended this one.
func Unreachable(err error) bool {
	if _, connecting := errors.AsType[*pgconn.ConnectError](err); connecting {
		return true
	}
	code := SQLSTATE(err)
	return class(code) == operatorIntervention && code != queryCanceled || code == "" && !Cancelled(err)
}

// DefaultHoldsRows reports whether a partition cannot be attached because the DEFAULT
// partition holds rows of its range.
func DefaultHoldsRows(err error) bool { return SQLSTATE(err) == checkViolation }

// Irreplaceable reports whether a function has to be dropped before it is created. CREATE
// OR REPLACE FUNCTION can change neither its result nor its parameter names. With other
// parameter types it creates a second function, so that COMMENT ON FUNCTION is ambiguous.
func Irreplaceable(err error) bool {
	code := SQLSTATE(err)
	return code == invalidFunctionDefinition || code == ambiguousFunction
}
