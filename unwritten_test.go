package canonicallineexporter

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/config/configretry"
)

func newUnwritten(retry configretry.BackOffConfig) *unwritten {
	return &unwritten{retry: retry, timeout: time.Second, retrying: map[*queued]time.Time{}}
}

func TestUnwritten_All_HasWhatExporterhelperWouldDrop(t *testing.T) {
	t.Parallel()
	u := newUnwritten(configretry.BackOffConfig{Enabled: true})
	away := errors.New("away")
	waits, succeeds, last := queuedOf(t, requests(0, 1)), queuedOf(t, requests(1, 1)), queuedOf(t, requests(2, 1))
	for _, req := range []*queued{waits, succeeds, last} {
		require.False(t, u.attempted(req, away, started))
	}
	u.close()
	require.False(t, u.attempted(succeeds, nil, started))
	require.True(t, u.attempted(last, away, started))
	require.ElementsMatch(t, [][]byte{waits.Rows, last.Rows}, [][]byte{u.all()[0].Rows, u.all()[1].Rows})
	require.Len(t, u.all(), 2)
}

func TestUnwritten_Retry_GivenUp_IsForgotten(t *testing.T) {
	t.Parallel()
	u := newUnwritten(configretry.BackOffConfig{Enabled: true, MaxElapsedTime: time.Minute})
	for i := range 3 {
		u.attempted(queuedOf(t, requests(i, 1)), errors.New("away"), started.Add(time.Duration(i)*time.Hour))
	}
	require.Len(t, u.all(), 1)

	u = newUnwritten(configretry.BackOffConfig{})
	u.attempted(queuedOf(t, requests(0, 1)), errors.New("away"), started)
	require.Empty(t, u.all(), "exporterhelper does not try again")
}

func TestUnwritten_Skip_SparesAttemptsAtASilentDatabase(t *testing.T) {
	t.Parallel()
	u := newUnwritten(configretry.BackOffConfig{Enabled: true})
	req := queuedOf(t, requests(0, 1))
	require.False(t, u.attempted(req, context.DeadlineExceeded, started))
	require.False(t, u.skip(req), "it is not shut down")
	u.close()
	require.False(t, u.skip(req), "it is tried once")
	require.True(t, u.attempted(req, context.DeadlineExceeded, started))
	require.True(t, u.skip(queuedOf(t, requests(1, 1))))
	require.Len(t, u.all(), 2)
}
