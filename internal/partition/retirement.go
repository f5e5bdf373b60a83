package partition

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/zap"

	"canonicallineexporter/internal/database"
	"canonicallineexporter/internal/table"
)

// attempt identifies an action that a round tries once.
type attempt struct {
	kind Kind
	oid  uint32
}

// retire carries out the plan one action at a time. It plans again after each, because
// other collectors act too, and because sizes change with every drop.
func (m *Maintainer) retire(ctx context.Context, parent table.Name, shape shape) error {
	var failures []error
	tried := map[attempt]bool{}
	for ctx.Err() == nil {
		// Look without a lock first: in most rounds there is nothing to do.
		catalog, err := m.survey(ctx, parent, m.cfg.MaxSize > 0)
		if err != nil {
			return errors.Join(append(failures, err)...)
		}
		at, err := m.clock.read(ctx, m.pool)
		if err != nil {
			return errors.Join(append(failures, err)...)
		}
		if at.doubt != "" {
			m.notify(Notice{at.doubt, "set the clock that is wrong", parent})
		}
		_, notices, ok := m.next(at, catalog, tried)
		m.notify(notices...)
		if !ok {
			break
		}
		if shape.entry != "" {
			return shape.refusal(parent)
		}
		done, err := m.act(ctx, parent, shape, tried)
		if err != nil {
			failures = append(failures, err)
		}
		if !done {
			break
		}
	}
	return errors.Join(append(failures, ctx.Err())...)
}

// next returns the first action of the plan that this round has not tried.
func (m *Maintainer) next(at instant, catalog Catalog, tried map[attempt]bool) (Action, []Notice, bool) {
	actions, notices := m.cfg.retirements(at, catalog)
	i := slices.IndexFunc(actions, func(a Action) bool { return !tried[attempt{a.Kind, a.OID}] })
	if i < 0 {
		return Action{}, notices, false
	}
	return actions[i], notices, true
}

