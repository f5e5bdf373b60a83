package partition

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/zap"

	"canonicallineexporter/internal/database"
	"canonicallineexporter/internal/table"
)

// creationsAtOnce is the most partitions that one transaction creates. Beside a DEFAULT
// partition it creates one, because ATTACH locks and scans the DEFAULT partition.
const creationsAtOnce = 50

// create creates the partitions that want lacks. It looks before it locks, because in most
// rounds nothing is missing. It returns the catalogue if nothing was.
func (m *Maintainer) create(ctx context.Context, parent table.Name, shape shape, want []Range) (Catalog, error) {
	catalog, err := read(ctx, m.pool, parent, false)
	if err != nil {
		return nil, err
	}
	if len(m.cfg.creations(parent, catalog, want, nil)) == 0 {
		return catalog, nil
	}
	if shape.entry != "" {
		return nil, shape.refusal(parent)
	}
	for len(m.cfg.creations(parent, catalog, want, nil)) > 0 {
		if catalog, err = m.createSome(ctx, parent, shape, want); err != nil {
			m.count(Create, outcomeOf(err))
			// The lines in DEFAULT are stored, and only their owner can move them.
			if catalog.hasDefault() && database.DefaultHoldsRows(err) {
				m.notify(Notice{"a DEFAULT partition holds lines of a partition to be created", "move its lines and drop it", parent})
				return nil, nil
			}
			return nil, err
		}
	}
	return nil, nil
}

// createSome creates the first of the missing partitions in one transaction. It returns
// the catalogue as of its end; after an error, as of its start.
func (m *Maintainer) createSome(ctx context.Context, parent table.Name, shape shape, want []Range) (Catalog, error) {
	tx, err := m.pool.Begin(ctx)
	if err != nil {
		return nil, fmt.Errorf("begin partition change: %w", err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // a no-op after Commit
	if err := table.Lock(ctx, tx, parent); err != nil {
		return nil, err
	}
	// ATTACH does not wait for readers and writers. Another change of the table, an index
	// build or a VACUUM can hold it up; then the next round tries again.
	if err := limitWaits(ctx, tx); err != nil {
		return nil, err
	}
	catalog, err := read(ctx, tx, parent, false)
	if err != nil {
		return nil, err
	}
	taken, err := takenNames(ctx, tx, parent)
	if err != nil {
		return nil, err
	}
	actions := m.cfg.creations(parent, catalog, want, taken)
	most := creationsAtOnce
	if catalog.hasDefault() {
		most = 1
	}
	actions = actions[:min(len(actions), most)]
	var newest uint32
	if p, ok := catalog.newestManaged(); ok {
		newest = p.OID
	}
	family := catalog.newFamily(shape.oid)
	for _, action := range actions {
		action.mark = mark{
			Of: parent.String(), Table: shape.oid, Family: family, Schema: action.Name.Schema, Name: action.Name.Name,
			From: action.From, To: action.To,
		}
		if err := m.attachAs(ctx, tx, parent, shape, action.Partition, newest); err != nil {
			return catalog, fmt.Errorf("create partition: %w", err)
		}
	}
	if catalog, err = read(ctx, tx, parent, false); err != nil {
		return nil, err
	}
	if err := tx.Commit(ctx); err != nil {
		return nil, fmt.Errorf("commit partition change: %w", err)
	}
	for _, action := range actions {
		m.count(Create, Success)
		m.logger.Info("created partition", zap.Stringer("partition", action.Name), zap.Time("from", action.From), zap.Time("to", action.To))
		if name := parent.Name + m.cfg.Interval.suffix(action.From); name != action.Name.Name {
			m.logger.Warn("the name of a partition was taken by another table", zap.Stringer("partition", action.Name), zap.String("name", name))
		}
	}
	return catalog, nil
}

// takenNames lists the names that could clash with that of a partition.
func takenNames(ctx context.Context, tx pgx.Tx, parent table.Name) ([]string, error) {
	rows, err := tx.Query(ctx, statements.Render("names.sql", nil), parent.Schema, parent.Name+"_")
	if err != nil {
		return nil, fmt.Errorf("list names: %w", err)
	}
	taken, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("list names: %w", err)
	}
	return taken, nil
}

// tables fills the templates that change a partition.
type tables struct {
	Table, Partition table.Name
}

// lockTimeout bounds how long a change of the table waits for a lock.
const lockTimeout = 2 * time.Second

// limitWaits applies lockTimeout to the transaction.
func limitWaits(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, fmt.Sprintf("SET LOCAL lock_timeout = %d", lockTimeout.Milliseconds())); err != nil {
		return fmt.Errorf("set lock timeout: %w", err)
	}
	return nil
}
