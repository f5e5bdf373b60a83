package database

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
)

// This file alone decides what a SQLSTATE means
// (https://www.postgresql.org/docs/current/errcodes-appendix.html).

const (
	notNullViolation          = "23502"
	uniqueViolation           = "23505"
	checkViolation            = "23514"
	invalidSchemaName         = "3F000"
	deadlockDetected          = "40P01"
	undefinedColumn           = "42703"
	ambiguousFunction         = "42725"
	datatypeMismatch          = "42804"
	undefinedFunction         = "42883"
	undefinedTable            = "42P01"
	invalidFunctionDefinition = "42P13"
	objectNotInPrerequisite   = "55000"
	lockNotAvailable          = "55P03"
	queryCanceled             = "57014"

	dataException       = "22" // a class
	integrityConstraint = "23" // a class
)

// SQLSTATE returns the code of a server's error, and nothing for other errors.
func SQLSTATE(err error) string {
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pgErr.Code
	}
	return ""
}

// Policy says what to do about a write that failed.
type Policy uint8

const (
	// Wait and write the same batch again, for as long as it takes: what is wrong lies
	// outside the rows.
	Wait Policy = iota
	// Upsert the batch: some of its rows are stored already.
	Upsert
	// CreatePartition creates the partitions that the rows need, then writes again.
	CreatePartition
	// Reconcile the table with the columns, then write again.
	Reconcile
	// Isolate the row that Postgres refuses.
	Isolate
)

// PolicyOf returns what to do about an error of writing rows with the columns that
// hasColumn reports.
func PolicyOf(err error, hasColumn func(name string) bool) Policy {
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return Wait
	}
	switch pgErr.Code {
	case uniqueViolation, deadlockDetected:
		// COPY takes the keys in the order of its rows, the upsert in their own.
		return Upsert
	case checkViolation:
		// A missing partition has the code of a CHECK, but no constraint.
		if pgErr.ConstraintName == "" {
			return CreatePartition
		}
		return Isolate
	case notNullViolation:
		// If no row has a value for a NOT NULL column, the table is at fault.
		if !hasColumn(pgErr.ColumnName) {
			return Wait
		}
		return Isolate
	case undefinedTable, invalidSchemaName, undefinedColumn, datatypeMismatch, undefinedFunction:
		return Reconcile
	}
	if pgErr.Code[:2] == dataException {
		return Isolate
	}
	return Wait
}

// Busy reports whether a change of the table failed only because others use it: a lock
// or a transaction was in the way, or another collector got there first.
func Busy(err error) bool {
	switch SQLSTATE(err) {
	case lockNotAvailable, queryCanceled, objectNotInPrerequisite, undefinedTable:
		return true
	}
	return errors.Is(err, context.DeadlineExceeded)
}

// DefaultHoldsRows reports whether a partition cannot be attached because the DEFAULT
// partition holds rows of its range.
func DefaultHoldsRows(err error) bool { return SQLSTATE(err) == checkViolation }

// Irreplaceable reports whether CREATE OR REPLACE FUNCTION failed because it changes no
// result and no parameter's name, or made a second function, of other parameters, which
// a comment cannot tell apart.
func Irreplaceable(err error) bool {
	code := SQLSTATE(err)
	return code == invalidFunctionDefinition || code == ambiguousFunction
}
