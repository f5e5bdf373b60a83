package canonicallineexporter

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exporterhelper/xexporterhelper"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/zap"

	"canonicallineexporter/internal/collapse"
	"canonicallineexporter/internal/line"
	"canonicallineexporter/internal/metadata"
	"canonicallineexporter/internal/partition"
	"canonicallineexporter/internal/spool"
	"canonicallineexporter/internal/store"
	"canonicallineexporter/schema"
)

// lineExporter turns spans into rows in front of exporterhelper's sending queue
// and writes what comes out of it.
type lineExporter struct {
	// Traces is exporterhelper's: queue, batch, retry, timeout.
	exporter.Traces

	cfg       *Config
	table     schema.Table
	collapser *collapse.Collapser
	mapper    *line.Mapper
	layout    []schema.Column
	logger    *zap.Logger
	telemetry *metadata.TelemetryBuilder
	spool     *spool.Spool
	now       func() time.Time

	// What start makes and shutdown ends.
	pool   *pgxpool.Pool
	store  *store.Store
	health *health
	stop   context.CancelFunc
	done   sync.WaitGroup
	ended  sync.Once
	endErr error
}

// sourcesOf is the user's columns as the mapper takes them.
func sourcesOf(columns map[string]ColumnConfig) (map[string]line.Source, error) {
	sources := map[string]line.Source{}
	for name, c := range columns {
		source := line.Source{From: c.From}
		if c.Type != "" {
			var err error
			if source.Type, err = schema.ParseType(c.Type); err != nil {
				return nil, fmt.Errorf("`columns::%s::type` %w", name, err)
			}
		}
		sources[name] = source
	}
	return sources, nil
}

func newLineExporter(cfg *Config, set exporter.Settings) (*lineExporter, error) {
	table, err := schema.ParseTable(cfg.Table)
	if err != nil {
		return nil, fmt.Errorf("`table` %w", err)
	}
	telemetry, err := metadata.NewTelemetryBuilder(set.TelemetrySettings)
	if err != nil {
		return nil, fmt.Errorf("build telemetry: %w", err)
	}
	sources, err := sourcesOf(cfg.Columns)
	if err != nil {
		return nil, err
	}
	mapper := line.NewMapper(line.Config{
		AttributePrefix:  cfg.AttributePrefix,
		Columns:          sources,
		HeaderPrefixes:   cfg.Headers.Prefixes,
		RedactParameters: cfg.Redact.QueryParameters,
		CapturePayload:   cfg.RequestPayload.Capture,
		MaxPayload:       cfg.RequestPayload.MaxBytes,
		Horizon:          cfg.Partitions.CreateAhead,
		Retention:        cfg.Partitions.Retention,
	})
	collapser := collapse.New(collapse.Config{
		MaxPendingSpans: cfg.Collapse.MaxPendingSpans,
		PendingTTL:      cfg.Collapse.PendingTTL,
		AttributePrefix: cfg.AttributePrefix,
		InternalKeys:    mapper.DescendantKeys(),
	})
	return &lineExporter{
		cfg: cfg, table: table, collapser: collapser, mapper: mapper, layout: mapper.Layout(),
		logger: set.Logger, telemetry: telemetry, spool: newSpool(cfg, set.Logger), now: time.Now,
	}, nil
}

// start dials nothing: a database that is away is no reason not to start. Where it
// fails, shutdown ends what it made: the collector calls that then too.
func (e *lineExporter) start(_ context.Context, host component.Host) error {
	poolConfig, err := store.ParsePoolConfig(string(e.cfg.Database.URL), e.cfg.Database.MaxConnections)
	if err != nil {
		return fmt.Errorf("`database::url` %w", err)
	}
	// The context only bounds the first connections, which are made in the
	// background; the pool lives until shutdown.
	pool, err := pgxpool.NewWithConfig(context.Background(), poolConfig)
	if err != nil {
		return fmt.Errorf("open connection pool: %w", store.Redact(err))
	}
	partitions := partition.New(e.cfg.Partitions.maintained(), pool, e.logger)
	e.pool = pool
	e.store = store.New(store.Config{
		Table: e.table, Columns: e.mapper.Columns(),
		CreateSchema: e.cfg.Database.CreateSchema,
	}, pool, partitions, e.logger)
	e.health = newHealth(host, e.logger)
	ctx, stop := context.WithCancel(context.Background())
	e.stop = stop

	if err := errors.Join(
		e.telemetry.RegisterCanonicalLineSpansPendingCallback(e.observePending), e.observePartitions(partitions),
	); err != nil {
		return fmt.Errorf("register metrics: %w", err)
	}

	e.done.Go(func() { e.maintain(ctx) })
	e.done.Go(func() { e.sweep(ctx) })
	return nil
}

