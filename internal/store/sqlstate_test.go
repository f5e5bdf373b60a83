package store

import (
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/line"
)

func TestPolicy(t *testing.T) {
	t.Parallel()
	layout := line.Columns()
	for code, want := range map[string]policy{
		"23505": upsert, "40P01": upsert,
		"23514": partitionMissing,
		"23502": isolate,
		"22P03": isolate, "22021": isolate, "22001": isolate,
		"42P01": reconcile, "3F000": reconcile, "42703": reconcile,
		"08006": wait, "57P01": wait, "53100": wait, "53300": wait, "25006": wait, "55P03": wait, "57014": wait,
		"28P01": wait, "42501": wait, "XX000": wait, "3D000": wait,
	} {
		require.Equal(t, want, policyOf(fmt.Errorf("copy rows: %w", &pgconn.PgError{Code: code, ColumnName: "status"}), layout), code)
	}
	require.Equal(t, isolate, policyOf(&pgconn.PgError{Code: "23514", ConstraintName: "check"}, layout), "a CHECK has a name")
	require.Equal(t, wait, policyOf(&pgconn.PgError{Code: "23502", ColumnName: "theirs"}, layout), "not a column of ours")
	require.Equal(t, wait, policyOf(errors.New("broken pipe"), layout))
}
