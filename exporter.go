package canonicallineexporter

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pipeline"
	"go.uber.org/zap"

	"canonicallineexporter/internal/collapse"
	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/database"
	"canonicallineexporter/internal/history"
	"canonicallineexporter/internal/index"
	"canonicallineexporter/internal/line"
	"canonicallineexporter/internal/maintenance"
	"canonicallineexporter/internal/metadata"
	"canonicallineexporter/internal/partition"
	"canonicallineexporter/internal/questions"
	"canonicallineexporter/internal/spool"
	"canonicallineexporter/internal/store"
	"canonicallineexporter/internal/table"
)

// lineExporter turns spans into rows in front of exporterhelper's sending queue
// and writes what comes out of it.
type lineExporter struct {
	// Traces is exporterhelper's part: queue, batch, retry, timeout.
	exporter.Traces

	id        component.ID
	cfg       *Config
	table     table.Name
	collapser *collapse.Collapser
	mapper    *line.Mapper
	skip      skipFunc
	logger    *zap.Logger
	telemetry *metadata.TelemetryBuilder
	spool     *spool.Spool
	now       func() time.Time
	unwritten *unwritten
	waiting   waiting
	// answered is 1 if the database answered when it was last asked, otherwise 0.
	answered atomic.Int64
	// unfit holds the columns whose type could not hold a value, once that is logged.
	unfit sync.Map

	// signals are those that share this exporter, left is how many of them have shut it down:
	// see sharing. unexplained counts failures in a row that have no exception.
	signals     map[pipeline.Signal]bool
	left        int
	unexplained atomic.Int64

	started  sync.Once
	startErr error
	// spans is where spans outlive the process, nil if they do not.
	spans *spool.Guard
	// inherited says that this exporter has taken over what one before it left.
	inherited bool
	// Start sets these, and Shutdown ends them first: what feeds the queue.
	stopFeeding context.CancelFunc
	feeding     sync.WaitGroup

	// start sets these and shutdown ends them.
	pool   *pgxpool.Pool
	store  *store.Store
	health *health
	stop   context.CancelFunc
	done   sync.WaitGroup
	ended  sync.Once
	endErr error
}

// sourcesOf returns the user's columns in the form the mapper takes.
func sourcesOf(columns map[string]ColumnConfig) (map[string]line.Source, error) {
	sources := map[string]line.Source{}
	for name, c := range columns {
		source := line.Source{From: c.From}
		if c.Type != "" {
			var err error
			if source.Type, err = copyrow.ParseType(c.Type); err != nil {
				return nil, fmt.Errorf("`columns::%s::type` %w", name, err)
			}
		}
		sources[name] = source
	}
	return sources, nil
}

func newLineExporter(cfg *Config, set exporter.Settings) (*lineExporter, error) {
	name, err := table.ParseName(cfg.Table)
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
		TrustedProxies:   cfg.Headers.TrustedProxies,
		RedactParameters: cfg.Redact.QueryParameters,
		CapturePayload:   cfg.RequestPayload.Capture,
		MaxPayload:       int(cfg.RequestPayload.MaxBytes),
		Horizon:          cfg.Partitions.CreateAhead,
		Retention:        cfg.Partitions.Retention,
	})
	skip, err := newSkip(cfg.Skip, set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	return &lineExporter{
		id: set.ID, cfg: cfg, table: name, collapser: collapse.New(collapseConfig(cfg, mapper, skip)), mapper: mapper, skip: skip,
		logger: set.Logger, telemetry: telemetry, spool: newSpool(cfg, set.Logger), now: time.Now,
		signals:   map[pipeline.Signal]bool{},
		waiting:   waiting{oldest: map[*queued]time.Time{}},
		unwritten: &unwritten{retry: cfg.BackOffConfig, timeout: cfg.TimeoutConfig.Timeout, retrying: map[*queued]time.Time{}},
	}, nil
}

