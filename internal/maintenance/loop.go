// Package maintenance looks after the table, its partitions and its questions, in this
// order.
package maintenance

import (
	"context"
	"time"

	"go.uber.org/zap"

	"canonicallineexporter/internal/database"
	"canonicallineexporter/internal/partition"
	"canonicallineexporter/internal/questions"
	"canonicallineexporter/internal/store"
	"canonicallineexporter/internal/table"
)

// Config says how often there is a round.
type Config struct {
	// Interval is the time between two rounds, more than 0.
	Interval time.Duration
	// Timeout bounds one round; 0 is no limit.
	Timeout time.Duration
	// Report is told how each round ended.
	Report func(error)
}

// Loop runs the rounds. The maintainers are its own, except that the store uses those of
// the table and of the partitions when it finds something missing.
type Loop struct {
	Config
	Table      *table.Maintainer
	Partitions *partition.Maintainer
	Questions  *questions.Maintainer
	Store      *store.Store
	Logger     *zap.Logger
}

// firstRetry is how soon a round follows one that failed, unless the interval is
// shorter.
const firstRetry = 5 * time.Second

// Run runs a round at once, then one every interval, or sooner after a failure and when
// the table has been created, until ctx ends.
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
			wait = min(wait, firstRetry)
		}
		// What this round failed to do for a new table is left for the next.
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

// runOnce is one round; created says that the table is new or has changed. Its error is
// safe to show.
func (l *Loop) runOnce(ctx context.Context, created bool) error {
	if l.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, l.Timeout)
		defer cancel()
	}
	catalog, err := l.Table.Maintain(ctx)
	if err != nil {
		return database.Redact(err)
	}
	l.Store.Use(catalog)
	if !l.Table.CreateSchema {
		return database.Redact(l.Partitions.Inspect(ctx, catalog.Name))
	}
	select {
	case <-l.Table.Created():
		created = true
	default:
	}
	err = l.Partitions.Maintain(ctx, catalog.Name)
	if failed := l.Questions.Maintain(ctx, catalog.Name, created); failed != nil {
		l.Logger.Warn("the functions that answer questions wait for the next round", zap.Error(database.Redact(failed)))
	}
	return database.Redact(err)
}
