package canonicallineexporter

import (
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.uber.org/zap"

	"canonicallineexporter/internal/database"
)

// task names a part of the exporter that can fail on its own.
type task string

const (
	writing     task = "writing"
	maintaining task = "maintenance"
)

// health reports the component's status when it changes: recoverable while any
// task fails, OK once none does. It is safe for concurrent use.
type health struct {
	host   component.Host
	logger *zap.Logger

	mu sync.Mutex
	// failing holds the reason why each failing task fails.
	failing map[task]string
}

func newHealth(host component.Host, logger *zap.Logger) *health {
	return &health{host: host, logger: logger, failing: map[task]string{}}
}

// report records how the latest run of the task ended.
func (h *health) report(t task, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	before, failed := h.failing[t]
	switch {
	case err == nil && !failed:
	case err == nil:
		delete(h.failing, t)
		h.logger.Info("recovered", zap.String("task", string(t)))
		if len(h.failing) == 0 {
			componentstatus.ReportStatus(h.host, componentstatus.NewEvent(componentstatus.StatusOK))
		}
	case !failed || database.Reason(err) != before:
		h.failing[t] = database.Reason(err)
		h.logger.Warn("failing; it will be tried again", zap.String("task", string(t)), zap.Error(err))
		componentstatus.ReportStatus(h.host, componentstatus.NewRecoverableErrorEvent(err))
	}
}

// fails reports whether the latest run of the task failed.
func (h *health) fails(t task) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, failing := h.failing[t]
	return failing
}
