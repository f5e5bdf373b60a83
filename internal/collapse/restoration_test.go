package collapse

import (
	"bytes"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"canonicallineexporter/internal/oteltest"
)

// saved returns what a collapser writes at a time.
func saved(t testing.TB, c *Collapser, at time.Time) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, c.Save(&b, at))
	return b.Bytes()
}

// loaded returns a collapser that goes on with what another one wrote.
func loaded(t *testing.T, cfg Config, state []byte, at time.Time) *Collapser {
	t.Helper()
	c := New(cfg)
	require.NoError(t, c.Load(bytes.NewReader(state), at))
	return c
}

// Exports of real services come before and after restarts.
func TestCollapser_Save_RealTraces_CostWhatThePlainModelSays(t *testing.T) {
	t.Parallel()
	for _, file := range oteltest.Captures(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			c := New(config())
			m := &model{reader: c.reader}
			var ledger ledger
			lines := newest{}
			for _, td := range oteltest.ReadExports(t, file) {
				m.add(td)
				lines.take(enterAcknowledged(c, &ledger, td, arrival))
				c = restart(t, c, &ledger, lines, arrival)
			}
			require.Equal(t, m.costs(), lines.costs())
		})
	}
}

func TestCollapser_Load_Gap_DecidesWhetherRunningRequestsAreWhole(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		gap        time.Duration
		incomplete bool
	}{
		"short":                  {9 * time.Second, false},
		"long":                   {11 * time.Second, true},
		"the clock was set back": {-time.Hour, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config()
			cfg.Began = arrival.Add(-time.Hour)
			c := New(cfg)
			var l ledger
			send(c, &l, arrival, newSpan(1, 2, 1, clientKind)).Release()
			state := saved(t, c, arrival)

			at := arrival.Add(tt.gap)
			cfg.Began = at
			c = loaded(t, cfg, state, at)
			server := newSpan(1, 1, 9, serverKind)
			server.SetStartTimestamp(pcommon.NewTimestampFromTime(arrival.Add(min(tt.gap, 0) - time.Second)))
			server.SetEndTimestamp(pcommon.NewTimestampFromTime(at.Add(time.Second)))
			x := send(c, &l, at, server)
			require.Equal(t, 1, x.Requests[0].Descendants.Cost.Spans)
			require.Equal(t, tt.incomplete, x.Requests[0].Descendants.Cost.Incomplete)
			x.Release()
			l.requireBalanced(t, c)
		})
	}
}

// What is over by the time of the start is over then, and remembered.
func TestCollapser_Load_AfterTheWindow_MarksWhatComesLate(t *testing.T) {
	t.Parallel()
	c := New(config())
	var l ledger
	send(c, &l, arrival, newSpan(1, 1, 9, serverKind), newSpan(1, 2, 1, clientKind)).Release()
	send(c, &l, arrival, newSpan(2, 7, 8, clientKind)).Release()
	at := arrival.Add(2 * time.Minute)
	c = loaded(t, config(), saved(t, c, arrival), at)
	d := c.Sweep(at)
	l.add(d.Acknowledge())
	d.Release()
	require.Zero(t, c.held.Load())
	require.Equal(t, 1, l.Expired)

	// It is remembered over the next start, too.
	c = loaded(t, config(), saved(t, c, at), at)
	x := send(c, &l, at, newSpan(1, 2, 1, clientKind), newSpan(1, 3, 2, clientKind), newSpan(1, 1, 9, serverKind))
	require.Empty(t, x.Requests, "it has its line")
	require.Len(t, x.Marks, 1)
	require.Equal(t, 1, l.Duplicates)
	require.Equal(t, 1, l.Late)
	require.Equal(t, 1, l.Repeated)
	x.Release()
	// The parent of the one that expired was bereft of it.
	x = send(c, &l, at, newSpan(2, 8, 9, serverKind))
	require.True(t, x.Requests[0].Descendants.Cost.Incomplete)
	x.Release()
	l.requireBalanced(t, c)
}

