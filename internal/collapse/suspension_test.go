package collapse

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// suspend has a collapser go on after its lines went out.
func suspend(c *Collapser, l *ledger, lines newest, at time.Time) {
	d := c.Suspend(at)
	lines.take(d)
	l.add(d.Acknowledge())
	d.Release()
	c.Resume(config())
}

// Spans that come before and after a suspension add up as without it.
func TestCollapser_Suspend_RandomForests_CostWhatThePlainModelSays(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 1))
		c := New(config())
		m := &model{reader: c.reader}
		var ledger ledger
		lines := newest{}
		exports := forest(random)
		nested := seed%2 == 0
		for _, td := range exports {
			if !nested {
				cutServers(td)
			}
			m.add(td)
		}
		for i, td := range exports {
			at := arrival.Add(time.Duration(i) * time.Millisecond)
			lines.take(enterAcknowledged(c, &ledger, td, at))
			suspend(c, &ledger, lines, at)
			ledger.requireBalanced(t, c)
		}
		for _, after := range []time.Duration{2 * parentWait, time.Hour, 2 * time.Hour, 3 * time.Hour, 4 * time.Hour, 5 * time.Hour} {
			d := c.Sweep(arrival.Add(after))
			lines.take(d)
			ledger.add(d.Acknowledge())
			d.Release()
			ledger.requireBalanced(t, c)
			// A request inside another may have had its line before its parent came.
			if after == 2*parentWait && !nested {
				require.Equal(t, m.certain(m.costs()), m.certain(lines.costs()), "seed %d", seed)
			}
		}
		for key := range m.costs() {
			require.Contains(t, lines, key)
		}
		require.Zero(t, c.Pending())
		require.Zero(t, c.Amendable())
		require.Zero(t, c.held.Load())
		require.Zero(t, c.bytes.Load())
	}
}

func enterAcknowledged(c *Collapser, l *ledger, td ptrace.Traces, at time.Time) *Delivery {
	d := c.Enter(td, at)
	l.add(d.Acknowledge())
	return d
}

// cutServers makes every SERVER span the root of its trace.
func cutServers(td ptrace.Traces) {
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, s := range ss.Spans().All() {
				if s.Kind() == ptrace.SpanKindServer {
					s.SetParentSpanID(pcommon.SpanID{})
				}
			}
		}
	}
}

func TestCollapser_Suspend_Orphan_CountsForItsRequestUntilItsParentComes(t *testing.T) {
	t.Parallel()
	c := New(config())
	var ledger ledger
	lines := newest{}
	server := newSpan(1, 1, 0, serverKind)
	query := newSpan(1, 3, 2, clientKind)
	d := send(c, &ledger, arrival, server, query)
	require.Len(t, d.Requests, 1)
	require.Zero(t, d.Requests[0].Descendants.Cost.Spans)
	suspend(c, &ledger, lines, arrival)
	require.Len(t, lines, 1)
	for _, r := range lines {
		require.Equal(t, 1, r.Descendants.Cost.Spans)
		require.False(t, r.Descendants.Cost.Incomplete)
	}
	require.EqualValues(t, 1, c.Pending(), "the orphan still waits")

	d = send(c, &ledger, arrival, newSpan(1, 2, 1, innerKind))
	require.Equal(t, 2, d.Requests[0].Descendants.Cost.Spans)
	require.Zero(t, c.Pending())
	ledger.requireBalanced(t, c)
}