// Shutdown writes what waits in memory and ends. It is safe before Start and to
// call again, which exporterhelper's own is not.
func (e *lineExporter) Shutdown(ctx context.Context) error {
	e.ended.Do(func() { e.endErr = e.Traces.Shutdown(ctx) })
	return e.endErr
}

// shutdown runs after exporterhelper has flushed its queue, and also where start
// failed or never ran.
func (e *lineExporter) shutdown(context.Context) error {
	if e.stop == nil {
		return nil
	}
	e.stop()
	e.done.Wait()
	e.pool.Close()
	e.telemetry.Shutdown()
	return nil
}

// Capabilities says that spans are only read, whatever exporterhelper assumes of
// an exporter that batches.
func (e *lineExporter) Capabilities() consumer.Capabilities {
	return consumer.Capabilities{MutatesData: false}
}

// ConsumeTraces makes rows of the requests in td and returns once they are in
// the queue. An export without a request leaves nothing to queue.
func (e *lineExporter) ConsumeTraces(ctx context.Context, td ptrace.Traces) error {
	export := e.collapser.Resolve(td, e.now())
	defer export.Release()
	encoder := e.mapper.Encoder()
	defer encoder.Release()
	req, fates := e.encode(encoder, export.Requests)
	if req != nil {
		if err := e.enqueue(ctx, req, td); err != nil {
			return err
		}
	}
	// Only what is acknowledged is remembered and counted: what is refused comes
	// again.
	e.countReceived(ctx, export.Commit(), fates)
	e.countRepairs(ctx, encoder)
	return nil
}

// fates counts requests by their fate.
type fates [line.Fates]int

// encode makes rows of requests, nil if none becomes a line. They are as large as
// they have to be, for they may wait long.
func (e *lineExporter) encode(encoder *line.Encoder, requests []line.Request) (*request, fates) {
	var fates fates
	if len(requests) == 0 {
		return nil, fates
	}
	ends := make([]int, 0, len(requests))
	for _, r := range requests {
		fate := encoder.Append(r)
		fates[fate]++
		if fate != line.Expired {
			ends = append(ends, len(encoder.Rows()))
		}
	}
	if len(ends) == 0 {
		return nil, fates
	}
	return &request{store.Batch{Layout: e.layout, Rows: bytes.Clone(encoder.Rows()), Ends: ends}}, fates
}

// requestKey carries the request from ConsumeTraces to exporterhelper's
// converter: whether the queue takes it has to be known where spans are
// collapsed, and exporterhelper's interface between the two is pdata.
type requestKey struct{}

func requestFromContext(ctx context.Context, _ ptrace.Traces) (xexporterhelper.Request, error) {
	req, ok := ctx.Value(requestKey{}).(*request)
	if !ok {
		return nil, errors.New("convert traces: no request in the context")
	}
	return req, nil
}

// write stores one batch. Every error is retried: what Postgres refuses for its
// own sake is dropped inside, and nothing else is the lines' fault.
func (e *lineExporter) write(ctx context.Context, r xexporterhelper.Request) error {
	req, err := e.linesOf(ctx, r)
	if err != nil {
		e.health.report(writing, err)
		return err
	}
	if req.Len() == 0 {
		return nil
	}
	began := time.Now()
	result, err := e.store.Write(ctx, req.Batch)
	e.observeWrite(ctx, req.Len(), time.Since(began), err)
	e.health.report(writing, err)
	if err != nil {
		return fmt.Errorf("write lines: %w", err)
	}
	e.countWritten(ctx, result)
	return nil
}

// firstRetry is how soon maintenance is tried again after it failed, or its
// interval, if that is shorter.
const firstRetry = 5 * time.Second

// maintain keeps the table in shape until ctx ends.
func (e *lineExporter) maintain(ctx context.Context) {
	interval := e.cfg.Partitions.CheckInterval
	for {
		err := e.maintainOnce(ctx)
		if ctx.Err() != nil {
			return
		}
		e.health.report(maintenance, err)
		wait := interval
		if err != nil {
			wait = min(interval, firstRetry)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

func (e *lineExporter) maintainOnce(ctx context.Context) error {
	if timeout := e.cfg.TimeoutConfig.Timeout; timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	return e.store.Maintain(ctx)
}

// sweep evicts spans that have waited too long, at least ten times in the time
// that they may wait, until ctx ends.
func (e *lineExporter) sweep(ctx context.Context) {
	ticker := time.NewTicker(max(e.cfg.Collapse.PendingTTL/10, time.Millisecond))
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			add(ctx, e.telemetry.CanonicalLineSpansEvicted, e.collapser.Sweep(e.now()), "reason", "pending_ttl")
		}
	}
}
