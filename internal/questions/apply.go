package questions

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"canonicallineexporter/internal/database"
	"canonicallineexporter/internal/table"
)

// Applied says what became of the functions, each by its name without the table's.
type Applied struct {
	// Made lists the functions that were created or replaced.
	Made []string
	// Failed says why a function was not created: its name is somebody else's, the
	// table lacks what it reads, the role may not, something depends on an older
	// version.
	Failed map[string]error
}

// Apply creates the functions of a schema-qualified table and replaces those of another
// version. It leaves alone what somebody else made or commented. It is safe for
// concurrent use, by several collectors too. An error is one of the connection; nothing
// has changed then.
func Apply(ctx context.Context, pool *pgxpool.Pool, of table.Name) (Applied, error) {
	applied := Applied{Failed: map[string]error{}}
	tx, err := pool.Begin(ctx)
	if err != nil {
		return Applied{}, fmt.Errorf("begin questions: %w", err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // a no-op after Commit
	if err := table.Lock(ctx, tx, of); err != nil {
		return Applied{}, err
	}
	for _, name := range Names() {
		made, err := apply(ctx, tx, of, name)
		switch {
		case database.SQLSTATE(err) != "", errors.Is(err, errForeign):
			applied.Failed[name] = err
		case err != nil:
			return Applied{}, err
		case made:
			applied.Made = append(applied.Made, name)
		}
	}
	if err := tx.Commit(ctx); err != nil {
		return Applied{}, fmt.Errorf("commit questions: %w", err)
	}
	return applied, nil
}

var errForeign = errors.New("a function of this name was not made by this exporter")

// apply creates or replaces one function and reports whether it had to.
func apply(ctx context.Context, tx pgx.Tx, of table.Name, name string) (bool, error) {
	q := newQuestion(of, name)
	function := q.Function(name)
	rows, err := tx.Query(ctx, statements.Render("functions.sql", nil), function.Schema, function.Name)
	if err != nil {
		return false, fmt.Errorf("read functions: %w", err)
	}
	var signatures []string
	var signature, comment string
	ours, current := true, false
	_, err = pgx.ForEachRow(rows, []any{&signature, &comment}, func() error {
		signatures = append(signatures, signature)
		ours = ours && strings.Contains(comment, q.MarkStart())
		current = strings.HasSuffix(comment, q.Mark)
		return nil
	})
	switch {
	case err != nil:
		return false, fmt.Errorf("read functions: %w", err)
	case !ours:
		return false, errForeign
	case current && len(signatures) == 1:
		return false, nil
	case len(signatures) == 0:
		return true, execSavepoint(ctx, tx, functionStatements.Render(name+".sql", q))
	}

	create := functionStatements.Render(name+".sql", q)
	q.Create = "CREATE OR REPLACE"
	err = execSavepoint(ctx, tx, functionStatements.Render(name+".sql", q))
	if database.Irreplaceable(err) {
		err = execSavepoint(ctx, tx, "DROP FUNCTION "+strings.Join(signatures, ", ")+";\n"+create)
	}
	return true, err
}

// execSavepoint runs all statements or none, and the transaction survives an error.
func execSavepoint(ctx context.Context, tx pgx.Tx, sql string) error {
	return pgx.BeginFunc(ctx, tx, func(savepoint pgx.Tx) error {
		if _, err := savepoint.Exec(ctx, sql); err != nil {
			return fmt.Errorf("create function: %w", err)
		}
		return nil
	})
}