// act carries out the next action, which it plans under the lock. done is false if there is
// none, because another collector was faster. It is an error not to get the lock: whoever
// holds it may not be one that retires anything.
func (m *Maintainer) act(ctx context.Context, parent table.Name, shape shape, tried map[attempt]bool) (done bool, err error) {
	tx, err := m.pool.Begin(ctx)
	if err != nil {
		return false, fmt.Errorf("begin partition change: %w", err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // a no-op after Commit
	if err := table.Lock(ctx, tx, parent); err != nil {
		return false, err
	}
	if err := limitWaits(ctx, tx); err != nil {
		return false, err
	}
	catalog, err := read(ctx, tx, parent, m.cfg.MaxSize > 0)
	if err != nil {
		return false, err
	}
	at, err := m.clock.read(ctx, tx)
	if err != nil {
		return false, err
	}
	action, _, ok := m.next(at, catalog, tried)
	if !ok {
		return false, nil
	}
	tried[attempt{action.Kind, action.OID}] = true
	if ok, err := m.permits(ctx, tx, parent, action); err != nil || !ok {
		return true, err
	}

	err = m.change(ctx, tx, parent, shape, at, catalog, action)
	if err == nil {
		err = tx.Commit(ctx)
	}
	if err == nil {
		err = m.follow(ctx, parent, shape, action)
	}
	return true, m.report(parent, action, err)
}

// permits reports whether an action may be carried out.
func (m *Maintainer) permits(ctx context.Context, tx pgx.Tx, parent table.Name, action Action) (bool, error) {
	if m.cfg.Permit == nil || action.Kind != Detach && action.Kind != Drop {
		return true, nil
	}
	ok, err := m.cfg.Permit(ctx, tx, parent, action)
	if err != nil {
		return false, fmt.Errorf("%s partition: %w", action.Kind, err)
	}
	if !ok {
		m.count(action.Kind, Deferred)
	}
	return ok, nil
}

// follow carries out the part of an action that needs no transaction, or must not hold up
// other collectors while it waits. The wait is not bounded by lock_timeout, which would be
// session state: the client cancels instead.
func (m *Maintainer) follow(ctx context.Context, parent table.Name, shape shape, action Action) error {
	file, patience := "detach.sql", lockTimeout
	switch action.Kind {
	case Detach:
		if shape.distributed {
			return nil
		}
	case Finalize:
		file, patience = "finalize.sql", m.patienceWith(action.OID)
	default:
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, err := m.pool.Exec(ctx, statements.Render(file, tables{parent, action.Name}))
	return err
}

// outwaited returns a notice if even the longest wait for a partition was too short: so may
// be all others. A longer one would hold up other changes of the table, new partitions among
// them, for as long, which is for an operator to choose.
func (m *Maintainer) outwaited(parent table.Name, action Action) []Notice {
	m.mu.Lock()
	defer m.mu.Unlock()
	if action.Kind != Finalize || m.finalizing.oid != action.OID || m.finalizing.patience < claimTime {
		return nil
	}
	return []Notice{{
		"a partition stays half detached, because transactions that run for more than a minute overlap",
		fmt.Sprintf("run this, which waits for those that run when it begins: ALTER TABLE %s DETACH PARTITION %s FINALIZE", parent, action.Name),
		action.Name,
	}}
}

// patienceWith returns how long to wait for the transactions that began before a partition
// was detached. FINALIZE waits for those that run when it begins, so where each takes longer
// than lockTimeout and they overlap, only a longer wait ends. It doubles with each attempt,
// up to the time of a claim.
func (m *Maintainer) patienceWith(oid uint32) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.finalizing.oid != oid {
		m.finalizing.oid, m.finalizing.patience = oid, lockTimeout/2
	}
	m.finalizing.patience = min(2*m.finalizing.patience, claimTime)
	return m.finalizing.patience
}

// change carries out the part of an action that runs in a transaction under the lock. DETACH
// CONCURRENTLY and FINALIZE follow a transaction that claims the partition, and a later one
// records that it is detached. On Citus, all of that is one transaction.
func (m *Maintainer) change(ctx context.Context, tx pgx.Tx, parent table.Name, shape shape, at instant, catalog Catalog, action Action) error {
	p := action.Partition
	next := p.mark
	next.Since = at.now
	switch action.Kind {
	case Detach:
		next.Stage = detaching
		// The catalogue forgets whose the table was.
		next.Of, next.Table, next.Schema = parent.String(), shape.oid, p.Name.Schema
		next.Family = catalog.family(shape.oid)
		if err := raiseFloor(ctx, tx, catalog, p); err != nil {
			return err
		}
		if newest, ok := catalog.newestManaged(); ok && newest.OID == p.OID {
			next.Floor = p.To
		}
		if shape.distributed {
			next.Stage = detached
			if err := detachDistributed(ctx, tx, parent, p); err != nil {
				return err
			}
		}
		return setMark(ctx, tx, p.Name, next)
	case Finalize:
		return setMark(ctx, tx, p.Name, next)
	case record:
		next.Stage = detached
		if p.Attached {
			next.Stage = released
		}
		return setMark(ctx, tx, p.Name, next)
	default:
		_, err := tx.Exec(ctx, statements.Render("drop.sql", tables{parent, p.Name}))
		return err
	}
}

// detachDistributed detaches a partition of a distributed table on all nodes.
func detachDistributed(ctx context.Context, tx pgx.Tx, parent table.Name, p Partition) error {
	if _, err := tx.Exec(ctx, statements.Render("limit_distributed.sql", lockTimeout.Milliseconds())); err != nil {
		return fmt.Errorf("set lock timeout: %w", err)
	}
	_, err := tx.Exec(ctx, statements.Render("detach_distributed.sql", tables{parent, p.Name}))
	return err
}

// raiseFloor records that nothing is created again in the range of p. The newest managed
// partition holds the floor, because it is the last to be retired.
func raiseFloor(ctx context.Context, tx pgx.Tx, catalog Catalog, p Partition) error {
	newest, ok := catalog.newestManaged()
	if !ok || newest.OID == p.OID || !p.To.After(catalog.floor()) {
		return nil
	}
	newest.mark.Floor = p.To
	return setMark(ctx, tx, newest.Name, newest.mark)
}

// report counts and logs the action; only a failure remains an error.
func (m *Maintainer) report(parent table.Name, action Action, err error) error {
	outcome := outcomeOf(err)
	if action.Kind != record {
		m.count(action.Kind, outcome)
	}
	fields := []zap.Field{zap.Stringer("partition", action.Name), zap.Time("from", action.From), zap.Time("to", action.To)}
	switch {
	case outcome == Failure:
		return fmt.Errorf("%s partition: %w", action.Kind, err)
	case outcome == Deferred:
		m.logger.Info("partition is in use, the change waits for the next round", append(fields, zap.String("action", string(action.Kind)))...)
		m.notify(m.outwaited(parent, action)...)
	case action.Kind == Detach:
		m.logger.Info("detached partition", append(fields, zap.Duration("dropped_after", m.cfg.KeepDetached))...)
	case action.Kind == Finalize:
		m.logger.Info("finalized the detaching of partition", fields...)
	case action.Kind == Drop:
		m.logger.Info("dropped partition", append(fields, zap.Int64("bytes", action.Bytes))...)
	case action.Attached:
		m.logger.Info("partition was attached again and is kept", fields...)
	}
	return nil
}

// outcomeOf returns the outcome of an action that ended with err.
func outcomeOf(err error) Outcome {
	switch {
	case err == nil:
		return Success
	case database.Busy(err):
		return Deferred
	default:
		return Failure
	}
}
