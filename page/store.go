package page

import (
	"context"
	_ "embed" // for the settings
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"canonicallineexporter/internal/database"
	"canonicallineexporter/internal/table"
)

// maxConnections is how many questions run at once. Readers must not take from writers.
const maxConnections = 2

// store asks the database. It only reads. It is safe for concurrent use.
type store struct {
	cfg  *Config
	pool *pgxpool.Pool
	// table is named as it is configured.
	table table.Name
	// report is told how the latest question went, if that differs from the one before.
	report func(error)

	mu sync.Mutex
	// awaySince is when the database was first found away, zero while it answers.
	awaySince time.Time
	reason    string
}

func newStore(cfg *Config, of table.Name) *store { return &store{cfg: cfg, table: of} }

// open prepares connections, which are made when they are needed.
func (s *store) open(report func(error)) error {
	pool, err := s.cfg.Database.connection().PoolConfig(maxConnections)
	if err != nil {
		return err
	}
	s.pool, err = pgxpool.NewWithConfig(context.Background(), pool)
	if err != nil {
		return fmt.Errorf("prepare connections: %w", database.Redact(err))
	}
	s.report = report
	return nil
}

func (s *store) close() {
	if s.pool != nil {
		s.pool.Close()
	}
}

// ask answers a call. Its errors are errNobody and *failure.
func (s *store) ask(ctx context.Context, c call) (*answer, error) {
	a, err := s.read(ctx, c)
	if err == nil {
		s.note(nil)
		return a, nil
	}
	if errors.Is(context.Cause(ctx), errNobody) {
		return nil, errNobody
	}
	failed := newFailure(err)
	s.note(failed)
	return nil, failed
}

// read runs a call in a transaction that can only read and has a limit. Waiting for one of the
// connections does not count.
func (s *store) read(ctx context.Context, c call) (*answer, error) {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Release()
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout+answerGrace)
	defer cancel()
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, err
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // nothing was written
	var schema *string
	err = tx.QueryRow(ctx, settings, strconv.FormatInt(s.cfg.Timeout.Milliseconds(), 10), s.table.String()).Scan(&schema)
	switch {
	case err != nil:
		return nil, err
	case schema == nil:
		return nil, errNoTable
	}
	sql, values := c.statement(table.Name{Schema: *schema, Name: s.table.Name})
	began := time.Now()
	rows, err := tx.Query(ctx, sql, values...)
	if err != nil {
		return nil, err
	}
	return readAnswer(c, rows, began)
}

// answerGrace is how long the network may take beside the question itself.
const answerGrace = 5 * time.Second

// settings holds for the transaction alone, since a pooler drops settings of a session. Compiling a
// query takes longer than most answers.
//
//go:embed settings.sql
var settings string

// name returns the table's name as it is configured.
func (s *store) name() table.Name { return s.table }

// note keeps whether the database answers, and reports a change. What is wrong with a single question,
// which a reader chooses, its section says.
func (s *store) note(f *failure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	reason := ""
	if f != nil && (f.because == away || f.because == denied) {
		err, reason = f.err, database.Reason(f.err)
	}
	switch {
	case f == nil || f.because != away:
		s.awaySince = time.Time{}
	case s.awaySince.IsZero():
		s.awaySince = time.Now()
	}
	if reason != s.reason {
		s.reason = reason
		s.report(err)
	}
}

// away returns since when the database has been away; zero means that it is not.
func (s *store) away() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.awaySince
}