// collapseConfig says what is kept of spans for the lines that mapper makes.
func collapseConfig(cfg *Config, mapper *line.Mapper, skip skipFunc) collapse.Config {
	return collapse.Config{
		MaxPendingSpans:  cfg.Collapse.MaxPendingSpans,
		PendingTTL:       cfg.Collapse.PendingTTL,
		AmendWindow:      cfg.Collapse.AmendWindow,
		DescendantPrefix: mapper.DescendantPrefix(),
		InternalKeys:     mapper.DescendantKeys(),
		ServerKeys:       mapper.InnerServerKeys(),
		Reads:            mapper.Reads,
		Skip:             skip,
		Began:            time.Now(),
	}
}

// Start starts the exporter, with the spool between exporterhelper and the storage. It takes
// over what an exporter of the same id left. Only the first call does.
func (e *lineExporter) Start(ctx context.Context, host component.Host) error {
	e.started.Do(func() { e.startErr = e.begin(ctx, host) })
	return e.startErr
}

func (e *lineExporter) begin(ctx context.Context, host component.Host) error {
	inherited := e.inherit()
	e.openSpans(ctx, host)
	if !inherited {
		e.takeOverSpans(ctx)
	}
	real := host
	if e.spool != nil {
		host = e.spool.Host(host, *e.cfg.QueueConfig.Get().StorageID)
	}
	if err := e.Traces.Start(ctx, host); err != nil {
		return err
	}
	e.forgetSpans(ctx)
	feeding, stop := context.WithCancel(context.Background())
	e.stopFeeding = stop
	e.feeding.Go(func() { e.requeue(feeding) })
	e.feeding.Go(func() { e.sweep(feeding) })
	e.feeding.Go(func() { e.watchQueues(feeding, real) })
	return nil
}

// start waits for no connection: it succeeds while the database is away. If it fails,
// it leaves cleaning up to shutdown, which the collector calls then too.
func (e *lineExporter) start(_ context.Context, host component.Host) error {
	poolConfig, err := e.cfg.Database.connection().PoolConfig(e.cfg.Database.MaxConnections)
	if err != nil {
		return err
	}
	if database.Asynchronous(poolConfig) {
		e.logger.Warn("`database::url` turns synchronous_commit off: a crash of Postgres can lose lines that are counted as written")
	}
	// The context bounds only the first connections, which are made in the
	// background; the pool lives until shutdown.
	pool, err := pgxpool.NewWithConfig(context.Background(), poolConfig)
	if err != nil {
		return fmt.Errorf("open connection pool: %w", database.Redact(err))
	}
	tables := table.NewMaintainer(table.Config{
		Name: e.table, Columns: e.mapper.Columns(), CreateSchema: e.cfg.Database.CreateSchema,
		Distribute: e.cfg.Database.Distribute,
	}, pool, e.logger)
	kept := e.cfg.Partitions.maintained()
	var past *history.Maintainer
	if e.cfg.History.Enabled {
		kept.Permit = history.Release
		past = history.New(e.cfg.History.maintained(kept, e.cfg.Database.CreateSchema), pool, e.logger)
	}
	indexes := index.New(e.cfg.indexed(), pool, e.logger)
	kept.Equip = indexes.Equip
	partitions := partition.New(kept, pool, e.logger)
	e.pool = pool
	e.store = store.New(pool, tables, partitions, e.logger)
	e.health = newHealth(host, e.logger)
	ctx, stop := context.WithCancel(context.Background())
	e.stop = stop

	if err := e.observeState(partitions, past, indexes); err != nil {
		return fmt.Errorf("register metrics: %w", err)
	}
	e.startCounters(ctx)

	loop := maintenance.Loop{
		Config: maintenance.Config{
			Interval: e.cfg.Partitions.CheckInterval, Timeout: e.cfg.TimeoutConfig.Timeout,
			Report: func(err error) { e.health.report(maintaining, err) },
		},
		Table: tables, Partitions: partitions, Questions: questions.NewMaintainer(pool, e.logger), History: past,
		Store: e.store, Logger: e.logger,
	}
	e.done.Go(func() { loop.Run(ctx) })
	if e.cfg.Database.CreateSchema {
		indexing := maintenance.Indexing{
			Pool: pool, Table: e.table, Partitions: partitions, Indexes: indexes,
			Interval: e.cfg.Partitions.CheckInterval, Logger: e.logger,
		}
		e.done.Go(func() { indexing.Run(ctx) })
	}
	probe := maintenance.Probe{Pool: pool, Table: e.table, CreateSchema: e.cfg.Database.CreateSchema, Report: e.probed}
	e.done.Go(func() { probe.Run(ctx) })
	return nil
}

