package history

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"go.uber.org/zap"

	"canonicallineexporter/internal/partition"
	"canonicallineexporter/internal/table"
)

// maxName is the most bytes of the name of a table with history: its hours have partitions, whose
// names end with a day and, where that is taken, a number ("_hours_20230512_2").
const maxName = 63 - 17

// parts returns the names of what history consists of.
func parts(of table.Name) []string {
	return []string{of.Hours().String(), of.Days().String(), of.Built().String(), of.Marks().String(), of.Fence().String()}
}

// definition fills the templates that create history.
type definition struct {
	Table, AllHours, AllDays table.Name
	Owner                    string
}

// Script returns the DDL of the history of a schema-qualified table as a script for psql.
func Script(of table.Name) string {
	return statements.Render("script.sql", definition{
		Table: of, AllHours: of.Sibling(of.Hours().Name + "_all"), AllDays: of.Sibling(of.Days().Name + "_all"),
	})
}

// prepare creates what is missing. It reports whether the table has a history that can be built.
func (m *Maintainer) prepare(ctx context.Context, parent table.Name) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, prepareTimeout)
	defer cancel()
	byTime, err := partition.ByTime(ctx, m.pool, parent)
	switch {
	case err != nil:
		return false, err
	case !byTime:
		m.refuse(parent, "its partitions are not ranges of created_at")
		return false, nil
	case len(parent.Name) > maxName:
		m.refuse(parent, fmt.Sprintf("its name has more than %d bytes, which leaves no room for the names of partitions", maxName))
		return false, nil
	}
	absent, err := missing(ctx, m.pool, parent)
	switch {
	case err != nil:
		return false, err
	case len(absent) == 0 && m.cfg.CreateSchema:
		return true, m.grant(ctx, parent)
	case len(absent) > 0 && !m.cfg.CreateSchema:
		m.refuse(parent, "it has no tables for one, which schema/history.sql creates")
		return false, nil
	case len(absent) > 0:
		return true, m.create(ctx, parent)
	default:
		return true, nil
	}
}

// refuse says once why a table has no history.
func (m *Maintainer) refuse(parent table.Name, why string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.unfit {
		m.logger.Warn("the table has no history: "+why, zap.Stringer("table", parent))
	}
	m.unfit = true
}

// missing lists the parts of history that are missing.
func missing(ctx context.Context, db table.Querier, parent table.Name) ([]string, error) {
	rows, err := db.Query(ctx, statements.Render("missing.sql", nil), parts(parent), parent.Fence().String())
	if err != nil {
		return nil, fmt.Errorf("look for history: %w", err)
	}
	absent, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("look for history: %w", err)
	}
	return absent, nil
}

// create creates the parts of history that are missing, in one transaction.
func (m *Maintainer) create(ctx context.Context, parent table.Name) error {
	tx, err := m.pool.Begin(ctx)
	if err != nil {
		return fmt.Errorf("begin to create history: %w", err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // a no-op after Commit
	if err := table.Lock(ctx, tx, parent); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "SET LOCAL search_path = pg_catalog, pg_temp; SET LOCAL client_min_messages = warning"); err != nil {
		return fmt.Errorf("set search_path: %w", err)
	}
	absent, err := missing(ctx, tx, parent)
	if err != nil || len(absent) == 0 {
		return err
	}
	for _, sql := range []string{
		statements.Render("create.sql", definition{Table: parent}), statements.Render("begin_state.sql", parent),
	} {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return fmt.Errorf("create history: %w", err)
		}
	}
	if err := m.giveToOwner(ctx, tx, parent); err != nil {
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("commit history: %w", err)
	}
	m.logger.Info("created what history lacked", zap.Stringer("table", parent))
	return m.grant(ctx, parent)
}

// giveToOwner gives what has been created to the owner of the table, if this role may.
func (m *Maintainer) giveToOwner(ctx context.Context, tx pgx.Tx, parent table.Name) error {
	var owner string
	var own bool
	err := tx.QueryRow(ctx, "SELECT pg_get_userbyid(relowner)::text, pg_get_userbyid(relowner) = current_user FROM pg_class WHERE oid = to_regclass($1)::oid", parent.String()).
		Scan(&owner, &own)
	if err != nil {
		return fmt.Errorf("read owner: %w", err)
	}
	if own {
		return nil
	}
	part, err := tx.Begin(ctx) // a savepoint
	if err != nil {
		return fmt.Errorf("begin to give history: %w", err)
	}
	if _, err := part.Exec(ctx, statements.Render("owner.sql", definition{Table: parent, Owner: owner})); err != nil {
		return part.Rollback(ctx)
	}
	return part.Commit(ctx)
}

// grant lets those who may read lines read their history, and those who may write lines leave
// marks.
func (m *Maintainer) grant(ctx context.Context, parent table.Name) error {
	arguments := []any{parent.String()}
	for _, part := range parts(parent) {
		arguments = append(arguments, part)
	}
	rows, err := m.pool.Query(ctx, statements.Render("grants.sql", nil), arguments...)
	if err != nil {
		return fmt.Errorf("read grants: %w", err)
	}
	grants, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("read grants: %w", err)
	}
	if len(grants) == 0 {
		return nil
	}
	if _, err := m.pool.Exec(ctx, strings.Join(grants, "; ")); err != nil {
		return fmt.Errorf("grant what the table grants: %w", err)
	}
	return nil
}

// Release permits a partition of lines to be dropped once history holds all that its lines add
// up to. A table without history keeps none.
func Release(ctx context.Context, tx table.Querier, parent table.Name, action partition.Action) (bool, error) {
	if action.Kind != partition.Drop {
		return true, nil
	}
	absent, err := missing(ctx, tx, parent)
	if err != nil || len(absent) > 0 {
		return err == nil, err
	}
	return permitted(ctx, tx, statements.Render("release.sql", parent), ceil(action.To))
}

// permitHours permits hours to be detached once the days that they add up to are built.
func permitHours(ctx context.Context, tx table.Querier, hours table.Name, action partition.Action) (bool, error) {
	if action.Kind != partition.Detach {
		return true, nil
	}
	parent := hours.Sibling(strings.TrimSuffix(hours.Name, "_hours"))
	return permitted(ctx, tx, statements.Render("release_hours.sql", parent), action.From, action.To)
}

func permitted(ctx context.Context, tx table.Querier, sql string, arguments ...any) (ok bool, err error) {
	if err := tx.QueryRow(ctx, sql, arguments...).Scan(&ok); err != nil {
		return false, fmt.Errorf("look whether history is built: %w", err)
	}
	return ok, nil
}
