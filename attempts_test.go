package canonicallineexporter

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/extension/xextension/storage"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/pgtest"
)

// unreachable is a database that refuses connections at once.
const unreachable = "postgres://127.0.0.1:1/none"

var storageID = component.MustNewID("memory")

// memoryStorage is a storage extension that lasts as long as the test.
type memoryStorage struct {
	component.StartFunc
	component.ShutdownFunc
	entries sync.Map
	// fails, if set, decides about reading and writing a key.
	fails atomic.Pointer[func(key string) error]
}

func (s *memoryStorage) GetClient(context.Context, component.Kind, component.ID, string) (storage.Client, error) {
	return s, nil
}

func (s *memoryStorage) Get(_ context.Context, key string) ([]byte, error) {
	if err := s.failure(key); err != nil {
		return nil, err
	}
	value, _ := s.entries.Load(key)
	entry, _ := value.([]byte)
	return entry, nil
}

func (s *memoryStorage) Set(_ context.Context, key string, value []byte) error {
	if err := s.failure(key); err != nil {
		return err
	}
	s.entries.Store(key, value)
	return nil
}

func (s *memoryStorage) Delete(_ context.Context, key string) error {
	s.entries.Delete(key)
	return nil
}

func (s *memoryStorage) Batch(ctx context.Context, operations ...*storage.Operation) (err error) {
	for _, operation := range operations {
		switch operation.Type {
		case storage.Get:
			operation.Value, err = s.Get(ctx, operation.Key)
		case storage.Set:
			err = errors.Join(err, s.Set(ctx, operation.Key, operation.Value))
		case storage.Delete:
			err = errors.Join(err, s.Delete(ctx, operation.Key))
		}
	}
	return err
}

func (s *memoryStorage) failure(key string) error {
	if fails := s.fails.Load(); fails != nil {
		return (*fails)(key)
	}
	return nil
}

func (s *memoryStorage) Close(context.Context) error { return nil }

// failingFast has every line written at once and tried again at short intervals.
func failingFast(cfg *Config) {
	cfg.QueueConfig.Get().Batch.Get().FlushTimeout = time.Millisecond
	cfg.BackOffConfig.InitialInterval, cfg.BackOffConfig.MaxInterval = time.Millisecond, time.Millisecond
}

func TestExporter_GaveUp_IsCountedByLines(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Config){
		"without retries":             func(cfg *Config) { cfg.BackOffConfig.Enabled = false },
		"after max_elapsed_time":      func(cfg *Config) { cfg.BackOffConfig.MaxElapsedTime = 20 * time.Millisecond },
		"without retries and on disk": func(cfg *Config) { cfg.BackOffConfig.Enabled, cfg.QueueConfig.Get().StorageID = false, &storageID },
		"after max_elapsed_time and on disk": func(cfg *Config) {
			cfg.BackOffConfig.MaxElapsedTime, cfg.QueueConfig.Get().StorageID = time.Millisecond, &storageID
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, unreachable, func(cfg *Config) {
				failingFast(cfg)
				change(cfg)
			})
			require.NoError(t, b.ConsumeTraces(t.Context(), requests(0, 7)))
			require.NoError(t, b.ConsumeTraces(t.Context(), requests(7, 3)))
			require.Eventually(t, func() bool {
				return b.sum(t, "otelcol_canonical_line_dropped") == 10
			}, time.Minute, time.Millisecond)
			b.flush(t)
			require.EqualValues(t, 10, b.counter(t, "otelcol_canonical_line_dropped", "reason", "gave_up"))
			require.EqualValues(t, 10, b.sum(t, "otelcol_canonical_line_dropped"))
		})
	}
}

func TestExporter_GaveUp_LeavesOutLinesThatTheClientStillHas(t *testing.T) {
	t.Parallel()
	b := setup(t, unreachable, func(cfg *Config) {
		failingFast(cfg)
		cfg.QueueConfig = configoptional.None[exporterhelper.QueueBatchConfig]()
		cfg.BackOffConfig.MaxElapsedTime = time.Millisecond
	})
	require.ErrorContains(t, b.ConsumeTraces(t.Context(), requests(0, 7)), "no more retries left")
	b.flush(t)
	require.Zero(t, b.sum(t, "otelcol_canonical_line_dropped"))
}

func TestExporter_Shutdown_LosesNoLineThatWasWrittenLate(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	d.Drop(t)
	b := setup(t, d.URL, failingFast)
	require.NoError(t, b.ConsumeTraces(t.Context(), requests(0, 7)))
	b.host.await(t, componentstatus.StatusRecoverableError)
	d.Create(t)
	b.host.await(t, componentstatus.StatusOK)
	b.flush(t)
	require.Zero(t, b.sum(t, "otelcol_canonical_line_dropped"))
	require.EqualValues(t, 7, b.counter(t, "otelcol_canonical_line_written", "outcome", "inserted"))
}

func TestExporter_Shutdown_LosesNoLineOnDisk(t *testing.T) {
	t.Parallel()
	b := setup(t, unreachable, func(cfg *Config) {
		failingFast(cfg)
		cfg.QueueConfig.Get().StorageID = &storageID
	})
	require.NoError(t, b.ConsumeTraces(t.Context(), requests(0, 42)))
	b.host.await(t, componentstatus.StatusRecoverableError)
	b.flush(t)
	require.Zero(t, b.sum(t, "otelcol_canonical_line_dropped"))
	require.Empty(t, b.logs.FilterMessageSnippet("lost lines").All())
}

func TestQueued_Lines_LeavesOutMarks(t *testing.T) {
	t.Parallel()
	r := queuedOf(t, requests(0, 3))
	require.Equal(t, 3, r.lines())
	r.Versions = []uint32{0, copyrow.Mark, 2}
	require.Equal(t, 2, r.lines())
}