// probed takes note of how the database answered.
func (e *lineExporter) probed(answered bool, err error) {
	up := int64(0)
	if answered {
		up = 1
	}
	e.answered.Store(up)
	e.health.report(connecting, err)
}

// Shutdown writes the lines queued in memory and ends. What it cannot write and what can be
// amended is left to the next exporter of the same id. Unlike exporterhelper's own, it may be
// called before Start and more than once. Of the signals that share it, the last one ends it.
func (e *lineExporter) Shutdown(ctx context.Context) error {
	if !shared.leave(e) {
		return nil
	}
	e.ended.Do(func() {
		e.finish(ctx)
		e.endErr = errors.Join(e.Traces.Shutdown(ctx), e.closeSpans(ctx))
		e.handOver()
	})
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
	e.store.Close()
	e.pool.Close()
	e.telemetry.Shutdown()
	return nil
}

// Capabilities says that the exporter only reads spans; exporterhelper assumes that an
// exporter that batches changes them.
func (e *lineExporter) Capabilities() consumer.Capabilities {
	return consumer.Capabilities{MutatesData: false}
}

// ConsumeTraces makes rows of the requests that td changes and returns once they are in
// the queue. An export that changes none leaves nothing to queue.
func (e *lineExporter) ConsumeTraces(ctx context.Context, td ptrace.Traces) error {
	delivery := e.collapser.Enter(td, e.now())
	defer delivery.Release()
	e.noteExplained(delivery)
	return e.offer(ctx, delivery)
}

// offer hands the lines of a delivery to the queue. Only what the queue has taken is noted
// and counted: what it refuses comes again.
func (e *lineExporter) offer(ctx context.Context, delivery *collapse.Delivery) error {
	return e.offerTo(ctx, delivery, e.enqueue)
}

func (e *lineExporter) offerTo(
	ctx context.Context, delivery *collapse.Delivery, enqueue func(context.Context, *queued) error,
) error {
	encoder := e.mapper.Encoder()
	defer encoder.Release()
	batch, outcomes := encode(encoder, delivery)
	if batch.Len() > 0 {
		if err := enqueue(ctx, &queued{Batch: batch}); err != nil {
			return err
		}
	}
	e.countReceived(ctx, delivery.Acknowledge(), outcomes)
	e.countRepairs(ctx, encoder)
	return nil
}

// outcomes counts requests by outcome.
type outcomes [line.NumOutcomes]int

// encode makes rows of what a delivery comes to.
func encode(encoder *line.Encoder, delivery *collapse.Delivery) (copyrow.Batch, outcomes) {
	var outcomes outcomes
	for _, r := range delivery.Requests {
		outcomes[encoder.Append(r)]++
	}
	for _, m := range delivery.Marks {
		encoder.AppendMark(m)
	}
	return encoder.Batch(), outcomes
}

// sweep has the collapser look after what is due, often enough for the shortest of its
// times, until ctx ends.
func (e *lineExporter) sweep(ctx context.Context) {
	shortest := min(e.cfg.Collapse.PendingTTL, max(e.cfg.Collapse.AmendWindow, time.Millisecond))
	ticker := time.NewTicker(min(max(shortest/10, time.Millisecond), time.Second))
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			// What the queue refuses is offered again in the next round.
			_ = e.sweepOnce(ctx)
		}
	}
}

func (e *lineExporter) sweepOnce(ctx context.Context) error {
	delivery := e.collapser.Sweep(e.now())
	defer delivery.Release()
	return e.offer(ctx, delivery)
}
