package canonicallineexporter

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.uber.org/zap"

	"canonicallineexporter/internal/database"
)

// task names a part of the exporter that can fail on its own.
type task string

const (
	connecting  task = "connecting"
	writing     task = "writing"
	maintaining task = "maintenance"
)

// tasks holds every task, in the order in which their failures are told: the first explains
// the others.
var tasks = []task{connecting, writing, maintaining}

// relogInterval is the least time between two log lines about one failing task. The reasons
// of one outage can alternate.
const relogInterval = time.Minute

// health reports the component's status when it changes: recoverable while any task fails,
// with the present reasons, OK once none does. It is safe for concurrent use.
type health struct {
	host   component.Host
	logger *zap.Logger
	now    func() time.Time

	mu      sync.Mutex
	failing map[task]*failure
}

// failure is how a task fails.
type failure struct {
	err error
	// reason tells err from others; loggedReason and loggedAt are those of the log's latest line.
	reason, loggedReason string
	loggedAt             time.Time
}

func newHealth(host component.Host, logger *zap.Logger) *health {
	return &health{host: host, logger: logger, now: time.Now, failing: map[task]*failure{}}
}

// report records how the latest run of the task ended.
func (h *health) report(t task, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	before, failed := h.failing[t]
	if err == nil {
		if failed {
			delete(h.failing, t)
			h.logger.Info("recovered", zap.String("task", string(t)))
			h.tell()
		}
		return
	}
	f := &failure{err: err, reason: database.Reason(err)}
	if failed {
		f.loggedReason, f.loggedAt = before.loggedReason, before.loggedAt
	}
	h.failing[t] = f
	if now := h.now(); f.reason != f.loggedReason && now.Sub(f.loggedAt) >= relogInterval {
		f.loggedReason, f.loggedAt = f.reason, now
		h.logger.Warn("failing; it will be tried again", zap.String("task", string(t)), zap.Error(err))
	}
	if !failed || before.reason != f.reason {
		h.tell()
	}
}

// tell reports the component's status. The caller holds mu.
func (h *health) tell() {
	if len(h.failing) == 0 {
		componentstatus.ReportStatus(h.host, componentstatus.NewEvent(componentstatus.StatusOK))
		return
	}
	componentstatus.ReportStatus(h.host, componentstatus.NewRecoverableErrorEvent(h.reasons()))
}

// reasons returns why tasks fail. One outage has one reason for several tasks, said once.
func (h *health) reasons() error {
	var texts []string
	for _, t := range tasks {
		if f, failed := h.failing[t]; failed && !slices.Contains(texts, f.err.Error()) {
			texts = append(texts, f.err.Error())
		}
	}
	return errors.New(strings.Join(texts, "; "))
}

// fails reports whether the latest run of the task failed.
func (h *health) fails(t task) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, failing := h.failing[t]
	return failing
}
