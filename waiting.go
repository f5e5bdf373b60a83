package canonicallineexporter

import (
	"sync"
	"time"

	"canonicallineexporter/internal/copyrow"
)

// waiting knows the oldest line of each request that could not be written yet. The queue
// hands out its oldest requests first, so no line that waits is much older. It is safe for
// concurrent use.
type waiting struct {
	mu     sync.Mutex
	oldest map[*queued]time.Time
}

// add notes that a request could not be written and is tried again.
func (w *waiting) add(r *queued) {
	createdAt := copyrow.Index(r.Layout, "created_at")
	oldest := r.Time(0, createdAt)
	for i := range r.Len() {
		if t := r.Time(i, createdAt); t.Before(oldest) {
			oldest = t
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.oldest[r] = oldest
}

// remove notes that a request is written or given up.
func (w *waiting) remove(r *queued) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.oldest, r)
}

// age returns how old the oldest line that waits is, 0 if none waits.
func (w *waiting) age(now time.Time) (age time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, oldest := range w.oldest {
		age = max(age, now.Sub(oldest))
	}
	return age
}
