package maintenance

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"canonicallineexporter/internal/database"
	"canonicallineexporter/internal/table"
)

//go:embed *.sql
var files embed.FS

var statements = database.ParseStatements(files)

// Probe asks the database every few seconds whether lines could be written, so that an
// outage or a missing privilege is known before there are lines.
type Probe struct {
	Pool *pgxpool.Pool
	// Table is the table of the lines, which may not exist yet.
	Table table.Name
	// CreateSchema says that the exporter maintains the partitions, which takes their owner.
	CreateSchema bool
	// Report receives the outcome of each question: whether the database answered, and what
	// stands in the way of writing, nil if nothing does. The error is safe to show.
	Report func(answered bool, err error)
}

// An outage is known after probeInterval and probeTimeout at the latest.
const (
	probeInterval = 4 * time.Second
	probeTimeout  = 4 * time.Second
	// probeAgain is the time to the next question while something stands in the way.
	probeAgain = time.Second
)

// Run asks at once and then again and again until ctx ends.
func (p *Probe) Run(ctx context.Context) {
	for {
		wait := probeInterval
		answered, err := p.ask(ctx)
		if ctx.Err() != nil {
			return
		}
		if !errors.Is(err, errBusy) {
			p.Report(answered, database.Redact(err))
		}
		if err != nil {
			wait = probeAgain
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// errBusy says that writes had all connections. How they end says what there is to know.
var errBusy = errors.New("no connection was free")

// ask asks once.
func (p *Probe) ask(ctx context.Context) (answered bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	conn, err := p.Pool.Acquire(ctx)
	if err != nil {
		if ctx.Err() != nil && p.Pool.Stat().AcquiredConns() == p.Pool.Config().MaxConns {
			return false, errBusy
		}
		return false, fmt.Errorf("acquire connection: %w", err)
	}
	defer conn.Release()
	var readOnly, noTemporary, foreign bool
	var missing []string
	err = conn.QueryRow(ctx, statements.Render("probe.sql", nil), p.Table.String()).
		Scan(&readOnly, &missing, &noTemporary, &foreign)
	if err != nil {
		return false, fmt.Errorf("ask for privileges: %w", err)
	}
	if readOnly {
		// The next connection may reach a server that can be written to.
		_ = conn.Conn().Close(ctx)
		return true, errors.New("the database is read-only")
	}
	return true, p.lacks(missing, noTemporary, foreign)
}

// lacks returns what the role may not do, nil if it may do all that lines take.
func (p *Probe) lacks(missing []string, noTemporary, foreign bool) error {
	var faults []error
	if len(missing) > 0 {
		faults = append(faults, fmt.Errorf("the role lacks %s on the table", strings.Join(missing, ", ")))
	}
	if noTemporary {
		faults = append(faults, errors.New("the role lacks TEMPORARY on the database, so lines that are stored already wait when they come again"))
	}
	if foreign && p.CreateSchema {
		faults = append(faults, errors.New("the role does not own the table and cannot maintain its partitions, which database::create_schema asks for"))
	}
	return errors.Join(faults...)
}
