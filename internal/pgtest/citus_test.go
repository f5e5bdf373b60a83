package pgtest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCluster_NewDatabase_IsACitusOfThree(t *testing.T) {
	t.Parallel()
	d := Citus(t).NewDatabase(t)
	d.Exec(t, "CREATE TABLE lines (id int); SELECT create_distributed_table('lines', 'id'); INSERT INTO lines SELECT generate_series(1, 100)")
	require.EqualValues(t, 2, One[int64](t, d, "SELECT count(DISTINCT nodeport) FROM citus_shards"))
	require.EqualValues(t, 100, One[int64](t, d, "SELECT count(*) FROM lines"))
}