func TestCollapser_Save_ForgetsRequestsOfLongAgo(t *testing.T) {
	t.Parallel()
	c := New(config())
	var l ledger
	for n := range byte(200) {
		send(c, &l, arrival, newSpan(n+1, 1, 9, serverKind), newSpan(n+1, 2, 1, clientKind)).Release()
	}
	at := arrival.Add(time.Hour)
	d := c.Sweep(at)
	d.Acknowledge()
	d.Release()
	require.Less(t, len(saved(t, c, at)), 500)
}

func TestCollapser_Load_KeepsNoMoreThanItMay(t *testing.T) {
	t.Parallel()
	c := New(config())
	var l ledger
	for n := range byte(200) {
		send(c, &l, arrival, newSpan(n+1, 1, 9, serverKind), newSpan(n+1, 2, 1, clientKind)).Release()
	}
	cfg := config()
	cfg.MaxPendingSpans = 100
	c = loaded(t, cfg, saved(t, c, arrival), arrival)
	require.LessOrEqual(t, c.held.Load(), int64(100))
}

// A clock that was set back must not keep windows open until it has caught up.
func TestCollapser_Load_ClockSetBack_WindowsEndInTime(t *testing.T) {
	t.Parallel()
	c := New(config())
	var l ledger
	send(c, &l, arrival, newSpan(1, 1, 9, serverKind)).Release()
	at := arrival.Add(-time.Hour)
	c = loaded(t, config(), saved(t, c, arrival), at)
	require.EqualValues(t, 1, c.Amendable())
	d := c.Sweep(at.Add(31 * time.Second))
	d.Acknowledge()
	d.Release()
	require.Zero(t, c.Amendable())
}

func TestCollapser_Load_OfAnotherVersion_IsRefused(t *testing.T) {
	t.Parallel()
	state := saved(t, New(config()), arrival)
	state[0]++
	require.ErrorIs(t, New(config()).Load(bytes.NewReader(state), arrival), errVersion)
}

// FuzzCollapser_Load reads what is damaged: it is refused, or something goes on.
func FuzzCollapser_Load(f *testing.F) {
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 3))
		c := New(config())
		for i, td := range forest(random) {
			if seed%2 == 0 {
				cutServers(td)
			}
			d := c.Enter(td, arrival.Add(time.Duration(i)*time.Minute))
			if random.IntN(4) > 0 {
				d.Acknowledge()
			}
			d.Release()
		}
		state := saved(f, c, arrival)
		f.Add(state)
		for range 5 {
			damaged := bytes.Clone(state)
			for range 1 + random.IntN(3) {
				damaged[random.IntN(len(damaged))] = byte(random.Uint32())
			}
			f.Add(damaged[:random.IntN(len(damaged)+1)])
			f.Add(damaged)
		}
	}
	f.Fuzz(func(t *testing.T, state []byte) {
		t.Parallel()
		c := New(config())
		if err := c.Load(bytes.NewReader(state), arrival); err != nil {
			return
		}
		_ = saved(t, c, arrival)
		for _, td := range forest(rand.New(rand.NewPCG(1, 1))) {
			d := c.Enter(td, arrival)
			d.Acknowledge()
			d.Release()
		}
		for _, after := range []time.Duration{time.Second, time.Hour, 2 * time.Hour} {
			d := c.Sweep(arrival.Add(after))
			d.Acknowledge()
			d.Release()
		}
		d := c.Finish()
		d.Acknowledge()
		d.Release()
	})
}

// BenchmarkSave writes and reads a million spans of requests that can be amended.
func BenchmarkSave(b *testing.B) {
	cfg := config()
	cfg.MaxPendingSpans = 2_000_000
	c := New(cfg)
	const perTrace = 10
	for number := uint64(0); number < 1_000_000; number += 500 {
		td := queryExport(500)
		queries(td, number, 500, perTrace)
		spans := td.ResourceSpans().At(0).ScopeSpans().At(0).Spans()
		for i := 0; i < 500; i += perTrace {
			s := spans.At(i)
			s.SetSpanID(s.ParentSpanID())
			s.SetKind(ptrace.SpanKindServer)
		}
		d := c.Enter(td, arrival)
		d.Acknowledge()
		d.Release()
	}
	b.ReportAllocs()
	for b.Loop() {
		state := saved(b, c, arrival)
		b.SetBytes(int64(len(state)))
		require.NoError(b, New(cfg).Load(bytes.NewReader(state), arrival))
	}
}
