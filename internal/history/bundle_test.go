package history

import (
	"encoding/binary"
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/zap/zaptest"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/database"
	"canonicallineexporter/internal/line"
	"canonicallineexporter/internal/partition"
	"canonicallineexporter/internal/pgtest"
	"canonicallineexporter/internal/request"
	"canonicallineexporter/internal/store"
	"canonicallineexporter/internal/table"
)

var lines = table.Name{Schema: "public", Name: "canonical_api_line"}

// bundle is a store with its partitions and its history, on a database of its own.
type bundle struct {
	*pgtest.Database
	*Maintainer
	cfg        Config
	store      *store.Store
	tables     *table.Maintainer
	partitions *partition.Maintainer
	// present is the start of the hour in which the test began.
	present time.Time
}

func setup(t testing.TB, change func(*Config)) *bundle {
	t.Helper()
	return join(t, pgtest.New(t), change)
}

// join returns another collector's store and history of the same database.
func join(t testing.TB, d *pgtest.Database, change func(*Config)) *bundle {
	t.Helper()
	poolConfig, err := database.ParsePoolConfig(d.URL, 4)
	require.NoError(t, err)
	pool, err := pgxpool.NewWithConfig(t.Context(), poolConfig)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	b := &bundle{Database: d, cfg: Config{
		Hours: 35 * 24 * time.Hour, Days: 1000 * 24 * time.Hour, MaxSeries: 100, CreateSchema: true,
		Lines: partition.Config{
			Interval: partition.Day, CreateAhead: 24 * time.Hour, CheckInterval: time.Hour, Retention: 14 * 24 * time.Hour,
			KeepDetached: time.Hour, Permit: Release,
		},
	}}
	if change != nil {
		change(&b.cfg)
	}
	logger := zaptest.NewLogger(t)
	b.tables = table.NewMaintainer(table.Config{Name: lines, Columns: line.Columns(), CreateSchema: true, Distribute: d.Cluster != nil}, pool, logger)
	b.partitions = partition.New(b.cfg.Lines, pool, logger)
	b.store = store.New(pool, b.tables, b.partitions, logger)
	b.Maintainer = New(b.cfg, pool, logger)
	_, err = b.tables.Maintain(t.Context())
	require.NoError(t, err)
	b.present = partition.Hour.Floor(pgtest.One[time.Time](t, d, "SELECT clock_timestamp()"))
	return b
}

// sample describes a line. Those of one id and time are versions of one line.
type sample struct {
	id       uint64
	at       time.Time
	route    string
	duration time.Duration
	status   int
	// oneIn is how many requests the line stands for; 0 stands for 1.
	oneIn int
	// queries is the number of queries, and of the spans that the line counts.
	queries int
}

func batchOf(t testing.TB, samples ...sample) copyrow.Batch {
	t.Helper()
	encoder := line.NewMapper(line.Config{AttributePrefix: "canonical", Horizon: 72 * time.Hour}).Encoder()
	for _, s := range samples {
		span := ptrace.NewSpan()
		id := binary.BigEndian.AppendUint64(nil, s.id)
		span.SetSpanID(pcommon.SpanID(id))
		span.SetTraceID(pcommon.TraceID(append(id, id...)))
		span.SetName("GET " + s.route)
		span.SetStartTimestamp(pcommon.NewTimestampFromTime(s.at.Add(-s.duration)))
		span.SetEndTimestamp(pcommon.NewTimestampFromTime(s.at))
		if s.oneIn > 1 {
			span.TraceState().FromRaw("ot=th:" + threshold(s.oneIn))
		}
		require.NoError(t, span.Attributes().FromRaw(map[string]any{
			"http.request.method": "GET", "http.route": s.route, "http.response.status_code": s.status, "url.path": s.route,
		}))
		resource := pcommon.NewResource()
		resource.Attributes().PutStr("service.name", "api")
		require.Equal(t, line.Stored, encoder.Append(request.Request{
			Resource: resource, Span: span, Arrival: s.at,
			Descendants: request.Descendants{Cost: request.Cost{Spans: s.queries}},
		}))
	}
	batch := encoder.Batch()
	require.NoError(t, batch.Validate())
	return batch
}

// threshold returns the sampling threshold of one request in n, which is a power of two.
func threshold(n int) string {
	return fmt.Sprintf("%014x", uint64(1)<<56-uint64(1)<<56/uint64(n))
}

func (b *bundle) write(t testing.TB, samples ...sample) {
	t.Helper()
	_, err := b.store.Write(t.Context(), batchOf(t, samples...))
	require.NoError(t, err)
}

// keep runs rounds until there is nothing left to build.
func (b *bundle) keep(t testing.TB) {
	t.Helper()
	for {
		more, err := b.Maintain(t.Context(), lines)
		require.NoError(t, err)
		if !more {
			return
		}
	}
}

// row is one row of history.
type row struct {
	At                               time.Time
	Service, Route                   *string
	Other                            bool
	Lines                            int64
	Requests, Refused, Failed, Busy  string
	Instant, Slow, Queries, Database string
	Slowest                          time.Duration
	Zero                             string
	First                            *int32
	Buckets                          []string
}

const rowsOf = `
	SELECT at, service_name, http_route, other, lines, trim_scale(requests)::text, trim_scale(refused)::text, trim_scale(failed)::text,
		trim_scale(busy)::text, trim_scale(instant)::text, trim_scale(slow)::text, trim_scale(queries)::text, trim_scale(database)::text,
		slowest, trim_scale(zero)::text, first, (SELECT array_agg(trim_scale(n)::text ORDER BY i) FROM unnest(buckets) WITH ORDINALITY AS b (n, i))
	FROM %s
	WHERE at >= $1 AND at < $2
	ORDER BY at, other, http_route`

func (b *bundle) rows(t testing.TB, of table.Name, from, to time.Time) []row {
	t.Helper()
	rows, err := b.Pool.Query(t.Context(), fmt.Sprintf(rowsOf, of), from, to)
	require.NoError(t, err)
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
	require.NoError(t, err)
	for i := range found {
		found[i].At = found[i].At.UTC()
	}
	return found
}

// bucketOf returns the bucket of a duration by the definition: base^i < d <= base^(i+1).
func bucketOf(d time.Duration) int {
	micros := d.Microseconds()
	exact := new(big.Int).Exp(big.NewInt(micros), big.NewInt(16), nil) // d^16 <= 2^(i+1)
	i := exact.BitLen() - 1
	if new(big.Int).Lsh(big.NewInt(1), uint(i)).Cmp(exact) == 0 {
		i--
	}
	return i
}
