package partition

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"canonicallineexporter/internal/pgtest"
	"canonicallineexporter/internal/table"
)

// stand makes a clock of a test whose parts all show the time at.
func stand(at func() time.Time) *clock {
	return &clock{
		database: func(context.Context, table.Querier) (time.Time, error) { return at(), nil },
		local:    at,
		uptime:   func() time.Duration { return at().Sub(day(1)) },
	}
}

// A host whose clock is a month ahead neither retires what the others write to nor drops
// their lines as late.
func TestMaintainer_WrongClock_RetiresNothing(t *testing.T) {
	t.Parallel()
	const month = 30 * 24 * time.Hour
	for name, change := range map[string]func(*clock){
		"local": func(c *clock) { c.local = func() time.Time { return time.Now().Add(month) } },
		"database": func(c *clock) {
			c.database = func(context.Context, table.Querier) (time.Time, error) { return time.Now().Add(month), nil }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := keep(t, func(cfg *Config) { cfg.KeepDetached = 0 })
			k.clock = newClock()
			require.NoError(t, k.Maintain(t.Context(), parent))
			before := k.attached(t)

			wrong := New(k.cfg, k.Pool, k.logger)
			change(wrong.clock)
			require.NoError(t, wrong.Maintain(t.Context(), parent))
			require.Subset(t, k.attached(t), before)
			now := pgtest.One[time.Time](t, k.Database, "SELECT clock_timestamp()")
			expired, err := wrong.Expired(t.Context(), parent, []time.Time{now})
			require.NoError(t, err)
			require.Equal(t, []bool{false}, expired)
			status, _ := wrong.Status()
			require.Zero(t, status.Actions[ActionOutcome{Detach, Success}])
			require.Equal(t, 1, k.logs.FilterMessageSnippet("clocks").FilterField(zap.Stringer("table", parent)).Len())
		})
	}
}

func TestClock_Settle_TakesAJumpOnlyOnceItHasLasted(t *testing.T) {
	t.Parallel()
	c := newClock()
	at := func(uptime, ahead time.Duration) time.Time {
		now := day(1).Add(uptime + ahead)
		settled := c.settle(now, now, uptime).settled
		return settled.Add(-uptime)
	}
	const month = 30 * 24 * time.Hour
	require.Equal(t, day(1), at(0, 0))
	require.Equal(t, day(1).Add(time.Minute), at(time.Minute, time.Minute), "adjusted a little")
	require.Equal(t, day(1).Add(time.Minute), at(10*time.Minute, month))
	require.Equal(t, day(1), at(20*time.Minute, 0), "it was one round")
	require.Equal(t, day(1), at(30*time.Minute, month))
	require.Equal(t, day(1), at(89*time.Minute, month))
	require.Equal(t, day(1).Add(month), at(90*time.Minute, month), "the host was suspended")
	require.Equal(t, day(1), at(100*time.Minute, 0), "back at once")
}
