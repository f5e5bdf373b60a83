package page

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAsker_Answer_AsksOnceHoweverManyWait(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	proceed := make(chan struct{})
	a := newAsker(func(context.Context, call) (*answer, error) {
		asked.Add(1)
		<-proceed
		return &answer{at: time.Now()}, nil
	})
	var waiting sync.WaitGroup
	for range 20 {
		waiting.Go(func() {
			_, err := a.answer(t.Context(), call{function: "speed"})
			require.NoError(t, err)
		})
	}
	require.Eventually(t, func() bool { return a.readers("speed") == 20 }, time.Minute, time.Millisecond)
	close(proceed)
	waiting.Wait()
	_, err := a.answer(t.Context(), call{function: "speed"})
	require.NoError(t, err)
	require.EqualValues(t, 1, asked.Load(), "the answer is known")
}

// readers returns how many wait for the answer to a function.
func (a *asker) readers(function string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	if q := a.running[call{function: function}.key()]; q != nil {
		return q.readers
	}
	return 0
}

func TestAsker_Answer_IsCancelledWhenTheLastReaderLeaves(t *testing.T) {
	t.Parallel()
	cancelled := make(chan error, 1)
	a := newAsker(func(ctx context.Context, _ call) (*answer, error) {
		<-ctx.Done()
		cancelled <- context.Cause(ctx)
		return nil, ctx.Err()
	})
	first, leaveFirst := context.WithCancel(t.Context())
	second, leaveSecond := context.WithCancel(t.Context())
	var waiting sync.WaitGroup
	for _, reader := range []context.Context{first, second} {
		waiting.Go(func() {
			_, err := a.answer(reader, call{function: "speed"})
			require.ErrorIs(t, err, context.Canceled)
		})
	}
	require.Eventually(t, func() bool { return a.readers("speed") == 2 }, time.Minute, time.Millisecond)
	leaveFirst()
	require.Eventually(t, func() bool { return a.readers("speed") == 1 }, time.Minute, time.Millisecond)
	require.Empty(t, cancelled)
	leaveSecond()
	require.ErrorIs(t, <-cancelled, errNobody)
	waiting.Wait()
}

func TestAsker_Known_IsBoundedAndHoldsNoFailure(t *testing.T) {
	t.Parallel()
	failure := errors.New("away")
	a := newAsker(func(_ context.Context, c call) (*answer, error) {
		if c.function == "failing" {
			return nil, failure
		}
		return &answer{at: time.Now()}, nil
	})
	for i := range 2 * maxAnswers {
		_, err := a.answer(t.Context(), call{function: "speed", arguments: []argument{text("route", strconv.Itoa(i))}})
		require.NoError(t, err)
	}
	require.Equal(t, maxAnswers, a.known.Len())
	_, err := a.answer(t.Context(), call{function: "failing"})
	require.ErrorIs(t, err, failure)
	require.False(t, a.known.Contains(call{function: "failing"}.key()))
}
