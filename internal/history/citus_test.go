package history

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/pgtest"
)

// A worker that did not hear that a transaction has ended keeps it prepared: its marks are seen, and its
// lines are not.
func TestMaintainer_OnCitus_WaitsForWhatIsPrepared(t *testing.T) {
	t.Parallel()
	b := join(t, pgtest.Citus(t).NewDatabase(t), nil)
	at := b.present.Add(-2 * time.Hour)
	b.write(t, sample{id: 1, at: at, route: "/a", duration: time.Second, status: 200})
	b.keep(t)
	require.EqualValues(t, 1, b.total(t))

	shard := pgtest.One[string](t, b.Database, "SELECT shard_name FROM citus_shards WHERE table_name = $1::text::regclass AND nodeport = $2 LIMIT 1",
		"canonical_api_line_"+at.Format("20060102"), b.Cluster.Workers[0].Port)
	conn, err := b.OnWorker(t, 0).Acquire(t.Context())
	require.NoError(t, err)
	defer conn.Release()
	_, err = conn.Exec(t.Context(), fmt.Sprintf(`BEGIN;
		INSERT INTO %s (id, created_at, duration, http_method, http_path, ip, request_id, status, sudo)
		VALUES (gen_random_uuid(), '%s', '1 s', 'GET', '/', '::1', gen_random_uuid(), 200, false);
		PREPARE TRANSACTION 'in doubt'`, shard, at.Format(time.RFC3339)))
	require.NoError(t, err)
	b.Exec(t, "INSERT INTO canonical_api_line_marks (at) VALUES (date_bin('1 hour', $1, 'epoch'))", at)
	b.keep(t)
	require.EqualValues(t, 1, pgtest.One[int64](t, b.Database, "SELECT count(*) FROM canonical_api_line_marks WHERE NOT of_day"), "the mark stays")
	_, err = conn.Exec(t.Context(), "COMMIT PREPARED 'in doubt'")
	require.NoError(t, err)
	b.keep(t)
	require.EqualValues(t, 2, b.total(t))
	require.Zero(t, pgtest.One[int64](t, b.Database, "SELECT count(*) FROM canonical_api_line_marks WHERE NOT of_day"))
}
