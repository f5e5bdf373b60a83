package maintenance

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/index"
	"canonicallineexporter/internal/pgtest"
)

// indexing returns what keeps the indexes of the bundle's table.
func (b *bundle) indexing(interval time.Duration, columns ...string) *Indexing {
	var wanted []index.Column
	for _, name := range columns {
		wanted = append(wanted, index.Column{Name: name})
	}
	return &Indexing{
		Pool: b.Pool, Table: b.loop.Table.Name, Partitions: b.loop.Partitions, Indexes: index.New(wanted, b.Pool, b.loop.Logger),
		Interval: interval, Logger: b.loop.Logger,
	}
}

const sparse = "SELECT count(*) FROM pg_class WHERE relkind = 'i' AND relname LIKE '%\\_sparse'"

func TestIndexing_Run_FollowsTableAndPartitions(t *testing.T) {
	t.Parallel()
	b := setup(t, true)
	ctx, stop := context.WithCancel(t.Context())
	indexing := b.indexing(10*time.Millisecond, "request_id")
	var running sync.WaitGroup
	running.Go(func() { indexing.Run(ctx) })
	defer running.Wait()
	defer stop()
	require.NoError(t, b.loop.runOnce(t.Context(), true))
	b.Await(t, "("+sparse+") = ("+partitions+")")
	b.Exec(t, "CREATE TABLE old PARTITION OF canonical_api_line FOR VALUES FROM ('2020-01-01') TO ('2020-01-02')")
	b.Await(t, "EXISTS (SELECT FROM pg_class WHERE relname = 'old_request_id_sparse')")
	require.Zero(t, b.logs.FilterMessage("indexes wait for the next round").Len(), "a table that is missing is none of its faults")
}

func TestIndexing_TablesMadeOtherwise(t *testing.T) {
	t.Parallel()
	for name, partitioned := range map[string]string{
		"not partitioned": "",
		"a list":          "PARTITION BY LIST (http_method); CREATE TABLE part PARTITION OF canonical_api_line DEFAULT",
		"divided": `PARTITION BY RANGE (created_at); CREATE TABLE part PARTITION OF canonical_api_line FOR VALUES FROM (MINVALUE) TO (MAXVALUE)
			PARTITION BY LIST (http_method); CREATE TABLE leaf PARTITION OF part DEFAULT`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, true)
			b.Exec(t, "CREATE TABLE canonical_api_line (id uuid, created_at timestamptz, request_id uuid, http_method text) "+partitioned)
			_, err := b.indexing(time.Hour, "request_id").runOnce(t.Context(), true)
			require.NoError(t, err)
			require.EqualValues(t, 1, pgtest.One[int64](t, b.Database, sparse))
		})
	}
}
