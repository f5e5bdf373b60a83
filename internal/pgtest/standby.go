package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
)

// HasStandby reports whether the Postgres programs can make a standby.
func (s *Server) HasStandby() bool {
	_, err := os.Stat(filepath.Join(s.binDir, "pg_basebackup"))
	return err == nil
}

// Standby makes a hot standby of the server, with the cluster below parent, and returns once
// every commit waits until the standby shows it. So nothing that is committed is lost if
// Promote makes it the primary. The server must have no standby yet, and no setting of
// synchronous_commit of its own.
func (s *Server) Standby(ctx context.Context, parent string) (*Server, error) {
	standby, err := s.sibling(parent)
	if err != nil {
		return nil, err
	}
	if standby.preload = s.preload; standby.preload != "" {
		if err := standby.SetClock(0); err != nil {
			return nil, err
		}
	}
	backup := s.command("pg_basebackup", "--dbname", s.URL(""), "--pgdata", standby.data(), "--write-recovery-conf",
		"--checkpoint=fast", "--no-sync")
	if out, err := backup.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("pg_basebackup: %w\n%s", err, out)
	}
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return nil, err
	}
	defer conn.Close(ctx)
	// The standby's copy of the settings is older than these.
	for _, sql := range []string{
		"ALTER SYSTEM SET synchronous_standby_names = '*'", "ALTER SYSTEM SET synchronous_commit = remote_apply", "SELECT pg_reload_conf()",
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return nil, fmt.Errorf("make commits wait for a standby: %w", err)
		}
	}
	if err := s.awaitWaitingCommit(ctx, conn); err != nil {
		return nil, err
	}
	if err := standby.serve(); err != nil {
		return nil, err
	}
	return standby, until(ctx, conn, "SELECT EXISTS (SELECT FROM pg_stat_replication WHERE sync_state = 'sync' AND replay_lsn >= pg_current_wal_lsn())")
}

// awaitWaitingCommit returns once commits wait for a standby. The server takes the settings
// over some time after it is told to.
func (s *Server) awaitWaitingCommit(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithCancel(ctx)
	committing, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		cancel()
		return err
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			_, _ = committing.Exec(ctx, "SELECT pg_logical_emit_message(true, 'pgtest', '')")
		}
		_ = committing.Close(context.WithoutCancel(ctx))
	}()
	err = until(ctx, conn, "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep')")
	cancel()
	<-ended
	return err
}

// until returns once the query returns true.
func until(ctx context.Context, conn *pgx.Conn, query string) error {
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		var met bool
		if err := conn.QueryRow(ctx, query).Scan(&met); err != nil || met {
			return err
		}
		<-time.After(10 * time.Millisecond)
	}
	return errors.New("not within a minute: " + query)
}

// Promote makes a standby the primary.
func (s *Server) Promote() error {
	if out, err := s.command("pg_ctl", "promote", "-w", "-D", s.data()).CombinedOutput(); err != nil {
		return fmt.Errorf("promote: %w\n%s", err, out)
	}
	return nil
}
