package spool

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/config/configretry"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/exporter/exporterhelper/xexporterhelper"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.uber.org/goleak"
	"go.uber.org/zap"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	queueID   = component.MustNewID("canonical_line")
	storageID = component.MustNewID("disk")
)

var (
	errNoSpace = errors.New("write disk: no space left on device")
	errKilled  = errors.New("the process is gone")
)

// disk is a storage extension and its client. It fails as it is told.
type disk struct {
	component.StartFunc
	component.ShutdownFunc

	mu     sync.Mutex
	stored map[string][]byte
	// fails decides about each transaction before it happens.
	fails        func(operations []*storage.Operation) error
	transactions int
}

func newDisk() *disk { return &disk{stored: map[string][]byte{}} }

func (d *disk) GetClient(context.Context, component.Kind, component.ID, string) (storage.Client, error) {
	return d, nil
}

func (d *disk) Get(ctx context.Context, key string) ([]byte, error) {
	operation := storage.GetOperation(key)
	err := d.Batch(ctx, operation)
	return operation.Value, err
}

func (d *disk) Set(ctx context.Context, key string, value []byte) error {
	return d.Batch(ctx, storage.SetOperation(key, value))
}

func (d *disk) Delete(ctx context.Context, key string) error {
	return d.Batch(ctx, storage.DeleteOperation(key))
}

func (d *disk) Batch(_ context.Context, operations ...*storage.Operation) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fails != nil {
		if err := d.fails(operations); err != nil {
			return err
		}
	}
	d.transactions++
	for _, operation := range operations {
		switch operation.Type {
		case storage.Get:
			operation.Value = bytes.Clone(d.stored[operation.Key])
		case storage.Set:
			d.stored[operation.Key] = bytes.Clone(operation.Value)
		case storage.Delete:
			delete(d.stored, operation.Key)
		}
	}
	return nil
}

func (*disk) Close(context.Context) error { return nil }

// fail has transactions fail from now on as fails says; nil: none.
func (d *disk) fail(fails func([]*storage.Operation) error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fails = fails
}

// full refuses what writes.
func full(operations []*storage.Operation) error {
	for _, operation := range operations {
		if operation.Type != storage.Get {
			return errNoSpace
		}
	}
	return nil
}

// after is a copy of the disk as a process that starts after a kill finds it. The
// disk itself does nothing more.
func (d *disk) after() *disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fails = func([]*storage.Operation) error { return errKilled }
	return &disk{stored: maps.Clone(d.stored)}
}

// entries is how many entries are stored.
func (d *disk) entries() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := len(d.stored)
	if _, ok := d.stored[metadataKey]; ok {
		n--
	}
	return n
}

// numbers is a request of numbers, of eight bytes each.
type numbers []uint64

func (n numbers) ItemsCount() int { return len(n) }
func (n numbers) BytesSize() int  { return 8 * len(n) }

func (n numbers) MergeSplit(
	_ context.Context, maxSize int, _ exporterhelper.RequestSizerType, other xexporterhelper.Request,
) (requests []xexporterhelper.Request, err error) {
	all := n
	if other != nil {
		all = append(all[:len(all):len(all)], other.(numbers)...)
	}
	for maxSize > 0 && len(all) > maxSize {
		requests, all = append(requests, all[:maxSize]), all[maxSize:]
	}
	if len(all) > 0 {
		requests = append(requests, all)
	}
	return requests, nil
}

func (n numbers) encode() (buf []byte) {
	for _, number := range n {
		buf = binary.BigEndian.AppendUint64(buf, number)
	}
	return buf
}

// retried is a bundle that could not be read.
type retried struct {
	numbers
	ticket uint64
}

func (r retried) MergeSplit(
	ctx context.Context, maxSize int, sizer exporterhelper.RequestSizerType, other xexporterhelper.Request,
) ([]xexporterhelper.Request, error) {
	if other == nil {
		return []xexporterhelper.Request{r}, nil
	}
	others, err := other.MergeSplit(ctx, maxSize, sizer, nil)
	return append([]xexporterhelper.Request{r}, others...), err
}

type encoding struct{}

func (encoding) Marshal(ctx context.Context, r xexporterhelper.Request) ([]byte, error) {
	if Stored(ctx) {
		return nil, nil
	}
	return r.(numbers).encode(), nil
}

