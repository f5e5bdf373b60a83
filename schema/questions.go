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

var questionStatements = ParseStatements(below(questionFiles, "questions"))

func below(files fs.FS, dir string) fs.FS {
	inside, err := fs.Sub(files, dir)
	if err != nil {
		panic(err)
	}
	return inside
}

// Questions are the functions that answer questions about a table, by the end of
// their names behind the table's: at most 12 bytes, which is what the length of
// a table's name leaves. The first is what the others ask.
func Questions() []string {
	return []string{
		"window", "speed", "reads", "writes", "rate", "heatmap", "changes", "errors", "failures",
		"slowest", "costs", "n_plus_one", "callers", "account", "request", "questions",
	}
}

// question is what a function's definition is rendered with.
type question struct {
	Table Table
	// Create is CREATE, or CREATE OR REPLACE of one that is ours.
	Create string
	// Mark ends the function's comment and says that it is ours, and of which
	// version.
	Mark string
}

// Function is the name of a question's function: beside the table and led by its
// name, so that the questions of several tables do not clash.
func (q question) Function(name string) Table {
	return q.Table.Sibling(q.Table.Name + "_" + name)
}

// MarkStart is what the mark of any version begins with.
func (question) MarkStart() string { return " [canonical_line " }

// newQuestion is about a schema-qualified table.
func newQuestion(table Table, name string) question {
	version := sha256.Sum256([]byte(questionStatements.Render(name+".sql", question{})))
	return question{Table: table, Create: "CREATE", Mark: question{}.MarkStart() + hex.EncodeToString(version[:4]) + "]"}
}

// QuestionsScript is all questions about a schema-qualified table as a script for
// psql.
func QuestionsScript(table Table) string {
	data := struct {
		question
		Names, Definitions []string
	}{question: question{Table: table}, Names: Questions()}
	for _, name := range data.Names {
		definition := questionStatements.Render(name+".sql", newQuestion(table, name))
		data.Definitions = append(data.Definitions, strings.TrimSpace(definition))
	}
	return statements.Render("questions_script.sql", data)
}

// Applied is what became of the questions, by the ends of their names.
type Applied struct {
	// Made are the functions that were created or replaced.
	Made []string
	// Failed says why a function could not be: its name is somebody else's, the
	// table lacks what it asks for, the role may not, something was built on an
	// older version.
	Failed map[string]error
}

// ApplyQuestions creates the functions that answer questions about a
// schema-qualified table, and replaces those of another version. One that
// somebody else made, or commented, is left alone. It is safe to call from
// several collectors at once. After an error, which is one of the connection,
// nothing is changed.
func ApplyQuestions(ctx context.Context, pool *pgxpool.Pool, table Table) (Applied, error) {
	applied := Applied{Failed: map[string]error{}}
	tx, err := pool.Begin(ctx)
	if err != nil {
		return Applied{}, fmt.Errorf("begin questions: %w", err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // a no-op after Commit
	if err := Lock(ctx, tx, table); err != nil {
		return Applied{}, err
	}
	for _, name := range Questions() {
		made, err := applyQuestion(ctx, tx, table, name)
		_, refused := errors.AsType[*pgconn.PgError](err)
		switch {
		case refused, errors.Is(err, errForeign):
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

const (
	// CREATE OR REPLACE changes no result and no parameter's name. Where the types of
	// parameters differ it makes a second function, and the comment does not know
	// which is meant.
	invalidFunctionDefinition = "42P13"
	ambiguousFunction         = "42725"
)

var errForeign = errors.New("a function of this name was not made by this exporter")

// applyQuestion creates or replaces one function, and reports whether it had to.
func applyQuestion(ctx context.Context, tx pgx.Tx, table Table, name string) (bool, error) {
	q := newQuestion(table, name)
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
		return true, execSavepoint(ctx, tx, questionStatements.Render(name+".sql", q))
	}

	create := questionStatements.Render(name+".sql", q)
	q.Create = "CREATE OR REPLACE"
	err = execSavepoint(ctx, tx, questionStatements.Render(name+".sql", q))
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok &&
		(refused.Code == invalidFunctionDefinition || refused.Code == ambiguousFunction) {
		err = execSavepoint(ctx, tx, "DROP FUNCTION "+strings.Join(signatures, ", ")+";\n"+create)
	}
	return true, err
}

// execSavepoint runs statements, all or none, without failing the transaction.
func execSavepoint(ctx context.Context, tx pgx.Tx, sql string) error {
	return pgx.BeginFunc(ctx, tx, func(savepoint pgx.Tx) error {
		if _, err := savepoint.Exec(ctx, sql); err != nil {
			return fmt.Errorf("create function: %w", err)
		}
		return nil
	})
}
