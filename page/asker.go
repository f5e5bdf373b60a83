package page

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

const (
	// freshFor is how long an answer is given again that is about no window.
	freshFor = 10 * time.Second
	// maxAnswers bounds the answers that are kept; the largest holds some thousand rows.
	maxAnswers = 256
)

// errNobody cancels a question that nobody waits for any more.
var errNobody = errors.New("every reader has left")

// asker gives readers answers. However many ask the same, it asks once, and stops asking when the
// last of them has left. It is safe for concurrent use.
type asker struct {
	ask   func(context.Context, call) (*answer, error)
	known *lru.Cache[string, *answer]

	mu      sync.Mutex
	running map[string]*question
}

// question is a call that is being answered.
type question struct {
	readers int
	cancel  context.CancelCauseFunc
	done    chan struct{}
	answer  *answer
	err     error
}

func newAsker(ask func(context.Context, call) (*answer, error)) *asker {
	known, err := lru.New[string, *answer](maxAnswers)
	if err != nil {
		panic(err) // the size is a constant
	}
	return &asker{ask: ask, known: known, running: map[string]*question{}}
}

// answer returns the answer to a call, which may be some seconds old. It returns at once when ctx
// ends.
func (a *asker) answer(ctx context.Context, c call) (*answer, error) {
	key := c.key()
	if known, ok := a.known.Get(key); ok && time.Since(known.at) < cmp.Or(c.fresh, freshFor) {
		return known, nil
	}
	q := a.join(ctx, key, c)
	select {
	case <-q.done:
		return q.answer, q.err
	case <-ctx.Done():
		a.leave(key, q)
		return nil, ctx.Err()
	}
}

// join returns the question that is being asked, or asks it.
func (a *asker) join(ctx context.Context, key string, c call) *question {
	a.mu.Lock()
	defer a.mu.Unlock()
	if q := a.running[key]; q != nil {
		q.readers++
		return q
	}
	asking, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	q := &question{readers: 1, cancel: cancel, done: make(chan struct{})}
	a.running[key] = q
	go func() {
		defer cancel(nil)
		q.answer, q.err = a.ask(asking, c)
		if q.err == nil {
			a.known.Add(key, q.answer)
		}
		a.mu.Lock()
		if a.running[key] == q {
			delete(a.running, key)
		}
		a.mu.Unlock()
		close(q.done)
	}()
	return q
}

// leave cancels the question if nobody else waits for it. Whoever asks next asks anew.
func (a *asker) leave(key string, q *question) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if q.readers--; q.readers > 0 {
		return
	}
	q.cancel(errNobody)
	if a.running[key] == q {
		delete(a.running, key)
	}
}
