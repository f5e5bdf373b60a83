package canonicallineexporter

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"canonicallineexporter/internal/metadatatest"
	"canonicallineexporter/internal/pgtest"
)

// processes run one after the other, with the same storage and the same id.
type processes struct {
	t    *testing.T
	host *statusHost
	id   component.ID
	d    *pgtest.Database
}

func newProcesses(t *testing.T) *processes {
	t.Helper()
	return &processes{t, newStatusHost(), newID(), pgtest.New(t)}
}

// start starts an exporter with its queue on disk, to which no other has handed anything over
// in memory.
func (p *processes) start(change func(*Config)) *bundle {
	p.t.Helper()
	handovers.take(p.id)
	return p.reload(change)
}

// reload starts one in the process of the last.
func (p *processes) reload(change func(*Config)) *bundle {
	p.t.Helper()
	telemetry := componenttest.NewTelemetry()
	p.t.Cleanup(func() { require.NoError(p.t, telemetry.Shutdown(context.WithoutCancel(p.t.Context()))) })
	return setupOn(p.t, p.host, telemetry, p.id, p.d.URL, func(cfg *Config) {
		cfg.QueueConfig.Get().StorageID = &storageID
		cfg.QueueConfig.Get().Batch.Get().FlushTimeout = 10 * time.Millisecond
		if change != nil {
			change(cfg)
		}
	})
}

// stored returns the keys of what is stored of spans.
func (p *processes) stored() (keys []string) {
	p.host.storage.entries.Range(func(key, _ any) bool {
		if name := key.(string); strings.HasPrefix(name, headerKey) {
			keys = append(keys, name)
		}
		return true
	})
	return keys
}

// ranAt returns an export of spans that ran at a time.
func ranAt(at time.Time, td ptrace.Traces) ptrace.Traces {
	for _, span := range td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().All() {
		span.SetStartTimestamp(pcommon.NewTimestampFromTime(at))
		span.SetEndTimestamp(pcommon.NewTimestampFromTime(at.Add(time.Millisecond)))
	}
	return td
}

// waitingRequest is a SERVER span that claims a parent in its process.
func waitingRequest(number int) ptrace.Traces {
	td := requests(number, 1)
	span := td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0)
	span.SetParentSpanID(pcommon.SpanID{0: 9})
	span.SetFlags(0x100)
	return td
}

const short = "SELECT COALESCE(statistics->>'db_num_queries', 'none') || COALESCE(statistics->>'incomplete', '') " +
	"FROM canonical_api_line ORDER BY span_id"

func TestExporter_Restart_SpansGoOn(t *testing.T) {
	t.Parallel()
	p := newProcesses(t)
	a := p.start(nil)
	now := time.Now()
	require.NoError(t, a.ConsumeTraces(t.Context(), ranAt(now, requests(1, 1))))
	require.NoError(t, a.ConsumeTraces(t.Context(), ranAt(now, queryBelow(2))))
	a.flush(t)
	require.Len(t, a.logs.FilterMessageSnippet("stored the spans").All(), 1)
	require.NotEmpty(t, p.stored())

	b := p.start(nil)
	require.Len(t, b.logs.FilterMessageSnippet("took over the spans").All(), 1)
	require.Empty(t, p.stored(), "a process that is killed must leave nothing that is old")
	require.NoError(t, b.ConsumeTraces(t.Context(), ranAt(now, queryBelow(1))))
	require.NoError(t, b.ConsumeTraces(t.Context(), ranAt(now, requests(2, 1))))
	p.d.Await(t, "SELECT count(*) = 2 FROM canonical_api_line WHERE statistics->>'db_num_queries' = '1'")
	require.Equal(t, []string{"1", "1"}, pgtest.All[string](t, p.d, short))
	b.flush(t)
}

