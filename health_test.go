package canonicallineexporter

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"canonicallineexporter/internal/database"
)

// observedHealth is a health whose clock, log and host a test watches.
func observedHealth() (h *health, host *statusHost, logs *observer.ObservedLogs, now *time.Time) {
	core, logs := observer.New(zapcore.InfoLevel)
	host = newStatusHost()
	h = newHealth(host, zap.New(core))
	clock := time.Now()
	h.now = func() time.Time { return clock }
	return h, host, logs, &clock
}

func TestHealth_Report_GivesThePresentReason(t *testing.T) {
	t.Parallel()
	h, host, logs, now := observedHealth()
	closed, refused := database.Redact(errors.New("use of closed network connection")), database.Redact(errors.New("connection refused"))
	h.report(writing, closed)
	require.EqualError(t, host.await(t, componentstatus.StatusRecoverableError).Err(), closed.Error())
	h.report(writing, refused)
	require.EqualError(t, host.await(t, componentstatus.StatusRecoverableError).Err(), refused.Error())
	require.Equal(t, 1, logs.Len(), "reasons that alternate do not fill the log")

	*now = now.Add(relogInterval)
	for range 3 {
		h.report(writing, refused)
	}
	require.Equal(t, 2, logs.Len())
	require.Equal(t, refused.Error(), logs.All()[1].ContextMap()["error"])
	require.Len(t, host.events, 2)
}

func TestHealth_Report_SaysWhatStillFails(t *testing.T) {
	t.Parallel()
	h, host, _, _ := observedHealth()
	h.report(maintaining, errors.New("no lock"))
	h.report(writing, errors.New("disk full"))
	require.EqualError(t, host.await(t, componentstatus.StatusRecoverableError).Err(), "disk full; no lock")
	h.report(writing, nil)
	require.EqualError(t, host.await(t, componentstatus.StatusRecoverableError).Err(), "no lock")
	h.report(maintaining, nil)
	host.await(t, componentstatus.StatusOK)
}
