package store

import (
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

func TestRefusalLog_ThousandsOfLines_TakeALineOfTheLogForEachReason(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zapcore.DebugLevel)
	r := refusalLog{logger: zap.New(core, zap.AddStacktrace(zapcore.ErrorLevel))}
	for n := range 2857 {
		cause := &pgconn.PgError{Code: "22003", Message: "secret out of range", ColumnName: fmt.Sprintf("column_%d", n%2)}
		r.note(fmt.Errorf("copy rows: %w", cause), [16]byte{15: byte(n)})
	}
	require.Equal(t, 2, logs.Len(), "the first of each reason at once")
	r.summarise()
	require.Equal(t, 4, logs.Len())
	lines := 0
	for _, entry := range logs.All() {
		require.Equal(t, zapcore.WarnLevel, entry.Level)
		require.Empty(t, entry.Stack)
		require.Regexp(t, "SQLSTATE 22003, column column_[01]$", entry.ContextMap()["error"])
		require.NotContains(t, fmt.Sprint(entry.ContextMap()), "secret")
		lines += int(entry.ContextMap()["lines"].(int64))
	}
	require.Equal(t, 2857, lines)
	require.Len(t, logs.All()[3].ContextMap()["line_ids"], maxNamed)

	r.summarise()
	require.Equal(t, 4, logs.Len(), "nothing was dropped since")
	require.Nil(t, r.timer)
	r.note(&pgconn.PgError{Code: "22003", ColumnName: "column_0"}, [16]byte{})
	require.Equal(t, 5, logs.Len())
	r.close()
}
