package main

import (
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"
)

func sample() answer {
	return answer{
		fields: []pgconn.FieldDescription{
			{Name: "http_route", DataTypeOID: pgtype.TextOID}, {Name: "lines", DataTypeOID: pgtype.Int8OID}, {Name: "p95", DataTypeOID: pgtype.IntervalOID},
		},
		rows: [][][]byte{
			{[]byte("/müller/{id}"), []byte("12345678"), []byte("00:00:00.01")},
			{nil, []byte("9"), nil},
		},
	}
}

// The expected text is psql's for the same rows.
func TestTable_LaysOutAsPsqlDoes(t *testing.T) {
	t.Parallel()
	require.Equal(t, `  http_route  |  lines   |     p95
--------------+----------+-------------
 /müller/{id} | 12345678 | 00:00:00.01
              |        9 |
(2 rows)

`, table(sample()))
	require.Empty(t, table(answer{}))
}

func TestList_NamesTheColumnsOfEachRow(t *testing.T) {
	t.Parallel()
	require.Equal(t, `-[ RECORD 1 ]----------
http_route | /müller/{id}
lines      | 12345678
p95        | 00:00:00.01
-[ RECORD 2 ]----------
http_route |
lines      | 9
p95        |

`, list(sample()))
}

func TestValues_HasNoHeading(t *testing.T) {
	t.Parallel()
	require.Equal(t, "/müller/{id}|12345678|00:00:00.01\n|9|\n", values(sample()))
}
