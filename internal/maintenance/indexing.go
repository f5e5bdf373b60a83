package maintenance

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/zap"

	"canonicallineexporter/internal/database"
	"canonicallineexporter/internal/index"
	"canonicallineexporter/internal/partition"
	"canonicallineexporter/internal/table"
)

// Indexing keeps the indexes of the partitions, beside the rounds of Loop: a build can take
// minutes, and new partitions must not wait for it.
type Indexing struct {
	Pool *pgxpool.Pool
	// Table is the table of the lines, which may not exist yet.
	Table      table.Name
	Partitions *partition.Maintainer
	Indexes    *index.Maintainer
	// Interval is the time between two rounds that make and remove indexes, more than 0.
	Interval time.Duration
	Logger   *zap.Logger
}

// summarizeInterval is the time between two rounds that summarise what has been written,
// unless the interval is shorter. What is written in it is read whole by each question.
const summarizeInterval = time.Minute

// Run runs a round at once and then again and again until ctx ends.
func (i *Indexing) Run(ctx context.Context) {
	var nextChange time.Time
	for {
		change := !time.Now().Before(nextChange)
		deferred, err := i.runOnce(ctx, change)
		if ctx.Err() != nil {
			return
		}
		wait := min(i.Interval, summarizeInterval)
		switch {
		case errors.Is(err, table.ErrNoTable):
			wait, err = min(wait, retryInterval), nil
		case err != nil:
			i.Logger.Warn("indexes wait for the next round", zap.Error(database.Redact(err)))
		}
		// A build that fails, or that waits for others, may cost a scan each time.
		if change && (err != nil || deferred) {
			nextChange = time.Now().Add(i.Interval)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// runOnce runs one round. change says whether indexes may be made and removed. deferred says
// that something would have had to wait for others. It returns table.ErrNoTable while there is
// no table.
func (i *Indexing) runOnce(ctx context.Context, change bool) (deferred bool, err error) {
	definition, err := table.Read(ctx, i.Pool, i.Table)
	if err != nil {
		return false, err
	}
	roots, err := i.roots(ctx, definition.Name)
	if err != nil {
		return false, err
	}
	return i.Indexes.Maintain(ctx, definition.Name, roots, change)
}

// roots returns the partitions, or the table itself if they are not ranges of time.
func (i *Indexing) roots(ctx context.Context, parent table.Name) ([]index.Root, error) {
	partitions, err := i.Partitions.Attached(ctx, parent)
	if err != nil {
		return nil, err
	}
	var roots []index.Root
	for _, p := range partitions {
		roots = append(roots, index.Root{OID: p.OID, Until: p.To})
	}
	if len(roots) > 0 {
		return roots, nil
	}
	var oid uint32
	if err := i.Pool.QueryRow(ctx, "SELECT COALESCE(pg_catalog.to_regclass($1)::pg_catalog.oid, 0)", parent.String()).Scan(&oid); err != nil {
		return nil, fmt.Errorf("find table: %w", err)
	}
	return []index.Root{{OID: oid}}, nil
}
