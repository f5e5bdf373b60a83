package collapse

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"
	"unique"

	"github.com/stretchr/testify/require"
)

// restart saves what a collapser keeps and has another one go on with it.
func restart(t *testing.T, c *Collapser, l *ledger, lines newest, at time.Time) *Collapser {
	t.Helper()
	d := c.Pause(at)
	lines.take(d)
	l.add(d.Acknowledge())
	d.Release()
	var saved bytes.Buffer
	require.NoError(t, c.Save(&saved, at))
	next := New(c.cfg)
	require.NoError(t, next.Load(&saved, at))
	require.Zero(t, saved.Len())
	requireSame(t, c, next)
	return next
}

// requireSame fails unless the next collapser keeps what the first does.
func requireSame(t *testing.T, c, next *Collapser) {
	t.Helper()
	require.Equal(t, c.held.Load(), next.held.Load())
	require.Equal(t, c.bytes.Load(), next.bytes.Load())
	require.Equal(t, c.Pending(), next.Pending())
	require.Equal(t, c.Amendable(), next.Amendable())
	expected, got := pictures(c), pictures(next)
	require.Len(t, got, len(expected))
	for trace, p := range expected {
		q := got[trace]
		for id, s := range p.Spans {
			require.Equal(t, s, q.Spans[id])
		}
		require.Len(t, q.Spans, len(p.Spans))
		p.Spans, q.Spans = nil, nil
		require.Equal(t, p, q)
	}
}

// picture is what a trace comes to, whatever the places of its spans.
type picture struct {
	Spans   map[identity]spanPicture
	Pending int32
	Version uint32
}

type spanPicture struct {
	span
	Root, Parent identity
	Details      details
	Request      serving
}

// pictures are those of all traces by their id. Places are left out.
func pictures(c *Collapser) map[string]picture {
	all := map[string]picture{}
	add := func(tr *trace) {
		p := picture{Spans: map[identity]spanPicture{}, Pending: tr.pending, Version: tr.revision}
		at := func(i int32) (id identity) {
			if i != 0 {
				id = tr.at(i).identity
			}
			return id
		}
		for _, s := range tr.spans {
			if s.flags == 0 {
				continue
			}
			sp := spanPicture{span: s, Root: at(s.root), Parent: at(s.parent)}
			if s.category != query {
				sp.statement = unique.Handle[string]{} // matters to queries alone
			}
			if s.details != nil {
				sp.Details = *s.details
			}
			if s.request != 0 {
				sp.Request = *tr.requests[s.request-1]
				if r := &sp.Request; r.version == r.taken {
					r.tried = 0
				}
				sp.Request.span, sp.Request.touched, sp.Request.offeredBy = 0, 0, 0
				sp.Request.snapshot.values = bytes.Clone(sp.Request.snapshot.values)
			}
			sp.details, sp.root, sp.parent, sp.child, sp.next, sp.previous, sp.request = nil, 0, 0, 0, 0, 0, 0
			p.Spans[s.identity] = sp
		}
		all[string(tr.id[:])] = p
	}
	for i := range c.shards {
		s := &c.shards[i]
		for _, tr := range s.traces {
			if tr.live > 0 {
				add(tr)
			}
		}
		for place := s.archive.open; place < s.archive.next; place++ {
			if p := s.archive.trace(place); !p.unpacked {
				tr := &trace{id: p.id}
				s.archive.read(tr, place, func() *serving { return &serving{} })
				add(tr)
			}
		}
	}
	return all
}

// Spans that come before and after restarts add up as without them.
func TestCollapser_Save_RandomForests_CostWhatThePlainModelSays(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 2))
		c := New(config())
		m := &model{reader: c.reader}
		var ledger ledger
		lines := newest{}
		exports := forest(random)
		for _, td := range exports {
			m.add(td)
		}
		exports = append(exports, exports[random.IntN(len(exports))])
		for i, td := range exports {
			at := arrival.Add(time.Duration(i) * time.Millisecond)
			if random.IntN(3) == 0 {
				c.Enter(td, at).Release() // refused
				c = restart(t, c, &ledger, lines, at)
			}
			lines.take(enterAcknowledged(c, &ledger, td, at))
			c = restart(t, c, &ledger, lines, at)
		}
		for _, after := range []time.Duration{2 * parentWait, time.Hour, 2 * time.Hour, 3 * time.Hour, 4 * time.Hour, 5 * time.Hour} {
			at := arrival.Add(after)
			d := c.Sweep(at)
			lines.take(d)
			ledger.add(d.Acknowledge())
			d.Release()
			ledger.requireBalanced(t, c)
			c = restart(t, c, &ledger, lines, at)
			if after == 2*parentWait {
				require.Equal(t, m.certain(m.costs()), m.certain(lines.costs()), "seed %d", seed)
			}
		}
		require.Zero(t, c.Pending())
		require.Zero(t, c.Amendable())
		require.Zero(t, c.held.Load())
		require.Zero(t, c.bytes.Load())
	}
}

// What was evicted and refused is in nothing that Save writes.
func TestCollapser_Leftover_HasWhatNobodyElseOffers(t *testing.T) {
	t.Parallel()
	cfg := config()
	cfg.MaxPendingSpans = 2
	c := New(cfg)
	var l ledger
	send(c, &l, arrival, newSpan(1, 1, 9, serverKind)).Release()
	c.Enter(export(newSpan(1, 2, 1, clientKind)), arrival).Release()
	d := c.Enter(export(newSpan(2, 1, 9, serverKind)), arrival.Add(time.Second))
	require.Len(t, d.Requests, 2)
	d.Release()

	d = c.Leftover(arrival.Add(time.Second))
	require.Len(t, d.Requests, 1)
	require.Equal(t, 1, d.Requests[0].Descendants.Cost.Spans)
	d.Acknowledge()
	d.Release()
	require.Empty(t, c.Leftover(arrival.Add(time.Second)).Requests)
}
