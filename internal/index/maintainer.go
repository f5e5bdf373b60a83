// Package index keeps an index over each configured column in every partition, so that one
// line is found among many. It is sparse: a bloom filter for every few pages, made behind the
// writers once those pages are full, so that an INSERT writes nothing to it.
//
// The catalogue holds all state: comments on the indexes and on the columns of partitions.
// So collectors can take over from each other at any point.
package index

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/zap"

	"canonicallineexporter/internal/database"
	"canonicallineexporter/internal/table"
)

//go:embed *.sql
var files embed.FS

var statements = database.ParseStatements(files)

// Maintainer makes the indexes of the partitions of a table and summarises what has been
// written. Equip and Status are safe for concurrent use, Maintain is not. Several collectors
// can maintain one table.
type Maintainer struct {
	columns []Column
	pool    *pgxpool.Pool
	logger  *zap.Logger
	// summarized says, by the oid of a sparse index, what is known to be summarised. A new
	// collector finds it out anew, which costs microseconds a range.
	summarized map[uint32]progress

	// mu guards what follows.
	mu     sync.Mutex
	status map[string]Status
	// noticed holds the notices that have been logged.
	noticed map[string]bool
}

// New returns a maintainer that uses pool.
func New(columns []Column, pool *pgxpool.Pool, logger *zap.Logger) *Maintainer {
	return &Maintainer{
		columns: columns, pool: pool, logger: logger, summarized: map[uint32]progress{}, noticed: map[string]bool{},
	}
}

// names returns the names of the configured columns.
func (m *Maintainer) names() []string {
	names := make([]string, len(m.columns))
	for i, c := range m.columns {
		names[i] = c.Name
	}
	return names
}

// Maintain runs one round over the tables that hold the lines of a schema-qualified table. It
// summarises what is full, and with change also makes and removes indexes, one after another.
// Whatever would have to wait for others is left to a later round; deferred says that
// something was.
func (m *Maintainer) Maintain(ctx context.Context, parent table.Name, roots []Root, change bool) (deferred bool, err error) {
	var failures []error
	var unsummarized error
	tried := map[attempt]bool{}
	skip := map[uint32]bool{}
	for ctx.Err() == nil {
		leaves, err := m.survey(ctx, roots)
		if err != nil {
			return deferred, errors.Join(append(failures, err)...)
		}
		m.notice(leaves)
		// Between two builds, so that the newest lines do not wait for the oldest partition.
		unsummarized = m.summarize(ctx, leaves)
		m.report(leaves)
		next, ok := m.next(leaves, tried, skip)
		if !ok || !change {
			break
		}
		if m.pool.Config().MaxConns < 2 {
			m.warn(next.column.Name, "a partition gets no index, because the build would hold up lines: raise database::max_connections to 2", next.leaf)
			break
		}
		tried[attempt{next.kind, next.leaf.OID, next.column.Name, next.exact}] = true
		err = m.act(ctx, parent, next)
		skip[next.leaf.OID] = err != nil
		switch {
		case database.Busy(err):
			deferred = true
			m.logger.Info("the index of a partition waits for a later round, because others use the partition", next.fields()...)
		case err != nil:
			failures = append(failures, fmt.Errorf("%s index of column %s of %s: %w", next.kind, next.column.Name, next.leaf.Name, err))
		}
	}
	return deferred, errors.Join(append(failures, unsummarized, ctx.Err())...)
}

// attempt identifies an action that a round tries once.
type attempt struct {
	kind   kind
	leaf   uint32
	column string
	exact  bool
}

// next returns the first action of the plan that this round has not tried, but for leaves to
// skip: those for which one has failed.
func (m *Maintainer) next(leaves []leaf, tried map[attempt]bool, skip map[uint32]bool) (action, bool) {
	for _, a := range plan(m.columns, leaves) {
		if !skip[a.leaf.OID] && !tried[attempt{a.kind, a.leaf.OID, a.column.Name, a.exact}] {
			return a, true
		}
	}
	return action{}, false
}

// fields returns what the log says about an action.
func (a action) fields() []zap.Field {
	return []zap.Field{zap.Stringer("partition", a.leaf.Name), zap.String("column", a.column.Name), zap.String("action", string(a.kind))}
}

// lockTimeout bounds how long anything here waits for a lock of a partition. It is shorter
// than the deadlock_timeout of any server that has not changed it: after that, who waits for
// autovacuum cancels it.
const lockTimeout = 500 * time.Millisecond

// limitWaits applies lockTimeout to the transaction.
func limitWaits(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, fmt.Sprintf("SET LOCAL lock_timeout = %d", lockTimeout.Milliseconds())); err != nil {
		return fmt.Errorf("set lock timeout: %w", err)
	}
	return nil
}

// survey reads the catalogue.
func (m *Maintainer) survey(ctx context.Context, roots []Root) (leaves []leaf, err error) {
	err = pgx.BeginFunc(ctx, m.pool, func(tx pgx.Tx) error {
		if err := limitWaits(ctx, tx); err != nil {
			return err
		}
		leaves, err = read(ctx, tx, roots, m.names())
		return err
	})
	return leaves, err
}

// notice says what only an operator can change, once for each column.
func (m *Maintainer) notice(leaves []leaf) {
	for _, l := range leaves {
		for _, c := range l.Columns {
			switch {
			case !slices.Contains(m.names(), c.Name):
			case c.OperatorClass == "" && !c.indexed():
				m.warn(c.Name, "a column has a type that no sparse index takes: finding its values reads whole partitions", l)
			case !l.Owned && !c.indexed():
				m.warn(c.Name, "a partition belongs to another role and gets no index: its owner or a superuser has to run ALTER TABLE ... OWNER TO that of the table", l)
			}
		}
	}
}

// warn logs a message about a column of a leaf, unless it has.
func (m *Maintainer) warn(column, message string, l leaf) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if key := column + message; !m.noticed[key] {
		m.noticed[key] = true
		m.logger.Warn(message, zap.Stringer("partition", l.Name), zap.String("column", column))
	}
}
