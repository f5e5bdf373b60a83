package canonicallineexporter

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/collector/config/configretry"

	"canonicallineexporter/internal/copyrow"
)

// unwritten keeps lines that exporterhelper's queue in memory would drop at shutdown: it
// tries each request once more, except those that wait for their next attempt. It is safe
// for concurrent use.
type unwritten struct {
	retry configretry.BackOffConfig
	// timeout is how long an attempt may take.
	timeout time.Duration

	mu      sync.Mutex
	batches []copyrow.Batch
	// retrying holds requests that exporterhelper tries again, by when they failed first.
	retrying map[*queued]time.Time
	// closing says that shutdown has begun, silent that the database has not answered since.
	closing, silent bool
}

// close has failed writes kept from now on.
func (u *unwritten) close() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.closing = true
}

func (u *unwritten) keep(batches ...copyrow.Batch) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, batch := range batches {
		if batch.Len() > 0 {
			u.batches = append(u.batches, batch)
		}
	}
}

// next removes a batch and returns it; ok says that there was one.
func (u *unwritten) next() (batch copyrow.Batch, ok bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.batches) == 0 {
		return copyrow.Batch{}, false
	}
	batch, u.batches = u.batches[0], u.batches[1:]
	return batch, true
}

// skip keeps a request without an attempt, and reports so, if shutdown would only wait for a
// database that does not answer.
func (u *unwritten) skip(req *queued) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.closing && u.silent {
		delete(u.retrying, req)
		u.batches = append(u.batches, req.Batch)
	}
	return u.closing && u.silent
}

// attempted notes how an attempt to write a request ended. It reports whether the request is
// kept, so that exporterhelper need not try again.
func (u *unwritten) attempted(req *queued, err error, now time.Time) (kept bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case err == nil:
		delete(u.retrying, req)
	case u.closing:
		delete(u.retrying, req)
		u.batches = append(u.batches, req.Batch)
		u.silent = u.silent || errors.Is(err, context.DeadlineExceeded)
		return true
	case u.retry.Enabled:
		u.forget(now)
		if _, ok := u.retrying[req]; !ok {
			u.retrying[req] = now
		}
	}
	return false
}

// forget removes the requests that exporterhelper has given up.
func (u *unwritten) forget(now time.Time) {
	if u.retry.MaxElapsedTime > 0 {
		maps.DeleteFunc(u.retrying, func(_ *queued, failed time.Time) bool {
			return now.Sub(failed) > u.retry.MaxElapsedTime+u.timeout
		})
	}
}

// all returns all that is kept. exporterhelper must have ended.
func (u *unwritten) all() []copyrow.Batch {
	u.mu.Lock()
	defer u.mu.Unlock()
	all := slices.Clone(u.batches)
	for req := range u.retrying {
		all = append(all, req.Batch)
	}
	return all
}
