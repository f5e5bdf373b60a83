package schema

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

//go:embed questions/*.sql
var questionFiles embed.FS

var questionStatements = ParseStatements(sub(questionFiles, "questions"))

// Questions are the functions that answer questions about a table, by the part of
// their names behind the table's: at most 12 bytes, which is what maxTableName
// leaves. The first is what the others ask.
var Questions = []string{
	"window", "speed", "reads", "writes", "rate", "heatmap", "errors", "failures", "slowest", "costs", "n_plus_one",
	"callers", "changes", "request", "account", "questions",
}

// question renders the function of one name.
type question struct {
	Table Table
	// Mark ends the function's comment and says that it is ours, and of which
	// version.
	Mark string
}

// Function is the name of a question's function: beside the table and led by its
// name, so that the questions of several tables do not clash.
func (q question) Function(name string) Table {
	return q.Table.Sibling(q.Table.Name + "_" + name)
}

// markStart begins the mark of a function that this exporter made. It also stands
// in questions.sql.
const markStart = " [canonical_line "

// render is the definition of a question about a schema-qualified table, and its
// mark.
func render(table Table, name string) (sql, mark string) {
	q := question{Table: table}
	sum := sha256.Sum256([]byte(questionStatements.Render(name+".sql", q)))
	q.Mark = markStart + hex.EncodeToString(sum[:4]) + "]"
	return questionStatements.Render(name+".sql", q), q.Mark
}

// Asked is what became of the questions.
type Asked struct {
	// Made are the functions that were created or replaced.
	Made []string
	// Failed says why a function could not be: its name is somebody else's, the
	// table lacks what it asks for, or something was built on an older version.
	Failed map[string]error
}

// ApplyQuestions creates the functions that answer questions about an existing,
// schema-qualified table, and replaces those of another version. What somebody
// else made, or commented, is left alone. It is safe to call from several
// collectors at once. The error is that of a connection or a privilege, which
// concerns all of them.
func ApplyQuestions(ctx context.Context, pool *pgxpool.Pool, table Table) (Asked, error) {
	asked := Asked{Failed: map[string]error{}}
	tx, err := pool.Begin(ctx)
	if err != nil {
		return asked, fmt.Errorf("begin questions: %w", err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // a no-op after Commit
	if err := Lock(ctx, tx, table); err != nil {
		return asked, err
	}
	for _, name := range Questions {
		made, err := applyQuestion(ctx, tx, table, name)
		var refused *pgconn.PgError
		switch {
		case err == nil && made:
			asked.Made = append(asked.Made, name)
		case err == nil:
		case errors.Is(err, errForeign), errors.As(err, &refused) && refused.Code != insufficientPrivilege:
			asked.Failed[name] = err
		default:
			return asked, fmt.Errorf("create function: %w", err)
		}
	}
	if err := tx.Commit(ctx); err != nil {
		return asked, fmt.Errorf("commit questions: %w", err)
	}
	return asked, nil
}

const (
	insufficientPrivilege = "42501"
	// CREATE OR REPLACE changes no result and no parameter's name, and makes a
	// second function where the types of parameters differ, so that the comment does
	// not know which is meant.
	invalidFunctionDefinition = "42P13"
	ambiguousFunction         = "42725"
)

var errForeign = errors.New("a function of this name was not made by this exporter")

// applyQuestion creates or replaces one function, and reports whether it had to.
func applyQuestion(ctx context.Context, tx pgx.Tx, table Table, name string) (bool, error) {
	sql, mark := render(table, name)
	function := question{Table: table}.Function(name)
	rows, err := tx.Query(ctx, statements.Render("functions.sql", nil), function.Schema, function.Name)
	if err != nil {
		return false, err
	}
	var signatures []string
	var signature, comment string
	ours, current := true, false
	_, err = pgx.ForEachRow(rows, []any{&signature, &comment}, func() error {
		signatures = append(signatures, signature)
		ours = ours && strings.Contains(comment, markStart)
		current = strings.HasSuffix(comment, mark)
		return nil
	})
	switch {
	case err != nil:
		return false, err
	case !ours:
		return false, errForeign
	case current && len(signatures) == 1:
		return false, nil
	}

	err = execSavepoint(ctx, tx, sql)
	var refused *pgconn.PgError
	if errors.As(err, &refused) && (refused.Code == invalidFunctionDefinition || refused.Code == ambiguousFunction) {
		err = execSavepoint(ctx, tx, "DROP FUNCTION "+strings.Join(signatures, ", ")+";\n"+sql)
	}
	return true, err
}

// execSavepoint runs statements, all or none, without failing the transaction.
func execSavepoint(ctx context.Context, tx pgx.Tx, sql string) error {
	return pgx.BeginFunc(ctx, tx, func(savepoint pgx.Tx) error {
		_, err := savepoint.Exec(ctx, sql)
		return err
	})
}

func sub(files fs.FS, dir string) fs.FS {
	below, err := fs.Sub(files, dir)
	if err != nil {
		panic(err)
	}
	return below
}
