package table

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"canonicallineexporter/internal/database"
)

// minCitus is the oldest major version of Citus that can hold lines. The tests run on 13.2.
const minCitus = 13

// distribution says how Citus distributes a table.
type distribution struct {
	// method is h for one that is distributed by the hash of column, and empty for one that is not
	// distributed.
	method, column string
	// byTime says that no partition is missing that the exporter could not make.
	byTime  bool
	major   int
	version string
	// coordinator says that this node is the coordinator, and nodes is how many can hold shards.
	coordinator bool
	nodes       int64
}

// hasCitus reports whether the database has the extension.
func hasCitus(ctx context.Context, db Querier) (ok bool, err error) {
	if err := db.QueryRow(ctx, "SELECT pg_catalog.to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL").Scan(&ok); err != nil {
		return false, fmt.Errorf("look for Citus: %w", err)
	}
	return ok, nil
}

// readDistribution reads how a table is distributed in a database that has Citus.
func readDistribution(ctx context.Context, db Querier, name Name) (d distribution, err error) {
	err = db.QueryRow(ctx, statements.Render("distribution.sql", nil), name.String()).
		Scan(&d.method, &d.column, &d.byTime, &d.major, &d.version, &d.coordinator, &d.nodes)
	if err != nil {
		return d, fmt.Errorf("read distribution: %w", err)
	}
	return d, nil
}

// Distributed reports whether Citus distributes a schema-qualified table.
func Distributed(ctx context.Context, db Querier, name Name) (bool, error) {
	if ok, err := hasCitus(ctx, db); err != nil || !ok {
		return false, err
	}
	d, err := readDistribution(ctx, db, name)
	return d.method != "", err
}

// refusal says why lines cannot be written through this node; nil if they can.
func (d distribution) refusal() error {
	switch {
	case d.major < minCitus:
		return fmt.Errorf("version %s of Citus is too old, lines need %d or later: upgrade it and run ALTER EXTENSION citus UPDATE", d.version, minCitus)
	case !d.coordinator:
		return errors.New("the database is that of a worker of Citus: let database::url name the coordinator")
	case d.nodes == 0:
		return errors.New("no node of Citus holds shards: add a worker with SELECT citus_add_node('host', 5432)")
	}
	return nil
}

// checkDistribution sets whether the table is distributed, and says so where it is in a way that
// cannot hold lines.
func (d *Definition) checkDistribution(ctx context.Context, db Querier) error {
	found, err := readDistribution(ctx, db, d.Name)
	if err != nil || found.method == "" {
		return err
	}
	d.Distributed = true
	switch refused := found.refusal(); {
	case refused != nil:
		d.Unwritable = refused
	case found.method != "h":
		d.Unwritable = fmt.Errorf("table %s is kept whole by Citus, and lines are distributed by their id: "+
			"run SELECT undistribute_table('%s'); SELECT create_distributed_table('%s', 'id')", d.Name, d.Name, d.Name)
	case found.column != "id":
		d.Unwritable = fmt.Errorf("table %s is distributed by %s, and lines are distributed by their id: "+
			"run SELECT alter_distributed_table('%s', distribution_column := 'id')", d.Name, database.QuoteIdentifier(found.column), d.Name)
	case !found.byTime:
		d.Unwritable = fmt.Errorf("table %s is distributed, and its partitions are not ranges of created_at: "+
			"move its lines to a table that is partitioned by RANGE (created_at)", d.Name)
	}
	return nil
}

// ErrHoldsPartitions says that a table has partitions already, so that to distribute it can take
// long and lock out writers: that is for its owner to do.
var ErrHoldsPartitions = errors.New("the table has partitions and is not distributed")

// Distribute has Citus distribute a schema-qualified table that has no partitions yet by id. It
// changes nothing where that is done, and is safe for concurrent use, by several collectors too.
func Distribute(ctx context.Context, pool *pgxpool.Pool, name Name) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if err := Lock(ctx, tx, name); err != nil {
			return err
		}
		if ok, err := hasCitus(ctx, tx); err != nil {
			return err
		} else if !ok {
			return errors.New("database::distribute needs Citus: run CREATE EXTENSION citus, or set it to false")
		}
		found, err := readDistribution(ctx, tx, name)
		if err != nil || found.method != "" {
			return err
		}
		if err := found.refusal(); err != nil {
			return err
		}
		var partitions bool
		err = tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_catalog.pg_inherits WHERE inhparent OPERATOR(pg_catalog.=) pg_catalog.to_regclass($1)::pg_catalog.oid)", name.String()).
			Scan(&partitions)
		if err != nil {
			return fmt.Errorf("look for partitions: %w", err)
		}
		if partitions {
			return ErrHoldsPartitions
		}
		if _, err := tx.Exec(ctx, statements.Render("distribute.sql", name)); err != nil {
			return fmt.Errorf("distribute table: %w", err)
		}
		return nil
	})
}
