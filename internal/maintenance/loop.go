// Package maintenance maintains the table, its partitions, its questions and its history, in this
// order.
package maintenance

import (
	"cmp"
	"context"
	"time"

	"go.uber.org/zap"

	"canonicallineexporter/internal/database"
	"canonicallineexporter/internal/history"
	"canonicallineexporter/internal/partition"
	"canonicallineexporter/internal/questions"
	"canonicallineexporter/internal/store"
	"canonicallineexporter/internal/table"
)

// Config says when rounds run and who learns how they ended.
type Config struct {
	// Interval is the time between two rounds, more than 0.
	Interval time.Duration
	// Timeout bounds one round; 0 means no limit.
	Timeout time.Duration
	// Report receives the error of each round, nil for a success.
	Report func(error)
}

// Loop runs the rounds. It shares the maintainers of the table and of the partitions with
// the store, which uses them when it finds something missing.
type Loop struct {
	Config
	Table      *table.Maintainer
	Partitions *partition.Maintainer
	Questions  *questions.Maintainer
	// History is nil if none is kept.
	History *history.Maintainer
	Store   *store.Store
	Logger  *zap.Logger

	// distributed says whether the table was distributed when its questions were created last.
	distributed bool
}

// retryInterval is the time from a failed round to the next one, unless the interval is
// shorter.
const retryInterval = 5 * time.Second

// Run runs a round at once and then one every interval until ctx ends. A round follows
// sooner after a failure, and at once when the table has been created.
func (l *Loop) Run(ctx context.Context) {
	created := true
	for {
		err := l.runOnce(ctx, created)
		if ctx.Err() != nil {
			return
		}
		l.Report(err)
		wait := l.Interval
		if err != nil {
			wait = min(wait, retryInterval)
		}
		if err == nil && l.keepHistory(ctx) {
			wait = 0
		}
		// After a failure the next round still has a new table to complete.
		created = created && err != nil
		select {
		case <-ctx.Done():
			return
		case <-l.Table.Created():
			created = true
		case <-time.After(wait):
		}
	}
}

// keepHistory runs a round of history. It has no part in Timeout: an hour may take longer, and is
// built as a whole. It reports whether more is to be built.
func (l *Loop) keepHistory(ctx context.Context) (more bool) {
	name, ok := l.Store.Table()
	if l.History == nil || !ok {
		return false
	}
	more, err := l.History.Maintain(ctx, name)
	if err != nil && ctx.Err() == nil {
		l.Logger.Warn("history waits for the next round", zap.Error(database.Redact(err)))
	}
	return more && err == nil
}

// runOnce runs one round. created says that the table is new or has changed. The error is
// safe to show.
func (l *Loop) runOnce(ctx context.Context, created bool) error {
	if l.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, l.Timeout)
		defer cancel()
	}
	definition, err := l.Table.Maintain(ctx)
	if err != nil {
		return database.Redact(err)
	}
	unwritable := l.Store.Use(definition)
	if !l.Table.CreateSchema {
		return database.Redact(cmp.Or(unwritable, l.Partitions.Inspect(ctx, definition.Name)))
	}
	select {
	case <-l.Table.Created():
		created = true
	default:
	}
	created = created || definition.Distributed != l.distributed
	l.distributed = definition.Distributed
	err = l.Partitions.Maintain(ctx, definition.Name)
	if failed := l.Questions.Maintain(ctx, definition.Name, created); failed != nil {
		l.Logger.Warn("the functions that answer questions wait for the next round", zap.Error(database.Redact(failed)))
	}
	return database.Redact(cmp.Or(unwritable, err))
}
