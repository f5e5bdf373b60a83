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

// Applied holds the outcome of Apply. Functions are named without the table's name.
type Applied struct {
	// Created lists the functions that were created or replaced.
	Created []string
	// Failed holds the error of each function that was not created. The name can be taken by
	// a foreign function, the table can lack a column, the role a privilege, or another
	// object can depend on an older version.
	Failed map[string]error
}

// Apply creates the functions of a schema-qualified table and replaces those of another
// version. It leaves a function alone if the exporter did not create it, or if somebody
// has changed its comment. It is safe for concurrent use, by several collectors too. It
// returns an error, without having changed anything, only if the transaction fails.
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
	// What a function calls is bound when it is created.
	if _, err := tx.Exec(ctx, "SET LOCAL search_path = pg_catalog, pg_temp"); err != nil {
		return Applied{}, fmt.Errorf("set search_path: %w", err)
	}
	distributed, err := table.Distributed(ctx, tx, of)
	if err != nil {
		return Applied{}, err
	}
	for _, name := range Names() {
		created, err := apply(ctx, tx, of, name, distributed)
		switch {
		case database.SQLSTATE(err) != "", errors.Is(err, errForeign):
			applied.Failed[name] = err
		case err != nil:
			return Applied{}, err
		case created:
			applied.Created = append(applied.Created, name)
		}
	}
	if err := tx.Commit(ctx); err != nil {
		return Applied{}, fmt.Errorf("commit questions: %w", err)
	}
	return applied, nil
}

var errForeign = errors.New("a function of this name was not made by this exporter")

// apply creates or replaces one function. It reports whether that was necessary.
func apply(ctx context.Context, tx pgx.Tx, of table.Name, name string, distributed bool) (bool, error) {
	q := newQuestion(of, name, distributed)
	function := q.Function(name)
	rows, err := tx.Query(ctx, statements.Render("functions.sql", nil), function.Schema, function.Name)
	if err != nil {
		return false, fmt.Errorf("read functions: %w", err)
	}
	var signatures []string
	var signature, comment string
	foreign, current := false, false
	_, err = pgx.ForEachRow(rows, []any{&signature, &comment}, func() error {
		signatures = append(signatures, signature)
		foreign = foreign || !strings.Contains(comment, q.MarkStart())
		current = strings.HasSuffix(comment, q.Mark)
		return nil
	})
	switch {
	case err != nil:
		return false, fmt.Errorf("read functions: %w", err)
	case foreign:
		return false, errForeign
	case current && len(signatures) == 1:
		return false, nil
	case len(signatures) == 0:
		return true, execSavepoint(ctx, tx, q.definition(name))
	}

	create := q.definition(name)
	q.Create = "CREATE OR REPLACE"
	err = execSavepoint(ctx, tx, q.definition(name))
	if database.Irreplaceable(err) {
		signatures, queryErr := dependents(ctx, tx, q, function)
		if queryErr != nil {
			return false, queryErr
		}
		err = execSavepoint(ctx, tx, "DROP FUNCTION "+strings.Join(signatures, ", ")+";\n"+create)
	}
	return true, err
}

// dependents returns the signatures of a function and of those that call it, which have to be
// dropped with it. They follow it in Names, and so are created again.
func dependents(ctx context.Context, tx pgx.Tx, q question, function table.Name) ([]string, error) {
	rows, err := tx.Query(ctx, statements.Render("dependents.sql", nil), function.Schema, function.Name, q.MarkStart())
	if err != nil {
		return nil, fmt.Errorf("read dependent functions: %w", err)
	}
	signatures, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("read dependent functions: %w", err)
	}
	return signatures, nil
}

// execSavepoint runs all statements or none. The transaction survives an error.
func execSavepoint(ctx context.Context, tx pgx.Tx, sql string) error {
	return pgx.BeginFunc(ctx, tx, func(savepoint pgx.Tx) error {
		if _, err := savepoint.Exec(ctx, sql); err != nil {
			return fmt.Errorf("create function: %w", err)
		}
		return nil
	})
}
