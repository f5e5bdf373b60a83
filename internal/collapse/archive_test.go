package collapse

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// requestExport is an export of a request without descendants in trace n.
func requestExport(n uint64) ptrace.Traces {
	td := ptrace.NewTraces()
	s := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	identify(s, n, 1)
	s.SetSpanID(s.ParentSpanID())
	s.SetParentSpanID(pcommon.SpanID{})
	s.SetKind(ptrace.SpanKindServer)
	s.SetStartTimestamp(1)
	s.SetEndTimestamp(2)
	return td
}

// archivedSpans counts the spans in the fullest archive, with those that unpacked traces left
// behind.
func (c *Collapser) archivedSpans() (most int) {
	for i := range c.shards {
		n := 0
		for _, chunk := range c.shards[i].archive.spans.chunks {
			n += len(chunk)
		}
		most = max(most, n)
	}
	return most
}

// Each round sends a request and then a span of it that the archive has to look for.
func TestCollapser_Archive_IsBoundedWhateverIsUnpacked(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		// traces are how many the rounds take in turn, 0 for another in each.
		traces uint64
		after  time.Duration
	}{
		"a span after the window of every request": {0, 2 * time.Second},
		"the same trace again and again":           {1, 0},
		"a few traces in turn":                     {100, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config()
			cfg.MaxPendingSpans, cfg.AmendWindow = shards, time.Second
			c := New(cfg)
			acknowledge := func(d *Delivery) {
				d.Acknowledge()
				d.Release()
			}
			now := arrival
			for n := range uint64(100_000) {
				trace := n
				if tt.traces > 0 {
					trace = n % tt.traces
				}
				acknowledge(c.Enter(requestExport(trace), now))
				now = now.Add(tt.after)
				acknowledge(c.Sweep(now))
				late := queryExport(1)
				identify(late.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0), trace, 1)
				acknowledge(c.Enter(late, now))
			}
			// Chunks go as a whole.
			require.LessOrEqual(t, c.archivedSpans(), maxLeft+2*int(c.shards[0].archive.spans.size))
		})
	}
}
