package store

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest"
	"go.uber.org/zap/zaptest/observer"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/database"
	"canonicallineexporter/internal/line"
	"canonicallineexporter/internal/partition"
	"canonicallineexporter/internal/pgtest"
	"canonicallineexporter/internal/request"
	"canonicallineexporter/internal/table"
)

// bundle is a store with its own database.
type bundle struct {
	*pgtest.Database
	store *Store
	logs  *observer.ObservedLogs
}

func setup(t testing.TB, change func(*table.Config)) *bundle {
	t.Helper()
	return setupPartitions(t, change, partition.Config{Interval: partition.Day, CreateAhead: 72 * time.Hour, Retention: 14 * 24 * time.Hour})
}

func setupPartitions(t testing.TB, change func(*table.Config), kept partition.Config) *bundle {
	t.Helper()
	return setupOn(t, pgtest.New(t), change, kept)
}

func setupOn(t testing.TB, d *pgtest.Database, change func(*table.Config), kept partition.Config) *bundle {
	t.Helper()
	core, logs := observer.New(zapcore.InfoLevel)
	logger := zap.New(zapcore.NewTee(core, zaptest.NewLogger(t).Core()))
	cfg := table.Config{Name: table.Name{Name: "canonical_api_line"}, Columns: line.Columns(), CreateSchema: true, Distribute: d.Cluster != nil}
	if change != nil {
		change(&cfg)
	}
	poolConfig, err := database.ParsePoolConfig(d.URL, 4)
	require.NoError(t, err)
	pool, err := pgxpool.NewWithConfig(t.Context(), poolConfig)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	partitions := partition.New(kept, pool, logger)
	store := New(pool, table.NewMaintainer(cfg, pool, logger), partitions, logger)
	// It logs what it dropped after a while, and the test's log ends with the test.
	t.Cleanup(store.Close)
	return &bundle{Database: d, store: store, logs: logs}
}

// span describes the SERVER span of one line.
type span struct {
	id   uint64
	ago  time.Duration
	with map[string]any
	// descendants is the number of descendants that the line counts.
	descendants int
	// records is the number of log records that do.
	records int
	// incomplete says that some are missing.
	incomplete bool
}

// epoch is the time that spans are relative to, so that the same span has the same times.
var epoch = time.Now().Truncate(time.Second)

func batchOf(t testing.TB, spans ...span) copyrow.Batch {
	t.Helper()
	encoder := line.NewMapper(line.Config{AttributePrefix: "canonical", Horizon: 72 * time.Hour}).Encoder()
	for _, s := range spans {
		otlp := ptrace.NewSpan()
		id := binary.BigEndian.AppendUint64(nil, s.id)
		otlp.SetSpanID(pcommon.SpanID(id))
		otlp.SetTraceID(pcommon.TraceID(append(id, id...)))
		otlp.SetName("GET /")
		otlp.SetStartTimestamp(pcommon.NewTimestampFromTime(epoch.Add(-s.ago - time.Second)))
		otlp.SetEndTimestamp(pcommon.NewTimestampFromTime(epoch.Add(-s.ago)))
		require.NoError(t, otlp.Attributes().FromRaw(s.with))
		require.Equal(t, line.Stored, encoder.Append(request.Request{
			Resource: pcommon.NewResource(), Span: otlp, Arrival: epoch,
			Descendants: request.Descendants{Cost: request.Cost{Spans: s.descendants, LogRecords: s.records, Incomplete: s.incomplete}},
		}))
	}
	batch := encoder.Batch()
	require.NoError(t, batch.Validate())
	return batch
}

func (b *bundle) write(t testing.TB, batch copyrow.Batch) Outcomes {
	t.Helper()
	outcomes, err := b.store.Write(t.Context(), batch)
	require.NoError(t, err)
	return outcomes
}

func (b *bundle) count(t *testing.T) int64 {
	t.Helper()
	return pgtest.One[int64](t, b.Database, "SELECT count(*) FROM canonical_api_line")
}
