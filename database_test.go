package canonicallineexporter

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap/zaptest/observer"

	"canonicallineexporter/internal/pgtest"
)

func TestExporter_SynchronousCommitOff_IsSaidOnce(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	said := func(b *bundle) int {
		return b.logs.Filter(func(e observer.LoggedEntry) bool { return strings.Contains(e.Message, "synchronous_commit off") }).Len()
	}
	b := setup(t, d.URL+"?synchronous_commit=off", nil)
	require.NoError(t, b.ConsumeTraces(t.Context(), requests(0, 3)))
	b.flush(t)
	require.Equal(t, 1, said(b))
	require.Zero(t, said(setup(t, d.URL, nil)))
}

func TestExporter_DatabaseThatIsNotUTF8_IsRefusedInOneSentence(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	name := d.Name + "_ascii"
	d.Exec(t, "CREATE DATABASE "+name+" ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0")
	t.Cleanup(func() {
		_, err := d.Pool.Exec(context.WithoutCancel(t.Context()), "DROP DATABASE "+name+" WITH (FORCE)")
		require.NoError(t, err)
	})
	b := setup(t, strings.Replace(d.URL, d.Name, name, 1), nil)
	require.Eventually(t, func() bool {
		for _, entry := range b.logs.All() {
			if strings.Contains(fmt.Sprint(entry.ContextMap()), "the database has the encoding SQL_ASCII, and lines need UTF8") {
				return true
			}
		}
		return false
	}, time.Minute, 10*time.Millisecond)
}

func TestExporter_SettingsOfTheDatabase_StopNoMaintenance(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	for _, setting := range []string{"standard_conforming_strings = off", "datestyle = 'SQL, DMY'", "client_encoding = 'LATIN1'"} {
		d.Exec(t, "ALTER DATABASE "+d.Name+" SET "+setting)
	}
	partitions := func() int64 {
		return pgtest.One[int64](t, d, "SELECT count(*) FROM pg_inherits WHERE inhparent = to_regclass('canonical_api_line')")
	}
	days := func(ahead time.Duration) func(*Config) {
		return func(cfg *Config) { cfg.Partitions.Interval, cfg.Partitions.CreateAhead = "day", ahead }
	}
	require.NoError(t, setup(t, d.URL, days(24*time.Hour)).Shutdown(t.Context()))
	setup(t, d.URL, days(24*time.Hour))
	require.Eventually(t, func() bool { return partitions() > 0 }, time.Minute, 10*time.Millisecond)
	before := partitions()
	setup(t, d.URL, days(240*time.Hour))
	require.Eventually(t, func() bool { return partitions() > before }, time.Minute, 10*time.Millisecond)
}

func TestExporter_HostileSchemaFirstInThePath_IsNeverCalled(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	d.AddHostileSchema(t)
	d.Exec(t, "ALTER DATABASE "+d.Name+" SET search_path = "+pgtest.HostilePath)
	change := func(cfg *Config) {
		cfg.Table = "public.canonical_api_line"
		cfg.Partitions.CheckInterval = 50 * time.Millisecond
	}
	b := setup(t, d.URL, change)
	require.NoError(t, b.ConsumeTraces(t.Context(), requests(0, 3)))
	b.flush(t)
	require.EqualValues(t, 3, lines(t, d))
	b = setup(t, d.URL, change)
	d.Await(t, "to_regproc('public.canonical_api_line_questions') IS NOT NULL")
	require.NoError(t, b.ConsumeTraces(t.Context(), requests(0, 5)))
	b.flush(t)
	require.EqualValues(t, 5, lines(t, d))
	for _, entry := range b.logs.All() {
		require.NotContains(t, fmt.Sprint(entry.ContextMap()), "refused by a function")
	}
}
