package e2e

import (
	"math/rand/v2"
	"slices"
	"time"
)

// fault is something that goes wrong, and is put right again.
type fault struct {
	name string
	// needs is what this takes and not every machine has; empty if it takes nothing.
	needs string
	// strike does it; what it returns puts it right.
	strike func(w *world, random *rand.Rand) (mend func())
}

func nothing() {}

var faults = slices.Concat(collectorFaults, clientFaults, networkFaults, serverFaults, diskFaults, clockFaults, tableFaults, roleFaults, refusals)

var collectorFaults = []fault{
	{name: "the collector is killed", strike: func(w *world, _ *rand.Rand) func() {
		w.current().Kill()
		return w.startCollector
	}},
	{name: "the collector is stopped", strike: func(w *world, _ *rand.Rand) func() {
		_ = w.current().Terminate()
		return w.resumeCollector
	}},
	{name: "the collector is stopped while Postgres is away", strike: func(w *world, _ *rand.Rand) func() {
		w.must(w.server.Kill())
		_ = w.current().Terminate()
		return func() {
			w.resumeCollector()
			w.must(w.server.Restart())
		}
	}},
	{name: "the collector is killed while Postgres is away, and again as it starts", strike: func(w *world, random *rand.Rand) func() {
		w.must(w.server.Kill())
		w.pause(random)
		w.current().Kill()
		c := w.s.launch(w.t)
		<-time.After(time.Duration(random.IntN(500)) * time.Millisecond)
		c.Kill()
		return func() {
			w.startCollector()
			w.must(w.server.Restart())
		}
	}},
	{name: "the collector is reloaded", strike: func(w *world, _ *rand.Rand) func() {
		w.reloadCollector()
		return nothing
	}},
}

// reloadCollector has the collector read its configuration again: the process stays, with the
// spans, and everything else in it starts anew.
func (w *world) reloadCollector() {
	w.must(w.current().Reload())
}

var clientFaults = []fault{
	{name: "clients give up", strike: func(w *world, _ *rand.Rand) func() {
		w.client.impatient.Store(true)
		return func() { w.client.impatient.Store(false) }
	}},
	{name: "a service's clock jumps", strike: func(w *world, random *rand.Rand) func() {
		// Within what exists ahead and the retention, and beyond.
		jumps := []time.Duration{-400, -300, -1, 1, 50, 100, 10_000}
		w.client.ahead.Store(int64(jumps[random.IntN(len(jumps))] * time.Hour))
		return func() { w.client.ahead.Store(0) }
	}},
}

var networkFaults = []fault{
	{name: "connections are cut in mid-COPY", strike: func(w *world, random *rand.Rand) func() {
		w.proxy.cutAfter.Store(random.Int64N(20_000))
		return w.proxy.heal
	}},
	{name: "answers to COMMIT get lost", strike: func(w *world, _ *rand.Rand) func() {
		w.proxy.deaf.Store(true)
		return w.proxy.heal
	}},
	{name: "the network is slow", strike: func(w *world, random *rand.Rand) func() {
		w.proxy.latency.Store(int64(time.Duration(random.IntN(50)) * time.Millisecond))
		return w.proxy.heal
	}},
	{name: "the network stalls", strike: func(w *world, _ *rand.Rand) func() {
		w.proxy.latency.Store(int64(3 * time.Second)) // longer than an attempt may take
		return func() {
			w.proxy.heal()
			w.proxy.cut()
		}
	}},
}
