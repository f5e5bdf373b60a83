package database

import (
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"
)

func TestPolicyOf(t *testing.T) {
	t.Parallel()
	hasColumn := func(column string) bool { return column != "theirs" }
	for code, want := range map[string]Policy{
		"23505": Upsert, "40P01": Upsert,
		"23502": Isolate,
		"22P03": Isolate, "22021": Isolate, "22001": Isolate,
		"23514": Suspect, "23503": Suspect, "23P01": Suspect, "54000": Suspect, "P0001": Suspect, "38000": Suspect, "MY001": Suspect,
		"08P01": Reconcile, "42804": Reconcile, "0A000": Reconcile,
		"42P01": Reconcile, "42P10": Reconcile, "42846": Reconcile, "3F000": Reconcile, "42703": Reconcile,
		"08006": Wait, "57P01": Wait, "53100": Wait, "53300": Wait, "25006": Wait, "55P03": Wait, "57014": Wait,
		"28P01": Wait, "42501": Wait, "XX000": Wait, "3D000": Wait,
	} {
		require.Equal(t, want, PolicyOf(fmt.Errorf("copy rows: %w", &pgconn.PgError{Code: code, ColumnName: "status"}), hasColumn), code)
	}
	require.Equal(t, CreatePartition, PolicyOf(&pgconn.PgError{Code: "23514", TableName: "lines"}, hasColumn), "a trigger names no table")
	require.Equal(t, Isolate, PolicyOf(&pgconn.PgError{Code: "23514", ConstraintName: "check"}, hasColumn), "a CHECK names its constraint")
	require.Equal(t, Wait, PolicyOf(&pgconn.PgError{Code: "23502", ColumnName: "theirs"}, hasColumn), "not a column of the rows")
	require.Equal(t, Suspect, PolicyOf(&pgconn.PgError{Code: "42501", Routine: "ExecWithCheckOptions"}, hasColumn), "row level security")
	require.Equal(t, Wait, PolicyOf(errors.New("broken pipe"), hasColumn))
	require.Equal(t, Upsert, PolicyOf(&pgconn.PgError{Code: "XX000", Routine: "ReportCopyError"}, hasColumn), "COPY of Citus keeps no SQLSTATE")
	require.Equal(t, Reconcile, PolicyOf(&pgconn.PgError{Code: "XX000", Routine: "ProcessCopyStmt"}, hasColumn), "COPY of Citus takes no condition")
	require.Equal(t, Place, PolicyOf(&pgconn.PgError{Code: "23514", Routine: "ReportResultError"}, hasColumn), "a worker names nothing")
	require.Equal(t, Suspect, PolicyOf(&pgconn.PgError{Code: "23502", Routine: "ReportResultError"}, hasColumn), "a worker names no column")
}
