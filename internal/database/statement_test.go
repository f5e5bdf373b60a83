package database

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/pgtest"
)

func TestQuoteLiteral_KeepsTheText(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	for _, conforming := range []string{"on", "off"} {
		conn, err := pgx.Connect(t.Context(), d.URL+"?standard_conforming_strings="+conforming)
		require.NoError(t, err)
		for _, text := range []string{"", "it's", `"of":"\"a\".\"b\""`, `ends in \`, `\'; DROP TABLE lines; --`, "Zeile\nüber $$"} {
			var read string
			err := conn.QueryRow(t.Context(), "SELECT "+QuoteLiteral(text), pgx.QueryExecModeExec).Scan(&read)
			require.NoError(t, err)
			require.Equal(t, text, read)
		}
		require.NoError(t, conn.Close(t.Context()))
	}
}