func (encoding) Unmarshal(bundle []byte) (context.Context, xexporterhelper.Request, error) {
	if ticket, ok := Unread(bundle); ok {
		return context.Background(), retried{ticket: ticket}, nil
	}
	return context.Background(), decode(bundle), nil
}

func decode(bundle []byte) (n numbers) {
	for entry := range Entries(bundle) {
		for ; len(entry) > 0; entry = entry[8:] {
			n = append(n, binary.BigEndian.Uint64(entry))
		}
	}
	return n
}

type requestKey struct{}

// queue is exporterhelper's own queue over a spool.
type queue struct {
	exporter.Traces
	t         *testing.T
	disk      *disk
	spool     *Spool
	telemetry *componenttest.Telemetry
}

type host struct {
	component.Host
	extensions map[component.ID]component.Component
}

func (h host) GetExtensions() map[component.ID]component.Component { return h.extensions }

// startQueue starts a queue that hands what comes out of it to write.
func startQueue(t *testing.T, d *disk, capacity int64, write func(numbers) error) *queue {
	t.Helper()
	telemetry := componenttest.NewTelemetry()
	q := &queue{t: t, disk: d, telemetry: telemetry}
	q.spool = New(Config{
		Measure:  func(entry []byte) (items, size int64) { return int64(len(entry) / 8), int64(len(entry)) },
		Alike:    func([]byte, []byte) bool { return true },
		Capacity: capacity, Sizer: exporterhelper.RequestSizerTypeItems, Logger: zap.NewNop(),
	})
	set := exportertest.NewNopSettings(queueID.Type())
	set.ID = queueID
	set.TelemetrySettings = telemetry.NewTelemetrySettings()
	set.Logger = zap.NewNop()
	cfg := exporterhelper.NewDefaultQueueConfig()
	cfg.StorageID, cfg.QueueSize, cfg.Sizer, cfg.NumConsumers = &storageID, capacity, exporterhelper.RequestSizerTypeItems, 2
	cfg.Batch = configoptional.Some(exporterhelper.BatchConfig{
		Sizer: exporterhelper.RequestSizerTypeItems, MinSize: 5, MaxSize: 20, FlushTimeout: 5 * time.Millisecond,
	})
	retry := configretry.NewDefaultBackOffConfig()
	retry.InitialInterval, retry.MaxInterval, retry.MaxElapsedTime = time.Millisecond, time.Millisecond, 0
	var err error
	q.Traces, err = xexporterhelper.NewTracesRequest(t.Context(), set,
		func(ctx context.Context, _ ptrace.Traces) (xexporterhelper.Request, error) {
			return ctx.Value(requestKey{}).(numbers), nil
		},
		func(ctx context.Context, r xexporterhelper.Request) error {
			if failed, ok := r.(retried); ok {
				bundle, err := q.spool.Read(ctx, failed.ticket)
				if err != nil {
					return err
				}
				r = decode(bundle)
				for write(r.(numbers)) != nil {
					<-time.After(time.Millisecond)
				}
				return nil
			}
			return write(r.(numbers))
		},
		exporterhelper.WithRetry(retry),
		xexporterhelper.WithQueueBatch(configoptional.Some(cfg), xexporterhelper.QueueBatchSettings{Encoding: encoding{}}),
	)
	require.NoError(t, err)
	h := q.spool.Host(host{componenttest.NewNopHost(), map[component.ID]component.Component{storageID: d}}, storageID)
	require.NoError(t, q.Start(t.Context(), h))
	return q
}

func (q *queue) offer(n numbers) error {
	return q.spool.Offer(context.Background(), n.encode(), func(ctx context.Context) error {
		return q.ConsumeTraces(context.WithValue(ctx, requestKey{}, n), ptrace.NewTraces())
	})
}

// size is what the metric of the queue's size says.
func (q *queue) size() int64 {
	m, err := q.telemetry.GetMetric("otelcol_exporter_queue_size")
	require.NoError(q.t, err)
	return m.Data.(metricdata.Gauge[int64]).DataPoints[0].Value
}

// kill ends the queue as if its process were killed, and returns what is on disk.
func (q *queue) kill() *disk {
	left := q.disk.after()
	q.stop()
	return left
}

func (q *queue) stop() {
	_ = q.Shutdown(context.Background())
	require.NoError(q.t, q.telemetry.Shutdown(context.Background()))
}