// What was acknowledged and is no line yet becomes one, whatever the next configuration is.
func TestExporter_Restart_WaitingRequest_IsALine(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Config){
		"as before": func(cfg *Config) { cfg.Collapse.AmendWindow = time.Second },
		"with other columns": func(cfg *Config) {
			cfg.Columns = map[string]ColumnConfig{"tenant": {Type: "text", From: []string{"tenant"}}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProcesses(t)
			a := p.start(nil)
			now := time.Now()
			require.NoError(t, a.ConsumeTraces(t.Context(), ranAt(now, waitingRequest(1))))
			require.NoError(t, a.ConsumeTraces(t.Context(), ranAt(now, queryBelow(1))))
			a.flush(t)
			b := p.start(change)
			p.d.Await(t, "SELECT count(*) = 1 FROM canonical_api_line")
			require.Equal(t, []string{"1"}, pgtest.All[string](t, p.d, short))
			b.flush(t)
		})
	}
}

// After a reload what is in memory counts, and what is stored is deleted.
func TestExporter_Reload_WithStorage_TakesSpansOnce(t *testing.T) {
	t.Parallel()
	p := newProcesses(t)
	a := p.start(nil)
	now := time.Now()
	require.NoError(t, a.ConsumeTraces(t.Context(), ranAt(now, queryBelow(1))))
	require.NoError(t, a.ConsumeTraces(t.Context(), ranAt(now, waitingRequest(2))))
	a.flush(t)
	require.NotEmpty(t, p.stored())
	b := p.reload(nil)
	require.Empty(t, p.stored())
	require.Empty(t, b.logs.FilterMessageSnippet("took over the spans").All())
	require.NoError(t, b.ConsumeTraces(t.Context(), ranAt(now, requests(1, 1))))
	require.NoError(t, b.ConsumeTraces(t.Context(), ranAt(now, queryBelow(2))))
	p.d.Await(t, "SELECT count(*) = 2 FROM canonical_api_line")
	require.Equal(t, []string{"1", "1"}, pgtest.All[string](t, p.d, short))
	b.flush(t)
}

func TestExporter_Restart_UnreadableSpans_AreLostWithOneWord(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(t *testing.T, p *processes, cfg *Config){
		"damaged": func(t *testing.T, p *processes, _ *Config) {
			chunk, err := p.host.storage.Get(t.Context(), chunkKey(0))
			require.NoError(t, err)
			chunk[len(chunk)/2]++
		},
		"a chunk is missing": func(t *testing.T, p *processes, _ *Config) {
			require.NoError(t, p.host.storage.Delete(t.Context(), chunkKey(0)))
		},
		"no header": func(t *testing.T, p *processes, _ *Config) {
			require.NoError(t, p.host.storage.Set(t.Context(), headerKey, []byte("{")))
		},
		"another version": func(t *testing.T, p *processes, _ *Config) {
			encoded, err := json.Marshal(header{Version: sealVersion + 1})
			require.NoError(t, err)
			require.NoError(t, p.host.storage.Set(t.Context(), headerKey, encoded))
		},
		"another password": func(_ *testing.T, _ *processes, cfg *Config) { cfg.Database.Password = "another" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProcesses(t)
			a := p.start(nil)
			now := time.Now()
			require.NoError(t, a.ConsumeTraces(t.Context(), ranAt(now, queryBelow(1))))
			a.flush(t)
			b := p.start(func(cfg *Config) { spoil(t, p, cfg) })
			require.Len(t, b.logs.FilterMessageSnippet("the spans that the last process stored are lost").All(), 1)
			require.Empty(t, p.stored())
			require.NoError(t, b.ConsumeTraces(t.Context(), ranAt(now, requests(1, 1))))
			p.d.Await(t, "SELECT count(*) = 1 FROM canonical_api_line")
			require.Equal(t, []string{"nonetrue"}, pgtest.All[string](t, p.d, short))
			b.flush(t)
		})
	}
}

