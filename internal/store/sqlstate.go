package store

import (
	"errors"
	"regexp"
	"strconv"

	"github.com/jackc/pgx/v5/pgconn"

	"canonicallineexporter/schema"
)

// policy is what to do about a failed write.
type policy uint8

const (
	// wait and try the same batch again, for as long as it takes: what is wrong
	// lies outside the rows.
	wait policy = iota
	// upsert the batch: some of its rows are stored already.
	upsert
	// partition: create the partitions the rows need, then write again.
	partitionMissing
	// reconcile the schema with the columns, then write again.
	reconcile
	// isolate the row that Postgres refuses.
	isolate
)

// policyOf is the one place that decides what an error of writing rows of the
// layout means (https://www.postgresql.org/docs/current/errcodes-appendix.html).
func policyOf(err error, layout []schema.Column) policy {
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return wait
	}
	switch pgErr.Code {
	case "23505", "40P01": // unique_violation, deadlock_detected
		// COPY takes the keys in the order of its rows, the upsert in their own.
		return upsert
	case "23514": // check_violation
		// A missing partition has the code of a CHECK, but no constraint.
		if pgErr.ConstraintName == "" {
			return partitionMissing
		}
		return isolate
	case "23502": // not_null_violation
		// A NOT NULL column that no row has a value for is the table's fault.
		if columnIndex(layout, pgErr.ColumnName) < 0 {
			return wait
		}
		return isolate
	case "42P01", "3F000", "42703", "42804", "42883":
		// undefined_table, invalid_schema_name, undefined_column,
		// datatype_mismatch, undefined_function
		return reconcile
	}
	if pgErr.Code[:2] == "22" { // data exception
		return isolate
	}
	return wait
}

// copyLine is where COPY says that it failed, in the server's English; the line
// of a row is counted from 1.
var copyLine = regexp.MustCompile(`^COPY .*, line ([0-9]+)`)

// refusedRow is the row, counted from 0, that an error of COPY is about.
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
