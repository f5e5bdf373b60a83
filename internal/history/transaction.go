package history

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"canonicallineexporter/internal/database"
	"canonicallineexporter/internal/partition"
	"canonicallineexporter/internal/table"
)

// round is a transaction that changes history. While it is open no other one is.
type round struct {
	pgx.Tx
	parent table.Name
	state
	// before is until when the round began.
	before  time.Time
	catalog partition.Catalog
	// marked lists the hours with a mark, and days the days, in order.
	marked, days []time.Time
	now          time.Time
}

// begin opens a round. Its snapshot is that of all of its statements; it is taken after a lock
// which keeps partitions from being dropped, and from being detached for good.
func (m *Maintainer) begin(ctx context.Context, parent table.Name) (r *round, err error) {
	tx, err := m.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
	if err != nil {
		return nil, fmt.Errorf("begin history: %w", err)
	}
	defer func() {
		if err != nil {
			_ = tx.Rollback(context.WithoutCancel(ctx))
		}
	}()
	if _, err := tx.Exec(ctx, statements.Render("begin.sql", parent)); err != nil {
		return nil, fmt.Errorf("begin history: %w", err)
	}
	r = &round{Tx: tx, parent: parent}
	var oids []uint32
	var ends []time.Time
	var before state
	err = tx.QueryRow(ctx, statements.Render("state.sql", parent)).Scan(&before.until, &before.frozen, &oids, &ends, &r.now)
	if err != nil {
		return nil, fmt.Errorf("read state of history: %w", err)
	}
	r.before = before.until.UTC()
	before.until, before.frozen, r.now = before.until.UTC(), before.frozen.UTC(), r.now.UTC()
	before.partitions = map[uint32]time.Time{}
	for i, oid := range oids {
		before.partitions[oid] = ends[i].UTC()
	}
	if err := r.readMarks(ctx); err != nil {
		return nil, err
	}
	if r.catalog, err = partition.Read(ctx, tx, parent); err != nil {
		return nil, err
	}
	r.state = before.settle(r.catalog, r.marked, r.now)
	return r, nil
}