// A shutdown that runs out of time, or of room, gives up what waits, as without a storage.
func TestExporter_Shutdown_SpansThatCannotBeStored_AreGivenUp(t *testing.T) {
	t.Parallel()
	for name, shutdown := range map[string]func(*processes, *bundle){
		"no room": func(p *processes, b *bundle) {
			full := func(key string) error {
				if strings.HasPrefix(key, headerKey) {
					return errors.New("no space left on device")
				}
				return nil
			}
			p.host.storage.fails.Store(&full)
			require.NoError(p.t, b.Shutdown(p.t.Context()))
		},
		"no time": func(p *processes, b *bundle) {
			ctx, cancel := context.WithCancel(p.t.Context())
			cancel()
			_ = b.Shutdown(ctx)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProcesses(t)
			a := p.start(nil)
			now := time.Now()
			require.NoError(t, a.ConsumeTraces(t.Context(), ranAt(now, waitingRequest(1))))
			shutdown(p, a)
			p.host.storage.fails.Store(nil)
			require.Len(t, a.logs.FilterMessageSnippet("spans that wait are given up").All(), 1)
			require.Empty(t, p.stored())
			b := p.start(nil)
			p.d.Await(t, "SELECT count(*) = 1 FROM canonical_api_line")
			b.flush(t)
		})
	}
}

// A start that fails leaves what is stored to the next one.
func TestExporter_FailedStart_LeavesSpans(t *testing.T) {
	t.Parallel()
	p := newProcesses(t)
	a := p.start(nil)
	now := time.Now()
	require.NoError(t, a.ConsumeTraces(t.Context(), ranAt(now, queryBelow(1))))
	a.flush(t)
	before := p.stored()

	unreadable := func(key string) error {
		if strings.HasPrefix(key, headerKey) {
			return nil
		}
		return errors.New("the disk does not answer")
	}
	p.host.storage.fails.Store(&unreadable)
	cfg := createDefaultConfig().(*Config)
	cfg.Database.URL, cfg.QueueConfig.Get().StorageID = configopaque.String(p.d.URL), &storageID
	set := metadatatest.NewSettings(componenttest.NewTelemetry())
	set.ID = p.id
	failing, err := NewFactory().CreateTraces(t.Context(), set, cfg)
	require.NoError(t, err)
	require.Error(t, failing.Start(t.Context(), p.host))
	require.NoError(t, failing.Shutdown(t.Context()))
	require.ElementsMatch(t, before, p.stored())

	p.host.storage.fails.Store(nil)
	b := p.start(nil)
	require.NoError(t, b.ConsumeTraces(t.Context(), ranAt(now, requests(1, 1))))
	p.d.Await(t, "SELECT count(*) = 1 FROM canonical_api_line")
	require.Equal(t, []string{"1"}, pgtest.All[string](t, p.d, short))
	b.flush(t)
}

func TestExporter_Restart_ManySpans_AreStoredInChunks(t *testing.T) {
	t.Parallel()
	const waiting = 40_000
	p := newProcesses(t)
	a := p.start(nil)
	now := time.Now()
	for n := range waiting / 1000 {
		td := ptrace.NewTraces()
		spans := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
		for i := range 1000 {
			span := queryBelow(1).ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0)
			span.SetSpanID(pcommon.SpanID{0: 2, 5: byte(n), 6: byte(i >> 8), 7: byte(i)})
			span.MoveTo(spans.AppendEmpty())
		}
		require.NoError(t, a.ConsumeTraces(t.Context(), ranAt(now, td)))
	}
	a.flush(t)
	require.Greater(t, len(p.stored()), 2)
	for _, key := range p.stored() {
		chunk, err := p.host.storage.Get(t.Context(), key)
		require.NoError(t, err)
		require.LessOrEqual(t, len(chunk), chunkSize+28)
	}
	b := p.start(nil)
	require.Empty(t, p.stored())
	require.NoError(t, b.ConsumeTraces(t.Context(), ranAt(now, requests(1, 1))))
	p.d.Await(t, "SELECT count(*) = 1 FROM canonical_api_line")
	require.Equal(t, []string{strconv.Itoa(waiting)}, pgtest.All[string](t, p.d, short))
	b.flush(t)
}
