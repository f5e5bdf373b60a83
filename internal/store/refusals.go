package store

import (
	"encoding/hex"
	"sync"
	"time"

	"go.uber.org/zap"

	"canonicallineexporter/internal/database"
)

// refusalLog logs the lines that are dropped because Postgres refuses them: the first one for a
// reason at once, and the others of an interval together, since the collector's log drops
// lines that repeat. It is safe for concurrent use.
type refusalLog struct {
	logger *zap.Logger

	mu     sync.Mutex
	latest map[reason]*dropped
	timer  *time.Timer
}

const (
	// refusalInterval is the time between two lines of the log about one reason.
	refusalInterval = 10 * time.Second
	// maxNamed bounds the ids in one line of the log.
	maxNamed = 100
)

// reason tells refusals apart.
type reason struct{ sqlstate, column, constraint string }

// dropped holds the lines that were dropped for one reason since the log's latest line about it.
type dropped struct {
	lines int
	// ids names the first of them, and cause is why the latest was refused.
	ids   []string
	cause error
}

// note takes note of a line that was dropped.
func (r *refusalLog) note(cause error, id [16]byte) {
	cause = database.Redact(cause)
	key := reason{}
	if e, ok := cause.(*database.Error); ok { //nolint:errorlint // Redact returns no other
		key = reason{e.SQLSTATE, e.Column, e.Constraint}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	d, known := r.latest[key]
	if !known {
		d = &dropped{}
		if r.latest == nil {
			r.latest = map[reason]*dropped{}
		}
		r.latest[key] = d
	}
	d.lines, d.cause = d.lines+1, cause
	if len(d.ids) < maxNamed {
		d.ids = append(d.ids, hex.EncodeToString(id[:]))
	}
	if !known {
		r.log(d)
	}
	if r.timer == nil {
		r.timer = time.AfterFunc(refusalInterval, r.summarise)
	}
}

// summarise logs what was dropped since the latest line, and forgets a reason for which nothing
// was.
func (r *refusalLog) summarise() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.timer = nil
	for key, d := range r.latest {
		if d.lines == 0 {
			delete(r.latest, key)
			continue
		}
		r.log(d)
	}
	if len(r.latest) > 0 {
		r.timer = time.AfterFunc(refusalInterval, r.summarise)
	}
}

// close logs what is left.
func (r *refusalLog) close() {
	r.summarise()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.timer != nil {
		r.timer.Stop()
	}
}

// log logs what was dropped for one reason. It is no error of the exporter, whose log would add
// a stack trace. The caller holds mu.
func (r *refusalLog) log(d *dropped) {
	r.logger.Warn("dropped lines that Postgres refuses",
		zap.Int("lines", d.lines), zap.Error(d.cause), zap.Strings("line_ids", d.ids))
	*d = dropped{}
}