// readMarks reads which hours and days have marks.
func (r *round) readMarks(ctx context.Context) error {
	rows, err := r.Query(ctx, "SELECT DISTINCT at, of_day FROM "+r.parent.Marks().String()+" ORDER BY at")
	if err != nil {
		return fmt.Errorf("read marks: %w", err)
	}
	var at time.Time
	var ofDay bool
	_, err = pgx.ForEachRow(rows, []any{&at, &ofDay}, func() error {
		if ofDay {
			r.days = append(r.days, at.UTC())
		} else {
			r.marked = append(r.marked, at.UTC())
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read marks: %w", err)
	}
	return nil
}

// rollback gives up what the round has not committed.
func (r *round) rollback(ctx context.Context) { _ = r.Rollback(context.WithoutCancel(ctx)) }

// commit stores the state and ends the round. Marks of frozen hours go: nothing is to be done
// about them any more. The day of the last built hours is complete if more are.
func (r *round) commit(ctx context.Context) error {
	if r.until.After(r.before) {
		if err := r.markDay(ctx, r.before); err != nil {
			return err
		}
	}
	oids, ends := []uint32{}, []time.Time{}
	for oid, end := range r.partitions {
		oids, ends = append(oids, oid), append(ends, end)
	}
	if _, err := r.Exec(ctx, statements.Render("commit.sql", r.parent), r.until, r.frozen, oids, ends); err != nil {
		return fmt.Errorf("store state of history: %w", err)
	}
	if _, err := r.Exec(ctx, "DELETE FROM "+r.parent.Marks().String()+" WHERE at < $1 AND NOT of_day", r.frozen); err != nil {
		return fmt.Errorf("forget marks: %w", err)
	}
	if err := r.Commit(ctx); err != nil {
		return fmt.Errorf("commit history: %w", err)
	}
	return nil
}

// buildHour builds the hour again if it may be, and forgets the marks that it has seen of it.
// It returns how many series share the row of others.
func (m *Maintainer) buildHour(ctx context.Context, parent table.Name, hour time.Time) (others int64, err error) {
	r, err := m.begin(ctx, parent)
	if err != nil {
		return 0, err
	}
	defer r.rollback(ctx)
	if hour.After(r.until) && !r.next(r.catalog, r.until, hour).Equal(hour) || partition.Hour.Next(hour).After(r.now) {
		return 0, nil // another collector has been at work, or the clock went back
	}
	if !hour.Before(r.frozen) {
		if others, err = m.replaceHour(ctx, r, hour); err != nil {
			return 0, err
		}
	}
	if _, err := r.Exec(ctx, "DELETE FROM "+parent.Marks().String()+" WHERE at = $1 AND NOT of_day", hour); err != nil {
		return 0, fmt.Errorf("forget marks: %w", err)
	}
	if !hour.Before(r.until) {
		r.until = hour.Add(time.Hour)
	}
	if err := r.markDay(ctx, hour); err != nil {
		return 0, err
	}
	return others, r.commit(ctx)
}

// markDay marks the day of t if all of its hours are built.
func (r *round) markDay(ctx context.Context, t time.Time) error {
	day := partition.Day.Floor(t)
	if r.until.Before(partition.Day.Next(day)) {
		return nil
	}
	if _, err := r.Exec(ctx, statements.Render("mark_day.sql", r.parent), day); err != nil {
		return fmt.Errorf("mark day: %w", err)
	}
	return nil
}

// replaceHour replaces the rows of an hour by what its lines add up to.
func (m *Maintainer) replaceHour(ctx context.Context, r *round, hour time.Time) (others int64, err error) {
	detached, ok := r.sources(r.catalog, hour)
	if !ok {
		return 0, errDetaching
	}
	if ok, err := r.seenByNodes(ctx); err != nil {
		return 0, err
	} else if !ok {
		return 0, errWriting
	}
	tables := []table.Name{r.parent}
	for _, p := range detached {
		tables = append(tables, p.Name)
	}
	data := rows{Table: r.parent, Tables: tables}
	return m.replace(ctx, r, r.parent.Hours(), statements.Render("build_hour.sql", data), partition.Range{From: hour, To: hour.Add(time.Hour)})
}

// buildDay builds the day again, and forgets the marks that it has seen of it.
func (m *Maintainer) buildDay(ctx context.Context, parent table.Name, day time.Time) (others int64, err error) {
	r, err := m.begin(ctx, parent)
	if err != nil {
		return 0, err
	}
	defer r.rollback(ctx)
	span := partition.Range{From: day, To: partition.Day.Next(day)}
	if !r.until.Before(span.To) {
		sql := statements.Render("build_day.sql", rows{Table: parent})
		if others, err = m.replace(ctx, r, parent.Days(), sql, span); err != nil {
			return 0, err
		}
	}
	if _, err := r.Exec(ctx, "DELETE FROM "+parent.Marks().String()+" WHERE at = $1 AND of_day", day); err != nil {
		return 0, fmt.Errorf("forget marks: %w", err)
	}
	return others, r.commit(ctx)
}

// replace replaces the rows of a time by those that sql inserts.
func (m *Maintainer) replace(ctx context.Context, r *round, of table.Name, sql string, span partition.Range) (others int64, err error) {
	if _, err := r.Exec(ctx, "DELETE FROM "+of.String()+" WHERE at = $1", span.From); err != nil {
		return 0, fmt.Errorf("replace rows: %w", err)
	}
	if err := r.QueryRow(ctx, sql, m.cfg.MaxSeries, span.From, span.To).Scan(&others); err != nil {
		return 0, fmt.Errorf("build rows: %w", err)
	}
	return others, nil
}

// waitsOnly reports whether an error only means that others are at work.
func waitsOnly(err error) bool {
	return errors.Is(err, errDetaching) || errors.Is(err, errWriting) || database.Busy(err)
}
